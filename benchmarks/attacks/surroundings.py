"""Attacks on what is around a store: mirrors, files that nobody signed, a reader's memory, what is given to verify."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.attacks.places import Place, publish
from benchmarks.attacks.runs import Ran
from benchmarks.attacks.servers import Says, connecting, listening_to

MOST_MB = 300
MIB = 2**20
REPORT_MIB = 16
UNSIGNED = ("registry/runs/evil.html", "registry/runs/evil.json", "registry/root/1.json", "registry/revocations/1.json")
"""Keys of files that are not what their folders have; roots that their own keys signed, and reports, are copied."""


def mirror_takes_what_nobody_signed(place: Place) -> list[str]:
    """Files that no signed file names, a page with a script among them, are put into a store; it is then mirrored."""
    for key in UNSIGNED:
        (place.store / key).parent.mkdir(exist_ok=True)
        (place.store / key).write_text("<script>alert(1)</script>")
    mirror, _ = _mirrored(place)
    return [f"{key} was copied" for key in UNSIGNED if (mirror / key).exists()]


def mirror_takes_another_key(place: Place) -> list[str]:
    """A store's public keys are replaced by a stranger's; it is then mirrored by somebody who pins the issuer's key."""
    private = json.loads((place.folder / "stranger-key.jwk").read_bytes())
    public = {name: value for name, value in private.items() if name != "d"}
    (place.store / ".well-known/jwks.json").write_text(json.dumps({"keys": [public]}))
    mirror, ran = _mirrored(place)
    there = mirror / ".well-known/jwks.json"
    served = [key["kid"] for key in json.loads(there.read_bytes())["keys"]] if there.exists() else []
    wrong = [f"the mirror names the key {one} as the issuer's" for one in served if one == public["kid"]]
    return [*wrong, *(["a traceback"] if "Traceback" in ran.output else [])]


def mirror_of_a_large_report(place: Place) -> list[str]:
    """A run's report, which no signed file names, is 900 MiB long; the store is then mirrored."""
    with (place.store / "registry/runs/large.json").open("wb") as file:
        file.truncate(900 * MIB)
    _, ran = _mirrored(place)
    return [f"took {ran.peak_mb:.0f} MB"] if ran.peak_mb > MOST_MB else []


def older_snapshots_removed(place: Place) -> list[str]:
    """All snapshots but the newest are removed: what can be judged is judged, and doctor warns the issuer."""
    for number, _ in place.snapshots()[:-1]:
        (place.store / f"registry/snapshots/{number}.json").unlink()
    key = ("--key", str(place.public_key))
    ran = place.passports("verify", "--all", "--evidence", "--json", *key, reader=True)
    found = [] if ran.document.get("of") else [f"no passport is judged: {ran.err.strip()[:160]}"]
    return [
        *found,
        *(f"doctor: {fault}" for fault in place.passports("doctor").faults(code=0, says="its snapshot is gone")),
    ]


def snapshots_that_block_nobody(place: Place) -> list[str]:
    """Copies of signed snapshots, and junk, have higher numbers: the issuer publishes all the same."""
    before, newest = place.snapshots(), place.newest
    folder = place.store / "registry/snapshots"
    shutil.copy(folder / f"{newest}.json", folder / f"{newest + 5}.json")
    shutil.copy(folder / "1.json", folder / f"{newest + 1}.json")
    (folder / f"{newest + 2}.json").write_bytes(b"{}")
    found = place.refresh().faults(code=0)
    verified = place.passports("verify", "--all", "--key", str(place.public_key), reader=True)
    return [*found, *verified.faults(code=0), *(["nothing new is served"] if place.served() == before[-1][0] else [])]


def another_store_of_the_same_key(place: Place) -> list[str]:
    """The store is replaced by another one that the same key signed, a staging store with more generations."""
    key = ("--key", str(place.public_key))
    found = place.passports("verify", "--all", *key, reader=True).faults(code=0)
    before, other = place.newest, place.folder / "work/staging"
    settings = {"PASSPORTS_STORE": str(other), "HOME": str(place.folder / "work")}
    place.source.records.pop()
    publish(place, before + 1, settings)
    shutil.rmtree(place.store)
    shutil.copytree(other, place.store)
    readers = place.passports("verify", "--all", *key, reader=True).faults(code=1)
    now = {"SOURCE_DATE_EPOCH": str(int(time.time()))}
    place.run(sys.executable, "-m", "benchmarks.refreshing", settings=now)
    publishers = ["the issuer published upon it"] if place.newest > before + 1 else []
    return [*found, *(f"a reader who knew the other: {fault}" for fault in readers), *publishers]


def damaged_state(place: Place) -> list[str]:
    """The file of what a reader has seen is damaged, or a folder or pipe: that is an error, and nothing is accepted."""
    found, state = [], place.folder / "work/state"
    bodies = (b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"a":1}', b"[" * 100_000, b"0" * 2**25)
    lay: list[tuple[str, Callable[[], object]]] = [(str(body[:8]), partial(state.write_bytes, body)) for body in bodies]
    lay += [("a folder", state.mkdir), ("a pipe", partial(os.mkfifo, state))]
    for name, make in lay:
        shutil.rmtree(state) if state.is_dir() else state.unlink(missing_ok=True)
        make()
        arguments = ("verify", "--all", "--state", str(state), "--key", str(place.public_key))
        found += [f"{name}: {fault}" for fault in _not_no(place.passports(*arguments, reader=True, limit_s=20))]
    return found


def refused_records_fill_the_report(place: Place) -> list[str]:
    """OpenRouter lists 4,000 records of 12 kB that nobody can read: what is stored of that run stays small."""
    records = [{"id": f"heron-lab/h-{number}", "name": "\x7f\u00e9" * 4_000} for number in range(4_000)]
    place.source.instead = json.dumps({"data": records, "total_count": len(records)}, ensure_ascii=False).encode()
    before = _size_mib(place.store)
    ran = place.run(
        sys.executable, "-m", "benchmarks.refreshing", settings={"SOURCE_DATE_EPOCH": str(int(time.time()))}
    )
    place.source.instead = None
    grown = _size_mib(place.store) - before
    found = [f"the store grew by {grown:.0f} MiB"] if grown > REPORT_MIB else []
    return [*found, *([f"took {ran.peak_mb:.0f} MB"] if ran.peak_mb > MOST_MB else [])]


def pipe_as_a_target(place: Place) -> list[str]:
    """A named pipe is given as a passport, and as a key; /dev/zero is given as a key."""
    pipe, found = place.folder / "work/pipe", []
    os.mkfifo(pipe)
    key = str(place.public_key)
    for arguments in ((str(pipe), "--key", key), ("--all", "--key", str(pipe)), ("--all", "--key", "/dev/zero")):
        ran = place.passports("verify", *arguments, reader=True, limit_s=20)
        found += [f"{' '.join(arguments)[:60]}: {fault}" for fault in _not_no(ran)]
        found += [f"{arguments[-1]}: took {ran.peak_mb:.0f} MB"] if ran.peak_mb > MOST_MB else []
    return found


def password_in_an_address(place: Place) -> list[str]:
    """An address with a user's password is given to verify: what is printed does not show it."""
    address = "http://heron:hunter2@127.0.0.1:9/x"
    ran = place.passports("verify", address, "--key", str(place.public_key), reader=True)
    return ["the password is printed"] if "hunter2" in ran.output else []


def store_that_redirects(place: Place) -> list[str]:
    """A store that is read over http sends its reader to another port of its machine: nothing is asked there."""
    with connecting(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n{}")) as (port, seen):
        elsewhere = Says(302, {"Location": f"http://127.0.0.1:{port}/latest/meta-data/"})
        with listening_to(elsewhere) as source:
            arguments = ("verify", "--all", "--store", source.url, "--key", str(place.public_key))
            ran = place.passports(*arguments, reader=True, limit_s=60)
    return [*ran.faults(code=1, says="another host"), *(["the redirect was followed"] if seen else [])]


def _mirrored(place: Place) -> tuple[Path, Ran]:
    mirror = place.folder / "work/mirror"
    shutil.rmtree(mirror, ignore_errors=True)
    return mirror, place.passports("publish", "--to", str(mirror))


def _not_no(ran: Ran) -> list[str]:
    return [] if ran.code in (1, 2) and "Traceback" not in ran.output else ran.faults(code=1)


def _size_mib(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MIB


ATTACKS = (
    snapshots_that_block_nobody, another_store_of_the_same_key, damaged_state, mirror_takes_what_nobody_signed,
    mirror_takes_another_key,
    mirror_of_a_large_report, older_snapshots_removed,
    refused_records_fill_the_report, pipe_as_a_target, password_in_an_address, store_that_redirects,
)  # fmt: skip
