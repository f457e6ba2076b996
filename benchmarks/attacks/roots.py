"""The root of trust and revocations: a mirror withholds, replays, mixes or forks what a publisher signed."""

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.attacks.history import reseal
from benchmarks.attacks.places import STRANGER_SEED, Place
from pipelines.registry.layout import root_key
from pipelines.signing.keys import Signer, signing_key_from_jwk
from pipelines.signing.roots import SignedRoot, read_root, unsigned
from pipelines.signing.rotation import next_version
from pipelines.signing.signatures import SNAPSHOT_TYPE, TIMESTAMP_TYPE

SLUG, OTHER = "qwen-qwq-32b", "openai-gpt-oss-120b"


def mirror_replays_yesterday(place: Place) -> list[str]:
    """After a reader has seen a revocation, a mirror serves the whole store of the day before."""
    _root(place)
    shutil.copytree(place.store, place.folder / "work/yesterday")
    _revoke(place)
    found = _verdict(place, "revoked")
    shutil.rmtree(place.store)
    shutil.copytree(place.folder / "work/yesterday", place.store)
    return [*found, *_verdict(place, "rollback")]


def mirror_mixes_two_generations(place: Place) -> list[str]:
    """A mirror serves today's pointer with the snapshot of yesterday in its place."""
    _root(place)
    _revoke(place)
    served = place.store / f"registry/snapshots/{place.served()}.json"
    shutil.copy(place.store / f"registry/snapshots/{(place.served() or 0) - 1}.json", served)
    return place.passports("verify", "--all", *_pin(place), reader=True).faults(code=1, says="does not hash to")


def list_of_revocations_removed(place: Place) -> list[str]:
    """A mirror removes the list of revocations that the snapshot names."""
    _root(place)
    _revoke(place)
    shutil.rmtree(place.store / "registry/revocations")
    return _verdict(place, "freeze", SLUG)


def list_of_revocations_changed(place: Place) -> list[str]:
    """A mirror names another passport in the list of revocations."""
    _root(place)
    _revoke(place)
    (listed,) = (place.store / "registry/revocations").iterdir()
    listed.write_bytes(listed.read_bytes().replace(SLUG.encode(), b"another-slug"))
    return _verdict(place, "freeze", SLUG)


def newer_root_withheld(place: Place) -> list[str]:
    """A mirror serves all but the newest root."""
    _root(place)
    _put(place, _next(place))
    shown = place.passports("keys", "apply", str(place.folder / "work/next.json"))
    newest = place.store / root_key(2)
    body = newest.read_bytes()
    newest.unlink()
    without = _verdict(place, "freeze", memory=False)
    newest.write_bytes(body)
    seen = _verdict(place, "ok")
    newest.unlink()
    return [*shown.faults(code=0), *without, *seen, *_verdict(place, "rollback")]


def root_of_a_stranger(place: Place) -> list[str]:
    """Somebody who can write to the store puts a second root there, signed with a key of their own."""
    _root(place)
    forged = unsigned(_next(place).root).signed_with(Signer(STRANGER_SEED))
    (place.store / root_key(2)).write_bytes(forged.to_bytes())
    ran = place.passports("verify", "--all", *_pin(place), reader=True)
    return [*ran.faults(code=1, says="cannot be trusted"), *place.passports("keys", "list").faults(code=1)]


def root_forked(place: Place) -> list[str]:
    """The root key signs two second roots; a reader has seen the one, and is served the other."""
    _root(place)
    _put(place, _next(place))
    ran = place.passports("keys", "apply", str(place.folder / "work/next.json"))
    seen = _verdict(place, "ok")
    other = _next(place, expires_at="2099-01-01T00:00:00.000Z")
    (place.store / root_key(2)).write_bytes(other.to_bytes())
    return [*ran.faults(code=0), *seen, *_verdict(place, "equivocation")]


def root_hidden_from_the_log(place: Place) -> list[str]:
    """Whoever has the root key shows one reader a root that nobody who watches the log was shown."""
    _root(place)
    seen = _verdict(place, "ok")
    (place.store / root_key(2)).write_bytes(_next(place).to_bytes())
    return [*seen, *_verdict(place, "not_logged")]


def root_logged_by_nobody(place: Place) -> list[str]:
    """Whoever has the registry's key signs a snapshot that states no place of the root in the log."""
    _root(place)
    _restate(place, root_logged=None)
    return _verdict(place, "not_logged")


def revocation_hidden_from_the_log(place: Place) -> list[str]:
    """Whoever has the registry's key names a list of revocations of which the log has no entry."""
    _root(place)
    _revoke(place)
    _restate(place, revocations_logged=None)
    return [*_verdict(place, "not_logged", OTHER), *_verdict(place, "revoked")]


def _restate(place: Place, **changes: object) -> None:
    """Sign the served snapshot anew with the registry's key, with some of it changed, and a pointer to it."""
    signer = signing_key_from_jwk((place.folder / "registry-key.jwk").read_text())
    snapshot = place.store / f"registry/snapshots/{place.served()}.json"
    reseal(snapshot, SNAPSHOT_TYPE, signer, **changes)
    reseal(place.pointer, TIMESTAMP_TYPE, signer, snapshot_sha256=hashlib.sha256(snapshot.read_bytes()).hexdigest())


def _root(place: Place) -> None:
    ran = place.passports("keys", "init", "--root-key", str(_root_key(place)))
    assert ran.code == 0, ran
    assert place.passports("keys", "export", "--out", str(place.folder / "work/root.json")).code == 0


def _root_key(place: Place) -> Path:
    return place.folder / "work/root-key.jwk"


def _pin(place: Place) -> tuple[str, str]:
    return ("--root", str(place.folder / "work/root.json"))


def _revoke(place: Place) -> None:
    ran = place.passports("revoke", SLUG, "--reason", "Wrong.")
    assert ran.code == 0, ran


def _next(place: Place, **changes: str) -> SignedRoot:
    """Return a second root, signed with the root key."""
    first = read_root((place.store / root_key(1)).read_bytes()).root
    made = next_version(first, datetime.now(UTC)).model_copy(update=changes)
    return unsigned(made).signed_with(signing_key_from_jwk(_root_key(place).read_text()))


def _put(place: Place, made: SignedRoot) -> None:
    (place.folder / "work/next.json").write_bytes(made.to_bytes())


def _verdict(place: Place, expected: str, target: str = SLUG, *, memory: bool = True) -> list[str]:
    """Name what is wrong if a reader's verdict is another one."""
    options = () if memory else ("--no-state",)
    ran = place.passports("verify", target, *_pin(place), "--json", *options, reader=True)
    found = {one["verdict"] for one in json.loads(ran.out).get("findings", [{"verdict": ran.err}])}
    return [] if found == {expected} else [f"{target}: {sorted(found)}, not {expected}"]


ATTACKS = (
    mirror_replays_yesterday, mirror_mixes_two_generations, list_of_revocations_removed, list_of_revocations_changed,
    newer_root_withheld, root_of_a_stranger, root_forked, root_hidden_from_the_log, root_logged_by_nobody,
    revocation_hidden_from_the_log,
)  # fmt: skip
