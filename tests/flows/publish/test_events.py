"""Roots, keys and revocations are entries of the log before they are in force, and not_logged where they are not."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.audit.log_check import log_findings
from flows.audit.logged import LogReading
from flows.maintenance.revoke import revoke
from flows.publish.again import Again
from flows.publish.publication import Publisher, Step
from flows.registry.log import RegistryLog
from flows.registry.reader import Reader
from flows.registry.signed_files import seal
from flows.store.local import LocalStore
from flows.trust.roots import chain_from
from pipelines.log.tiles import bundle_key, tile_key
from pipelines.registry.layout import POINTER_KEY, log_key, snapshot_key
from pipelines.signing.roots import SignedRoot
from schemas.registry import Pointer, Snapshot
from schemas.verdict import Verdict
from tests.flows.trust.test_roots import NEW_REGISTRY, put, rooted
from tests.support.publications import AT, RENDERING, SIGNER, publish_versions, sha256
from tests.support.roots import REGISTRY, REVOCATIONS, ROOT, role_key

SLUG, OTHER = "acme-tern", "acme-gull"
LATER = AT + timedelta(hours=1)
BEFORE = role_key(SIGNER, state="retired")
FIRST = rooted(registry=(BEFORE, role_key(REGISTRY)), by=(ROOT, SIGNER))
SECOND = rooted(2, registry=(BEFORE, role_key(REGISTRY, state="retired"), role_key(NEW_REGISTRY)))


def publishing(store: LocalStore, **changes: Any) -> Publisher:
    """Return a publisher under the newest root of a store, with the key that it names last."""
    chain = chain_from(store, FIRST)
    by = NEW_REGISTRY if chain.ref.version > 1 else REGISTRY
    return Publisher(store, by, lambda: LATER, f"nonce-{chain.ref.version}", chain=chain, **changes)


def put_in_force(store: LocalStore, made: SignedRoot) -> None:
    put(store, made)
    Again(publishing(store), RENDERING, "keys").publish()


def reader(store: LocalStore) -> Reader:
    return Reader(store, chain_from(store, FIRST).keys, LATER)


def logged(store: LocalStore) -> list[dict[str, Any]]:
    return [one.stated for one in LogReading(reader(store)).entries()]


def verdicts(store: LocalStore) -> set[Verdict]:
    log = RegistryLog(reader(store))
    return {log.check(slug).verdict for slug in (SLUG, OTHER)}


def findings(store: LocalStore) -> set[Verdict]:
    return {finding.verdict for _, finding in log_findings(reader(store))}


def restate(store: LocalStore, **changes: Any) -> None:
    """Sign another snapshot in the place of the one served, as whoever has the registry's key can."""
    served = reader(store)
    snapshot: Snapshot = served.snapshot.model_copy(update=changes)
    body = seal(snapshot, publishing(store).signer)
    store.put(snapshot_key(snapshot.generation), body)
    pointer: Pointer = served.pointer.model_copy(update={"snapshot_sha256": sha256(body)})
    store.put(POINTER_KEY, seal(pointer, publishing(store).signer))


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    """A store published with one key, then under a root, then under a second one; then a passport was revoked."""
    made = LocalStore(tmp_path)
    publish_versions(made, {SLUG: 1, OTHER: 1})
    put_in_force(made, FIRST)
    put_in_force(made, SECOND)
    revoke(publishing(made), RENDERING, REVOCATIONS, OTHER, "Its weights were replaced.")
    return made


def test_each_event_is_an_entry(store: LocalStore) -> None:
    entries = logged(store)
    assert [(one["type"], one["generation"]) for one in entries] == [
        ("issued", 1), ("issued", 1),
        *[("key", 2)] * 4, ("endorsed", 2), ("root", 2),
        *[("key", 3)] * 2, ("root", 3),
        ("revoked", 4), ("revocations", 4),
    ]  # fmt: skip
    assert entries[6] == {"type": "endorsed", "root": 1, "key_id": SIGNER.key_id, "generation": 2}
    assert entries[7] == {"type": "root", "version": 1, "thumbprint": FIRST.ref.thumbprint, "generation": 2}
    named = [(one["role"], one["key_id"], one["state"]) for one in entries[8:10]]
    assert named == [("registry", REGISTRY.key_id, "retired"), ("registry", NEW_REGISTRY.key_id, "active")]
    assert (entries[11]["slug"], entries[11]["reason"]) == (OTHER, "Its weights were replaced.")
    ref = reader(store).snapshot.revocations
    assert ref
    assert entries[12] == {"type": "revocations", "number": 1, "sha256": ref.sha256, "generation": 4}
    assert (verdicts(store), findings(store)) == ({Verdict.OK, Verdict.REVOKED}, set())
    publish_again = Again(publishing(store), RENDERING, "keys").publish()
    assert (publish_again.generation, len(logged(store))) == (5, 13), "what is logged is not logged again"
    assert (verdicts(store), findings(store)) == ({Verdict.OK, Verdict.REVOKED}, set())


def test_the_tiles_are_written_before_the_pointer(store: LocalStore) -> None:
    there: dict[str, bytes] = {}

    def at_pointer(step: Step, done: int, _: int) -> None:
        if step is Step.POINTER and done == 0:
            there.update({key: store.get(key).body for key in store.list("registry/log/pending")})

    revoke(publishing(store, on_step=at_pointer), RENDERING, REVOCATIONS, SLUG, "Its licence was stated wrongly.")
    assert {key.partition("-revoke/")[2]: body for key, body in there.items()} == {
        name: store.get(log_key(name)).body for name in (tile_key(0, 0, 15), bundle_key(0, 15))
    }


def test_a_root_that_is_in_force_and_not_published_under_is_not_logged(store: LocalStore) -> None:
    put(store, rooted(3, registry=SECOND.root.registry))
    assert verdicts(store) == {Verdict.NOT_LOGGED, Verdict.REVOKED}
    assert findings(store) == {Verdict.NOT_LOGGED}
    Again(publishing(store), RENDERING, "keys").publish()
    assert (verdicts(store), findings(store)) == ({Verdict.OK, Verdict.REVOKED}, set())


@pytest.mark.parametrize(
    "changes",
    [
        lambda _: {"root_logged": None},
        lambda _: {"revocations_logged": None},
        lambda snapshot: {"root_logged": snapshot.revocations_logged},
        lambda snapshot: {"revocations_logged": snapshot.root_logged.model_copy(update={"index": 10**9})},
    ],
    ids=["no place of the root", "no place of the list", "another place", "beyond the end"],
)
def test_what_is_served_and_not_logged_is_named(
    changes: Callable[[Snapshot], dict[str, Any]], store: LocalStore
) -> None:
    restate(store, **changes(reader(store).snapshot))
    assert verdicts(store) == {Verdict.NOT_LOGGED, Verdict.REVOKED}
    assert Verdict.NOT_LOGGED in findings(store)


def test_an_entry_that_states_another_key_event_is_found(store: LocalStore) -> None:
    """The signer logs every root and list, and states a key falsely: only who reads all entries can find that."""
    (older,) = [one for one in reader(store).ancestry() if one.generation == 2]
    wrong = older.model_copy(update={"root": SECOND.ref})
    served = reader(store).at_snapshot(wrong)
    assert {finding.verdict for _, finding in log_findings(served)} == {Verdict.NOT_LOGGED}


def test_damaged_tiles_are_made_anew_with_the_events(store: LocalStore) -> None:
    key = log_key(tile_key(0, 0, 13))
    before = store.get(key).body
    store.put(key, bytes(32 * 13))
    assert verdicts(store) == {Verdict.NOT_LOGGED, Verdict.REVOKED}
    Again(publishing(store), RENDERING, "keys").publish()
    assert (store.get(key).body, findings(store)) == (before, set())


def test_a_log_without_events_of_an_older_version_gets_them(store: LocalStore) -> None:
    restate(store, root_logged=None, revocations_logged=None)
    Again(publishing(store), RENDERING, "keys").publish()
    kinds = [one["type"] for one in logged(store)[13:]]
    assert kinds == [*["key"] * 4, "endorsed", "root", *["key"] * 2, "root", "revoked", "revocations"]
    assert verdicts(store) == {Verdict.OK, Verdict.REVOKED}
