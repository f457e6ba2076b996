"""Section A: history is erased or forked by somebody who can write to the store and has no key of ours."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.attacks.places import STRANGER_SEED, Place, publish
from benchmarks.attacks.runs import Ran
from flows.demo.config import demo_signer
from pipelines.signing.keys import Signer
from pipelines.signing.registry_files import sign_file
from pipelines.signing.signatures import SNAPSHOT_TYPE, TIMESTAMP_TYPE


def demo_key_on_the_pointer(place: Place) -> list[str]:
    """The pointer is signed anew with the demo's key, which everybody has; then the issuer publishes."""
    before = place.snapshots()
    reseal(place.pointer, TIMESTAMP_TYPE, demo_signer())
    return [*_refused(place.refresh()), *_erased(place, before)]


def demo_key_on_pointer_and_snapshot(place: Place) -> list[str]:
    """The pointer and the newest snapshot are signed anew with the demo's key; all else is the issuer's."""
    before = place.snapshots()
    signer, newest = demo_signer(), place.store / f"registry/snapshots/{place.newest}.json"
    reseal(newest, SNAPSHOT_TYPE, signer)
    sha256 = _sha256(newest)
    reseal(place.pointer, TIMESTAMP_TYPE, signer, snapshot_sha256=sha256)
    return [*_refused(place.refresh()), *_erased(place, before[:-1])]


def pointer_removed(place: Place) -> list[str]:
    """The pointer is removed; then the issuer publishes."""
    before = place.snapshots()
    place.pointer.unlink()
    ran = place.refresh()
    return [*_refused(ran, says="store repair"), *_erased(place, before), *_forked(place, before)]


def pointer_removed_and_no_memory(place: Place) -> list[str]:
    """The pointer is removed, and the issuer publishes from a machine that never published to this store."""
    before = place.snapshots()
    place.pointer.unlink()
    _forget(place)
    return [*_refused(place.refresh(), says="store repair"), *_erased(place, before), *_forked(place, before)]


def repair_beside_forgeries(place: Place) -> list[str]:
    """The pointer is removed, and snapshots that others signed lie above ours; `store repair` must find the newest."""
    before, newest = place.snapshots(), place.newest
    place.pointer.unlink()
    folder = place.store / "registry/snapshots"
    forged = folder / f"{newest + 1}.json"
    shutil.copy(folder / f"{newest}.json", forged)
    reseal(forged, SNAPSHOT_TYPE, Signer(STRANGER_SEED), generation=newest + 1, parent=newest)
    (folder / f"{newest + 2}.json").write_bytes(b"{}")
    shutil.copy(folder / "1.json", folder / f"{newest + 3}.json")
    ran = place.passports("store", "repair")
    served = [] if place.served() == newest else [f"generation {place.served()} is served, not {newest}"]
    verified = place.passports("verify", "--all", "--key", str(place.public_key), reader=True)
    return [*ran.faults(code=0), *served, *verified.faults(code=0), *_erased(place, before)]


def repair_of_a_broken_chain(place: Place) -> list[str]:
    """The pointer is removed and the newest snapshot misses its shard; `store repair` serves the newest whole one."""
    place.pointer.unlink()
    newest = json.loads((place.store / f"registry/snapshots/{place.newest}.json").read_bytes())["signed"]
    (place.store / f"registry/shards/{newest['shards'][0]['sha256']}.jsonl.zst").unlink()
    ran = place.passports("store", "repair")
    if ran.code == 1 and place.served() is None:
        return []  # it leaves that to a person: nothing wrong is served
    verified = place.passports("verify", "--all", "--key", str(place.public_key), reader=True)
    return [*ran.faults(code=0), *verified.faults(code=0)]


def new_store_only_when_meant(place: Place) -> list[str]:
    """The pointer is removed, and the issuer says `--new-store`: that, and only that, may begin anew."""
    place.pointer.unlink()
    ran = place.refresh("--new-store")
    verified = place.passports("verify", "--all", "--key", str(place.public_key), reader=True)
    return [*ran.faults(code=0), *verified.faults(code=0)]


def older_pointer_for_the_publisher(place: Place) -> list[str]:
    """An older, unexpired pointer is put back; then the issuer publishes."""
    before = place.snapshots()
    _older(place)
    return [*_refused(place.refresh()), *_erased(place, before), *_forked(place, before)]


def older_pointer_and_no_memory(place: Place) -> list[str]:
    """An older pointer is put back, and the issuer publishes from a machine that never published to this store."""
    before = place.snapshots()
    _older(place)
    _forget(place)
    return [*_refused(place.refresh()), *_erased(place, before), *_forked(place, before)]


def whole_store_rolled_back(place: Place) -> list[str]:
    """An older pointer is put back and all later snapshots are removed: only the issuer's own memory can tell."""
    newest = place.newest
    older = _older(place)
    for number in range(older + 1, newest + 1):
        (place.store / f"registry/snapshots/{number}.json").unlink()
    before = place.snapshots()
    return [*_refused(place.refresh()), *_forked(place, before)]


def older_pointer_for_readers(place: Place) -> list[str]:
    """An older pointer is put back, after readers have seen a newer generation, by their state file or by default."""
    found, slug = [], "qwen-qwq-32b"
    key, state = ("--key", str(place.public_key)), ("--state", str(place.folder / "reader/state.json"))
    commands: tuple[tuple[str, ...], ...] = (("verify", "--all"), ("verify", slug), ("show", slug), ("status",))
    for memory in (state, ()):
        found += place.passports("verify", "--all", *memory, *key, reader=True).faults(code=0)
    _older(place)
    for command in commands:
        for memory in (state, ()):
            ran = place.passports(*command, *memory, *key, reader=True)
            found += [f"{' '.join((*command, *memory[:1]))}: {fault}" for fault in ran.faults(code=1, says="rollback")]
    return found


def stranger_signed_it_all(place: Place) -> list[str]:
    """The whole store is published anew by a stranger's key; a reader who pins no key verifies it."""
    _resign(place)
    found = []
    for options in ((), ("--no-state",), ("--json", "--no-state")):
        found += place.passports("verify", "--all", *options, reader=True).faults(code=1)
    pinned = place.passports("verify", "--all", "--key", str(place.public_key), reader=True)
    return [*found, *pinned.faults(code=1)]


def stranger_after_first_use(place: Place) -> list[str]:
    """A reader verifies the store, then a stranger publishes it anew, and the reader comes back."""
    place.passports("verify", "--all", reader=True)
    _resign(place)
    return place.passports("verify", "--all", reader=True).faults(code=1)


def links_that_lead_elsewhere(place: Place) -> list[str]:
    """The links of a passport's copy, which nobody signs, lead to another host, or to one more place."""
    return _copies(place, lambda links: links | {"self": "https://evil.example/api/v1/passport/qwen-qwq-32b"})


def links_that_lead_to_other_keys(place: Place) -> list[str]:
    """The links of a passport's copy lead to somebody else's public key."""
    return _copies(
        place,
        lambda links: {
            name: "https://evil.example/key" if "key" in name.lower() else url for name, url in links.items()
        },
    )


def links_removed(place: Place) -> list[str]:
    """The links of a passport's copy are removed."""
    return _copies(place, lambda _: None)


def _copies(place: Place, change: Callable[[dict[str, str]], dict[str, str] | None]) -> list[str]:
    copy = place.store / "api/v1/passport/qwen-qwq-32b"
    document = json.loads(copy.read_bytes())
    links = change(document.pop("_links"))
    copy.write_text(
        json.dumps(document | ({"_links": links} if links else {}), separators=(",", ":"), ensure_ascii=False)
    )
    return place.passports("verify", "--all", "--key", str(place.public_key), reader=True).faults(code=1, says="copy")


def reseal(path: Path, payload_type: str, signer: Signer, **changes: Any) -> None:  # noqa: ANN401 - JSON
    """Sign a registry file anew with another key, with some of it changed."""
    payload = json.loads(path.read_bytes())["signed"] | changes
    path.write_text(json.dumps(sign_file(payload, payload_type=payload_type, signer=signer)))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _older(place: Place) -> int:
    """Put an older pointer back; its generation."""
    older = max(1, place.newest - 2)
    place.put_older_pointer(older)
    return older


def _resign(place: Place) -> None:
    shutil.rmtree(place.store)
    publish(place, 1, {"PASSPORTS_SIGNING_KEY_FILE": str(place.folder / "stranger-key.jwk")})


def _forget(place: Place) -> None:
    """Move the home of the issuer away: the key is elsewhere."""
    shutil.rmtree(place.folder / "issuer")


def _refused(ran: Ran, says: str = "") -> list[str]:
    return ran.faults(code=1, says=says)


def _erased(place: Place, before: list[tuple[int, bytes]]) -> list[str]:
    """Name the snapshots that are gone, or are others than they were."""
    now = dict(place.snapshots())
    gone = [str(number) for number, body in before if now.get(number) != body]
    return [f"snapshots {', '.join(gone)} are gone or changed"] if gone else []


def _forked(place: Place, before: list[tuple[int, bytes]]) -> list[str]:
    """Name a generation that was published upon another than the newest."""
    known, newest = {number for number, _ in before}, before[-1][0]
    made = [(number, json.loads(body)["signed"]["parent"]) for number, body in place.snapshots() if number not in known]
    return [f"generation {number} was published upon {parent}" for number, parent in made if parent != newest or known]


ATTACKS = (
    demo_key_on_the_pointer, demo_key_on_pointer_and_snapshot, pointer_removed, pointer_removed_and_no_memory,
    repair_beside_forgeries, repair_of_a_broken_chain, new_store_only_when_meant, older_pointer_for_the_publisher,
    older_pointer_and_no_memory, whole_store_rolled_back, older_pointer_for_readers, stranger_signed_it_all,
    stranger_after_first_use, links_that_lead_elsewhere, links_that_lead_to_other_keys, links_removed,
)  # fmt: skip
