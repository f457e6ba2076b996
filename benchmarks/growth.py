"""Measures how a publisher's memory grows with its registry: `python -m benchmarks.growth [PASSPORTS …]`.

Each size is published by a separate process into a separate directory: passports of 4 KB, written ahead; rows and a
source's listings from an SQLite file, a shard at a time. Then the same is published again, which must write no
passport, shard or listings, and one snapshot. Prints the peak memory of each process, and its memory at the start.
"""

import argparse
import hashlib
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import orjson

from flows.publish.immutable_files import write_objects
from flows.publish.protocol import publish
from flows.publish.publication import Copies, Publication, Publisher, Rendering, SourcePart, SourceParts
from flows.registry.reader import read_served
from flows.store.local import LocalStore
from pipelines.registry.packing import pack
from pipelines.registry.slots import EVERY_SLOT, slot, slots_by_shard
from schemas.registry import ShardRow
from schemas.times import timestamp
from tests.support.publications import AT, KEYS, SIGNER, passport, row

SIZES = (1_000, 10_000, 100_000)
OBJECT_BYTES = 4_000
LISTING_BYTES = 1_000
MOST_MORE = 150
"""Most megabytes that publishing may add to the memory at the start: three generations' rows of a full shard."""
SUMMED_UP = "{:>9,} passports, {}: {:5.0f} MB at most, {:3.0f} MB before; {:6.1f} s, {:4.0f} µs a passport; wrote {}"


def main() -> None:
    """Measure each size, print the figures, and assert the bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passports", type=int, nargs="*", default=SIZES)
    parser.add_argument("--publish", type=Path, help="be the process that publishes what is in this folder")
    asked = parser.parse_args()
    if asked.publish:
        sys.stdout.buffer.write(orjson.dumps(published(asked.publish, asked.passports[0])))
        return
    for passports in asked.passports:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            prepare(folder, passports)
            measure(folder, passports, "first")
            again = measure(folder, passports, "again")
            assert again == {"report": 1, "snapshot": 1, "delta": 1, "applied": 1}, again


def measure(folder: Path, passports: int, which: str) -> dict[str, int]:
    """Publish in a separate process; print its figures and return what was written."""
    command = [sys.executable, "-m", "benchmarks.growth", str(passports), "--publish", str(folder)]
    stated = orjson.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)  # noqa: S603 - ourselves
    written: dict[str, int] = stated["written"]
    took, peak, before = stated["seconds"], stated["peak_bytes"] / 1e6, stated["before_bytes"] / 1e6
    print(SUMMED_UP.format(passports, which, peak, before, took, took / passports * 1e6, written), flush=True)
    assert peak - before < MOST_MORE, f"{passports} passports took {peak - before:.0f} MB"
    return written


def prepare(folder: Path, passports: int) -> None:
    """Write the slugs of the passports, with their slots, to an SQLite file."""
    with sqlite3.connect(folder / "names.sqlite") as names:
        names.execute("CREATE TABLE name(slot INTEGER, slug TEXT, PRIMARY KEY(slot, slug)) WITHOUT ROWID")
        slugs = (f"model-{number}" for number in range(passports))
        names.executemany("INSERT INTO name VALUES (?, ?)", ((slot(slug), slug) for slug in slugs))


def published(folder: Path, passports: int) -> dict[str, object]:
    """Publish the passports, writing them ahead if nothing is served yet; return the figures."""
    store, bodies, before = LocalStore(folder / "public"), Bodies(folder), held("VmRSS")
    begun, base = time.perf_counter(), read_served(store, KEYS, AT)
    if base is None:
        ahead = ((digest(body), body) for body in map(bodies.of, bodies.slugs(EVERY_SLOT)))
        with store.lock():
            deque(write_objects(store, ahead), maxlen=0)
    wanted = Publication(
        passports=passports, rows=bodies.rows, objects={}, sources={"acme": bodies.listings(passports)},
        rules=b"{}", lifetimes={}, run_id="first" if base is None else "again", run_report=b"{}",
        rendering=Rendering(lambda _, body, __: Copies(body)),
    )  # fmt: skip
    done = publish(
        Publisher(store, SIGNER, lambda: AT, wanted.run_id), wanted, base=base, rebase=lambda _: wanted
    )  # fmt: skip
    took = time.perf_counter() - begun
    return {"written": done.written, "before_bytes": before, "peak_bytes": held("VmHWM"), "seconds": took}


class Bodies:
    """Makes passports, rows and listings on demand."""

    def __init__(self, folder: Path) -> None:
        self._names = sqlite3.connect(folder / "names.sqlite")
        self._row, signed = row("acme-tern"), passport("acme-tern")
        self._filled = signed + b" " * (OBJECT_BYTES - len(signed))

    def slugs(self, slots: range) -> Iterator[str]:
        """Yield the slugs of some slots."""
        asked = "SELECT slug FROM name WHERE slot >= ? AND slot < ?"
        return (slug for (slug,) in self._names.execute(asked, (slots.start, slots.stop)))

    def of(self, slug: str) -> bytes:
        """Return a signed passport with the slug appended, so that each has other bytes."""
        return self._filled + slug.encode()

    def rows(self, slots: range) -> Iterator[ShardRow]:
        """Yield the rows of some slots."""
        for slug in sorted(self.slugs(slots)):
            own = {"slug": slug, "listing_id": slug, "object": digest(self.of(slug)), "facts": digest(slug.encode())}
            yield self._row.model_copy(update=own)

    def listings(self, passports: int) -> SourceParts:
        """Return a source's listings, cut like the shards."""
        cuts = list(enumerate(slots_by_shard(passports)))
        parts = (SourcePart(i, len(cuts), partial(self._part, slots), len([*self.slugs(slots)])) for i, slots in cuts)
        return SourceParts(tuple(parts), timestamp(AT))

    def _part(self, slots: range) -> bytes:
        return pack((slug + digest(slug.encode()) * (LISTING_BYTES // 64)).encode() for slug in self.slugs(slots))


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def held(what: str) -> int:
    """Return the memory of this process in bytes: now (VmRSS), or at its peak (VmHWM)."""
    status = Path("/proc/self/status").read_text("ascii")
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what))


if __name__ == "__main__":
    main()
