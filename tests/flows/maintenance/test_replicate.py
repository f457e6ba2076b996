from datetime import timedelta
from pathlib import Path

import pytest

from flows.maintenance.garbage import collect
from flows.maintenance.replicate import MAX_REPORT_BYTES, Replicated, replicate
from flows.publish.publication import PublicationError
from flows.registry.reader import Reader
from flows.registry.signed_files import TamperedError
from flows.site.rendering import site_files
from flows.store.base import Store
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.log.tiles import file_names
from pipelines.registry import layout
from pipelines.signing.keys import Signer
from tests.flows.publish.test_protocol import assert_whole
from tests.support.cli import Terminal
from tests.support.object_stores import SERVED, place_of
from tests.support.publications import (
    AT,
    KEYS,
    RENDERING,
    CreatesOnly,
    dump,
    publish_versions,
    publisher,
    reader,
    row,
)

SLUG = "acme-tern"


@pytest.fixture
def origin(tmp_path: Path) -> Store:
    store = LocalStore(tmp_path / "origin")
    publish_versions(store, {SLUG: 1, "acme-gull": 1}, nonce="1")
    publish_versions(store, {SLUG: 2}, nonce="2")
    return store


@pytest.fixture(params=["local", "memory"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return place_of(request.param, request, tmp_path).open()


def bring(origin: Store, target: Store) -> Replicated:
    return replicate(Reader(origin, KEYS, AT), target, RENDERING, nonce="copy")


def of_now(store: Store) -> dict[str, bytes]:
    """Return all files of a store but those that its log ended with at earlier sizes."""
    log = reader(store).snapshot.log
    assert log
    wanted = {layout.log_key(name) for name in file_names(log.size)}
    return {key: body for key, body in dump(store).items() if "/log/tile/" not in key or key in wanted}


@pytest.mark.parametrize("kind", ["local", "memory", *SERVED])
def test_another_store_becomes_equal_in_every_byte(
    origin: Store, kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    target = place_of(kind, request, tmp_path).open()
    done = bring(origin, target)
    assert done.generation == 2
    assert of_now(target) == of_now(origin)
    assert_whole(target)
    assert bring(origin, target) == (2, 0, {})


def test_the_next_time_only_what_is_lacking_is_copied(origin: Store, target: Store) -> None:
    bring(origin, target)
    publish_versions(origin, {SLUG: 3}, nonce="3")
    assert bring(origin, target) == (3, 8, {"log": 1, "copies": 2, "pages": 1, "page list": 1, "applied": 1})
    assert of_now(target) == of_now(origin)


def test_nothing_damaged_is_copied_and_the_pointer_stays(origin: Store, tmp_path: Path) -> None:
    target = LocalStore(tmp_path / "target")
    bring(origin, target)
    publish_versions(origin, {SLUG: 3}, nonce="3")
    key = layout.object_key(row(SLUG, 3).object)
    origin.put(key, origin.get(key).body.replace(b"v3", b"v4"))
    with pytest.raises(TamperedError, match="does not hash to"):
        bring(origin, target)
    assert reader(target).generation == 2
    assert_whole(target)


def test_what_others_published_to_the_target_is_not_undone(origin: Store, tmp_path: Path) -> None:
    target = LocalStore(tmp_path / "target")
    bring(origin, target)
    publish_versions(target, {"acme-heron": 1}, nonce="theirs")
    with pytest.raises(PublicationError, match=r"is not an ancestor of"):
        bring(origin, target)
    publish_versions(origin, {SLUG: 3}, nonce="3")
    with pytest.raises(PublicationError, match=r"is not an ancestor of"):
        bring(origin, target)
    assert reader(target).row("acme-heron")


def test_a_target_that_commits_otherwise_is_refused(origin: Store, tmp_path: Path) -> None:
    target = CreatesOnly(tmp_path / "target")
    with pytest.raises(PublicationError, match="commits in another way"):
        bring(origin, target)
    assert dump(target) == {}


def test_a_store_that_only_creates_can_be_brought_elsewhere(tmp_path: Path) -> None:
    origin, target = CreatesOnly(tmp_path / "one"), CreatesOnly(tmp_path / "other")
    publish_versions(origin, {SLUG: 1}, nonce="1")
    bring(origin, target)
    publish_versions(origin, {SLUG: 2}, nonce="2")
    assert bring(origin, target).generation == 2
    assert of_now(target) == of_now(origin)


def test_what_a_collection_left_can_be_brought_elsewhere(origin: Store, target: Store) -> None:
    for version in (3, 4, 5):
        publish_versions(origin, {SLUG: version}, nonce=str(version))
    collect(publisher(origin, "gc", clock=lambda: AT + timedelta(days=1)), generations=2, days=0)
    bring(origin, target)
    assert of_now(target) == of_now(origin)
    assert_whole(target)


def test_an_empty_target_in_memory_is_raced_first(origin: Store) -> None:
    target = open_store("memory:///")
    bring(origin, target)
    assert not list(target.list("registry/probe"))


def test_what_nobody_signed_is_not_copied(origin: Store, tmp_path: Path) -> None:
    """A page with a script, a root that is none, and a report that is no JSON or has another name."""
    planted = (
        "registry/runs/evil.html",
        "registry/runs/evil.json",
        "registry/root/1.json",
        "registry/revocations/1.json",
    )
    for key in planted:
        origin.put(key, b"<script>alert(1)</script>")
    origin.put("registry/runs/large.json", b"[" + b" " * MAX_REPORT_BYTES + b"]")
    origin.put("registry/runs/good.json", b'{"run": "good"}')
    target = LocalStore(tmp_path / "target")
    replicate(reader(origin), target, RENDERING, nonce="mirror")
    assert [key for key in (*planted, "registry/runs/large.json") if target.exists(key)] == []
    assert target.get("registry/runs/good.json").body == b'{"run": "good"}'


@pytest.mark.parametrize("key", [layout.JWKS_KEY, layout.PUBLIC_KEY_KEY])
def test_a_mirror_names_no_key_that_is_not_trusted(
    key: str, store: Path, tmp_path: Path, passports: Terminal, caplog: pytest.LogCaptureFixture
) -> None:
    assert passports("publish", "--store", store, "--to", tmp_path / "good").status == 0
    assert (tmp_path / "good" / key).read_bytes() == (store / key).read_bytes()
    (store / key).write_bytes(site_files(Signer(bytes(32)))[key])
    assert passports("publish", "--store", store, "--to", tmp_path / "mirror").status == 0
    assert f"{key} names a key that is not trusted here, and is not copied" in caplog.text
    assert not (tmp_path / "mirror" / key).exists()
