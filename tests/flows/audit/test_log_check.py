"""A registry's log is checked as a whole: files, growth and checkpoint."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.audit.log_check import CHECKPOINT, log_findings
from flows.audit.verification import OpenedRegistry, judged_all
from flows.site.rendering import rendering_for
from flows.store.base import Store
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.log.tiles import bundle_key, tile_key
from pipelines.passport.links import Issuer
from pipelines.registry import layout
from pipelines.signing.keys import Signer
from schemas.registry import LogHead
from schemas.verdict import Verdict
from tests.support.publications import ISSUER, SIGNER, publish_versions, reader

SLUG = "acme-tern"
VERSIONS = ({SLUG: 1, "acme-gull": 1}, {SLUG: 2}, {SLUG: 3})


def published(store: Store, *versions: dict[str, int]) -> Store:
    for number, one in enumerate(versions or VERSIONS, start=1):
        publish_versions(store, one, nonce=str(number))
    return store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return published(LocalStore(tmp_path))


def findings(store: Store) -> list[tuple[str, Verdict]]:
    return [(key, finding.verdict) for key, finding in log_findings(reader(store))]


def judged(store: Store) -> dict[str, Verdict]:
    return {one.target: one.finding.verdict for one in judged_all(OpenedRegistry(store, reader(store)))}


def note(size: int, store: Store, signer: Signer = SIGNER, issuer: Issuer = ISSUER) -> bytes:
    """Return the checkpoint of a generation's log, signed by a key."""
    heads = {one.log.size: one.log for one in reader(store).ancestry() if one.log}
    render = rendering_for(issuer, signer).checkpoint
    assert render
    return render(heads[size])


def test_a_published_log_has_no_fault(store: Store) -> None:
    assert findings(store) == []
    assert judged(store) == {SLUG: Verdict.OK, "acme-gull": Verdict.OK}
    assert list(log_findings(reader(store).at_generation(1))) == []


@pytest.mark.parametrize("name", [tile_key(0, 0, 4), bundle_key(0, 4)])
@pytest.mark.parametrize("spoil", [lambda body: body[:-1] + b"\0", lambda body: body[:-1], lambda _: None])
def test_damaged_files_are_found(name: str, spoil: Callable[[bytes], bytes | None], store: Store) -> None:
    key = layout.log_key(name)
    body = spoil(store.get(key).body)
    store.delete(key)
    if body is not None:
        store.put(key, body)
    assert findings(store) == [(layout.log_key("tile"), Verdict.NOT_LOGGED)]
    assert judged(store)[layout.log_key("tile")] is Verdict.NOT_LOGGED


def test_a_dropped_entry_is_found(store: Store) -> None:
    other = published(open_store("memory:///"), {"acme-gull": 1}, {SLUG: 2}, {SLUG: 3})
    for key in other.list("registry/log/tile"):
        store.put(key.replace(".p/3", ".p/4"), other.get(key).body)
    assert findings(store) == [(layout.log_key("tile"), Verdict.NOT_LOGGED)]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (lambda store: note(4, store, Signer(bytes(32))), Verdict.BAD_SIGNATURE),
        (
            lambda store: note(4, store).replace(b"registry.example/log\n", b"other.example/log\n", 1),
            Verdict.BAD_SIGNATURE,
        ),
        (lambda _: b"no note", Verdict.NOT_LOGGED),
        (lambda store: note(3, store), Verdict.NOT_LOGGED),
        (lambda _: note(4, published(open_store("memory:///"), *VERSIONS[:2], {SLUG: 4})), Verdict.EQUIVOCATION),
        (lambda _: note(5, published(open_store("memory:///"), *VERSIONS, {SLUG: 4})), Verdict.ROLLBACK),
        (lambda _: None, Verdict.NOT_LOGGED),
    ],
    ids=["other key", "other origin", "no note", "older", "forked", "larger", "missing"],
)
def test_another_checkpoint_is_found(change: Callable[[Store], bytes | None], verdict: Verdict, store: Store) -> None:
    body = change(store)
    store.delete(CHECKPOINT)
    if body is not None:
        store.put(CHECKPOINT, body)
    assert findings(store) == [(CHECKPOINT, verdict)]


def test_an_older_checkpoint_is_right_until_the_copies_are_rolled_forward(store: Store) -> None:
    store.put(CHECKPOINT, note(3, store))
    store.delete(layout.APPLIED_KEY)
    assert findings(store) == []


def test_a_log_that_was_dropped_is_found(store: Store) -> None:
    served = reader(store)
    dropped = served.at_snapshot(served.snapshot.model_copy(update={"log": None}))
    found = [(key, finding.verdict) for key, finding in log_findings(dropped)]
    assert found == [(layout.snapshot_key(3), Verdict.NOT_LOGGED)]


def test_a_log_that_does_not_begin_with_an_earlier_one_is_found(store: Store) -> None:
    other = published(open_store("memory:///"), {SLUG: 7, "acme-gull": 1}, {SLUG: 2}, {SLUG: 3})
    for key in other.list("registry/log"):
        store.put(key, other.get(key).body)
    served = reader(store)
    head: LogHead | None = reader(other).snapshot.log
    forked = served.at_snapshot(served.snapshot.model_copy(update={"log": head}))
    found = [(key, finding.verdict) for key, finding in log_findings(forked)]
    assert found == [(layout.snapshot_key(number), Verdict.EQUIVOCATION) for number in (2, 1)]
