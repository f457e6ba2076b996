"""The kit's registry under a root of trust whose keys leaked, and what mirrors and thieves make of it.

Generation 1 is signed by keys that root version 2 revokes, with it as the last good one; generation 2 issues a passport
with the new keys; root version 3 renews the second; generation 3 revokes a passport under it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import orjson

from flows.maintenance.revoke import revoke
from flows.publish.protocol import publish
from flows.publish.publication import Publisher, Rendering
from flows.registry.log import RegistryLog
from flows.registry.reader import Reader, read_served
from flows.registry.signed_files import seal
from flows.site.rendering import rendering_for
from flows.store.base import Store
from flows.store.open import open_store
from flows.trust.roots import chain_from
from pipelines.registry.layout import POINTER_KEY, object_key, revocations_key, root_key, snapshot_key
from pipelines.signing.keys import KeyRing
from schemas.times import timestamp
from schemas.verdict import Verdict
from tests.support.publications import AT, COPIES, ISSUER, SIGNER, dump, passport, publication, sha256, with_bodies
from tests.support.roots import REGISTRY, REVOCATIONS, ROOT, SECOND_ROOT, role_key, root, signed, signer

NEW_PASSPORTS, NEW_REGISTRY = signer("passports 2"), signer("registry 2")
SLUGS = ("acme-one", "acme-two", "acme-three")
HOUR = timedelta(hours=1)
REASON = "Its evidence was made up."

LEAKED = {
    "passports": (role_key(SIGNER, state="revoked", last_good=1), role_key(NEW_PASSPORTS)),
    "registry": (role_key(REGISTRY, state="revoked", last_good=1), role_key(NEW_REGISTRY)),
}
FIRST = signed(root(passports=(role_key(SIGNER),)), ROOT, SIGNER)
SECOND = signed(root(2, **LEAKED), ROOT)
RENEWED = {**LEAKED, "issued_at": timestamp(AT), "expires_at": timestamp(AT + 4 * HOUR)}
THIRD = signed(root(3, **RENEWED), ROOT)
OTHER_THIRD = signed(root(3, **{**RENEWED, "expires_at": timestamp(AT + 5 * HOUR)}), ROOT)
FOURTH = signed(root(4, **RENEWED), ROOT)
FORGED = signed(root(4, (SECOND_ROOT,), **RENEWED), SECOND_ROOT)
NOT_YET = signed(root(passports=(role_key(SIGNER, valid_from=timestamp(AT + HOUR)),)), ROOT)
ROOTS = {"first": FIRST, "second": SECOND, "not-yet": NOT_YET}


class RootedCase(NamedTuple):
    """A case of the kit that has a root of trust; its members are those of `Case`."""

    name: str
    verdict: Verdict
    why: str
    given: Mapping[str, Any]
    body: bytes | None = None


class Kept(NamedTuple):
    """A registry of the kit: its files, as far as its base has not the same, and those that it has not."""

    files: Mapping[str, bytes]
    base: str | None = None
    without: tuple[str, ...] = ()


def of_thief() -> bytes:
    """Return a passport that the leaked key signed after the last good generation."""
    return passport(SLUGS[0], 3)


def of_new_key() -> bytes:
    return passport(SLUGS[0], 2, NEW_PASSPORTS)


def rooted() -> dict[str, Kept]:
    """Return name → registry."""
    store = open_store("memory:///")
    store.put(root_key(1), FIRST.to_bytes())
    _publish(store, {slug: passport(slug) for slug in SLUGS})
    store.put(root_key(2), SECOND.to_bytes())
    before = Reader(store, KeyRing.of_root(FIRST.root), AT)
    store.put(POINTER_KEY, seal(before.pointer, NEW_REGISTRY))  # as `keys apply` does where a pointer's key is revoked
    _publish(store, {SLUGS[0]: of_new_key()})
    older = dump(store)
    store.put(root_key(3), THIRD.to_bytes())
    revoke(_publisher(store), _rendering(store), REVOCATIONS, SLUGS[2], REASON)
    served = dump(store)
    reader = Reader(store, chain_from(store, FIRST).keys, AT)
    listed = reader.snapshot.revocations
    row = reader.row(SLUGS[0])
    assert listed
    assert row
    return {
        "rooted": Kept(served),
        "rooted-older": Kept({POINTER_KEY: older[POINTER_KEY]}, "rooted", (root_key(3),)),
        "root-withheld": Kept({}, "rooted", (root_key(3),)),
        "root-forked": Kept({root_key(3): OTHER_THIRD.to_bytes()}, "rooted"),
        "root-forged": Kept({root_key(4): FORGED.to_bytes()}, "rooted"),
        "root-not-logged": Kept({root_key(4): FOURTH.to_bytes()}, "rooted"),
        "list-withheld": Kept({}, "rooted", (revocations_key(listed.sha256),)),
        "list-not-logged": Kept(_restated(reader, revocations_logged=None), "rooted"),
        "list-logged-elsewhere": Kept(_restated(reader, revocations_logged=reader.snapshot.root_logged), "rooted"),
        "object-missing": Kept({}, "rooted", (object_key(row.object),)),
    }


def cases(registries: Mapping[str, Kept]) -> Iterator[RootedCase]:
    """Yield the cases under a root of trust."""
    v, now = Verdict, timestamp(AT + 2 * HOUR)
    file = {"root": "roots/first.json"}

    def slug(name: str, verdict: Verdict, why: str, number: int = 0, **other: Any) -> RootedCase:
        given = {"at": now, "registry": "rooted", **file, "slug": SLUGS[number], **other}
        return RootedCase(name, verdict, why, given)

    def document(name: str, verdict: Verdict, why: str, body: bytes, **other: Any) -> RootedCase:
        return RootedCase(name, verdict, why, {"at": now, **file, **other}, body)

    here = {"registry": "rooted"}
    yield slug("rooted", v.OK, "followed from a file of root version 1 to version 3")
    yield slug("rooted-by-thumbprint", v.OK, "a root is named by its thumbprint too", root=SECOND.ref.thumbprint)
    yield slug("rooted-by-key", v.OK, "a reader of the one key of before follows the root that it signed", root=None)
    yield slug("rooted-unpinned", v.UNPINNED, "only the registry states its root", root=None, pinned=False)
    yield slug("rooted-no-such-root", v.UNKNOWN_KEY, "no version has the thumbprint", root="A" * 43)
    yield slug("rooted-last-good", v.OK, "a key that leaked signed it, and a good generation issued it", 1)
    yield slug("rooted-copy", v.OK, "its copy is what a publisher writes", copy=True)
    yield document("rooted-document", v.OK, "as it, given as a document", passport(SLUGS[1]), **here)
    yield document("rooted-thief", v.KEY_REVOKED, "the leaked key signed it later", of_thief(), **here)
    second = {"root": "roots/second.json"}
    yield document(
        "root-alone", v.OK_OFFLINE, "a root states the key, and no registry is asked", of_new_key(), **second
    )
    yield document(
        "root-alone-leaked", v.KEY_REVOKED, "which generation issued it is unknown", passport(SLUGS[1]), **second
    )
    early = {"root": "roots/not-yet.json"}
    yield document("root-alone-early", v.UNKNOWN_KEY, "signed before the key may sign", passport(SLUGS[1]), **early)
    tombstone = orjson.dumps({"revoked": {"slug": SLUGS[2], "revokedAt": now, "reason": REASON, "list": 1}})
    yield document("tombstone", v.REVOKED, "a tombstone is in its place", tombstone)
    yield slug("revoked", v.REVOKED, "the signed list has it", 2)
    yield document("revoked-document", v.REVOKED, "as it, given as a document", passport(SLUGS[2]), **here)
    yield slug("revocations-withheld", v.FREEZE, "the snapshot names a list that is missing", registry="list-withheld")
    yield slug("revocations-not-logged", v.NOT_LOGGED, "the log has no place for the list", registry="list-not-logged")
    elsewhere = "list-logged-elsewhere"
    yield slug("revocations-logged-elsewhere", v.NOT_LOGGED, "another entry is in its place", registry=elsewhere)
    yield slug("revocations-rolled-back", v.ROLLBACK, "a later list was seen", seen={"revocations": 2})
    yield slug("root-withheld", v.FREEZE, "the snapshot names a root that is missing", registry="root-withheld")
    yield slug("root-forked", v.EQUIVOCATION, "the snapshot names another root version 3", registry="root-forked")
    yield slug("root-forged", v.NOT_IN_SNAPSHOT, "a root that a stranger signed", registry="root-forged")
    yield slug("root-not-logged", v.NOT_LOGGED, "a root in force that no generation names", registry="root-not-logged")
    yield slug("root-expired", v.FREEZE, "a newer root may be withheld", at=timestamp(AT + 4 * HOUR))
    seen = {"version": 3, "thumbprint": OTHER_THIRD.ref.thumbprint}
    yield slug("root-seen-otherwise", v.EQUIVOCATION, "another root version 3 was seen", seen={"root": seen})
    yield slug("root-rolled-back", v.ROLLBACK, "root version 4 was seen", seen={"root": {**seen, "version": 4}})
    void = {"key_id": REGISTRY.key_id, "generation": 9, "snapshot_sha256": "0" * 64}
    stolen = {**void, "log": {"size": 10**6, "root": "0" * 64}}
    yield slug("seen-of-thief", v.OK, "a leaked key signed it after its last good generation", seen=stolen)
    yield slug(
        "seen-of-publisher", v.ROLLBACK, "as it, with a good key", seen={**stolen, "key_id": NEW_REGISTRY.key_id}
    )
    yield slug("object-missing", v.UNREADABLE, "the registry names it, and does not have it", registry="object-missing")
    logs = {name: _log(files_of(registries, name)) for name in ("rooted", "rooted-older")}
    yield slug("log-grown", v.OK, "the log begins with the one seen", seen={"log": logs["rooted-older"]})
    yield slug("log-same", v.OK, "the log is the one seen", seen={"log": logs["rooted"]})
    forked = {**logs["rooted-older"], "root": "0" * 64}
    yield slug("log-forked", v.EQUIVOCATION, "the log does not begin with the one seen", seen={"log": forked})
    longer = {**logs["rooted"], "size": logs["rooted"]["size"] + 1}
    yield slug("log-rolled-back", v.ROLLBACK, "a longer log was seen", seen={"log": longer})


def files_of(registries: Mapping[str, Kept], name: str) -> dict[str, bytes]:
    """Return all files of a registry, with those of its base."""
    kept = registries[name]
    base = files_of(registries, kept.base) if kept.base else {}
    return {key: body for key, body in {**base, **kept.files}.items() if key not in kept.without}


def _log(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return size and root of the log of what a registry serves."""
    store = open_store("memory:///")
    for key, body in files.items():
        store.put(key, body)
    log = RegistryLog(Reader(store, chain_from(store, FIRST).keys, AT))
    return {"size": log.frontier.size, "root": log.root.hex()}


def _publisher(store: Store) -> Publisher:
    chain = chain_from(store, FIRST)
    by = REGISTRY if chain.ref.version == 1 else NEW_REGISTRY
    return Publisher(store, by, lambda: AT + chain.ref.version * HOUR / 4, f"nonce-{chain.ref.version}", chain=chain)


def _rendering(store: Store) -> Rendering:
    chain = chain_from(store, FIRST)
    made = rendering_for(ISSUER, NEW_PASSPORTS, chain, registry=_publisher(store).signer)
    keys = {key: body for key, body in made.site.items() if key.endswith("jwks.json")}
    return Rendering(COPIES, keys, made.checkpoint)


def _publish(store: Store, bodies: Mapping[str, bytes]) -> None:
    publisher = _publisher(store)
    base = read_served(store, publisher.keys, AT)
    version = publisher.chain.ref.version if publisher.chain else 0
    wanted = publication(dict.fromkeys(bodies, version), base, run=f"run-{version}")
    wanted = replace(
        with_bodies(wanted, bodies),
        rendering=_rendering(store),
    )
    publish(publisher, wanted, base=base, rebase=lambda _: wanted)


def _restated(reader: Reader, **changes: Any) -> dict[str, bytes]:
    """Return pointer and snapshot with another content, as whoever has the registry's key can sign them."""
    snapshot = reader.snapshot.model_copy(update=changes)
    body = seal(snapshot, NEW_REGISTRY)
    pointer = reader.pointer.model_copy(update={"snapshot_sha256": sha256(body)})
    return {snapshot_key(snapshot.generation): body, POINTER_KEY: seal(pointer, NEW_REGISTRY)}
