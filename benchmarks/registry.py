"""Measures what publishing costs, and that it survives: `python -m benchmarks.registry [--kills N] [--races N]`.

Everything is measured in one run beside its floor, on a local directory and on a SeaweedFS server started here: 5,000
passports against a bare threaded loop of PUTs of the same bytes; an unchanged run; one with 1 % changed. Then
publishers are killed at random moments while a reader reads, and race each other, with a negative control.
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

from flows.audit.copy_check import check_copy
from flows.publish.protocol import publish
from flows.publish.publication import Copies, Progress, Publication, Publisher, Rendering, Step, silent
from flows.registry.reader import read_served
from flows.store.base import Store, find
from pipelines.registry.layout import object_key, passport_copy_key
from schemas.registry import ShardRow
from tests.support.object_stores import Place, SeaweedFS, running
from tests.support.processes import start
from tests.support.publications import (
    AT,
    KEYS,
    SIGNER,
    parts_of,
    passport,
    publish_counts,
    publish_often,
    publish_versions,
    reader,
    repair_store,
    row,
    rows_of,
    sha256,
    shared_version,
)
from tests.support.s3_proxies import IgnoresSwaps, proxied

PASSPORTS = 5_000
CHANGED = 50
WORKERS = 32
CONTROLS = 10


class Counting:
    """A store that counts writes by the first two parts of the key."""

    def __init__(self, store: Store) -> None:
        self._store, self.puts = store, Counter[str]()

    def __getattr__(self, name: str) -> object:
        method = getattr(self._store, name)
        if name not in ("create", "put", "swap"):
            return method

        def counted(key: str, *arguments: object) -> object:
            self.puts["/".join(key.split("/")[:2])] += 1
            return method(key, *arguments)

        return counted


def main() -> None:
    """Measure all, print the figures, and assert what must hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--races", type=int, default=100)
    asked = parser.parse_args()
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        server = held.enter_context(running(SeaweedFS, folder / "server"))
        rows, bodies = many(PASSPORTS, 1)
        for name, place in (("local", Place(str(folder / "local"), {})), ("SeaweedFS", server.place().below("bench"))):
            measure(name, place, rows, bodies)
        for name, place in (("local", Place(str(folder / "kills"), {})), ("SeaweedFS", server.place().below("kills"))):
            kill(name, place, asked.kills)
        for name, place in (("local", Place(str(folder / "races"), {})), ("SeaweedFS", server.place().below("races"))):
            race(name, place, asked.races)
        control(server)


def many(count: int, version: int) -> tuple[list[ShardRow], dict[str, bytes]]:
    """Return rows and passports: copies of one signed passport, of a common size, each with its number appended."""
    body, made = passport("acme-tern", version), row("acme-tern", version)
    fill_counts = body + b" " * (20_000 - len(body))
    bodies = {f"model-{number}": fill_counts + f"{number}".encode() for number in range(count)}
    rows = [
        made.model_copy(update={"slug": slug, "object": sha256(b), "listing_id": slug}) for slug, b in bodies.items()
    ]
    return rows, {sha256(b): b for b in bodies.values()}


def measure(name: str, place: Place, rows: list[ShardRow], bodies: dict[str, bytes]) -> None:
    """Publish 5,000 passports, then the same again, then with 1 % of them changed."""
    bare = place.below("bare").open()
    floor = timed(lambda: threaded_puts(bare, bodies))
    store, steps = Counting(place.below("registry").open()), dict[Step, list[float]]()

    def noted(step: Step, _done: int, _total: int) -> None:
        steps.setdefault(step, []).append(time.perf_counter())

    whole = timed(lambda: publish_rows(store, rows, bodies, "1", on_step=noted))
    objects = steps[Step.OBJECTS][-1] - steps[Step.PROBE][-1]
    copies = steps[Step.COPIES][-1] - steps[Step.COPIES][0]
    print(f"{name}: a bare loop of PUTs {PASSPORTS / floor:,.0f}/s")
    for what, took in (("passports", objects), ("copies", copies)):
        print(f"{name}: {PASSPORTS / took:,.0f} {what}/s written, {took / floor:.2f} x the bare loop")
    print(f"{name}: {PASSPORTS / whole:,.0f}/s for the whole publication, in which each is written twice")
    store.puts.clear()
    took = timed(lambda: publish_rows(store, rows, {}, "2"))
    print(f"{name}: unchanged: {took:.2f} s, {sum(store.puts.values())} writes: {dict(store.puts)}")
    assert not store.puts["registry/objects"]
    changed, new = many(CHANGED, 2)
    store.puts.clear()
    took = timed(lambda: publish_rows(store, changed + rows[CHANGED:], new, "3"))
    writes = sum(store.puts.values())
    print(f"{name}: {CHANGED} changed: {took:.2f} s, {writes} writes, bound {3 * CHANGED} + shards: {dict(store.puts)}")


def publish_rows(
    store: Store | Counting, rows: list[ShardRow], bodies: dict[str, bytes], nonce: str, *, on_step: Progress = silent
) -> None:
    base = read_served(store, KEYS, AT)  # type: ignore[arg-type]
    wanted = Publication(
        passports=len(rows), rows=rows_of(rows), objects=bodies, sources={"acme": parts_of([])},
        rules=b"{}", lifetimes={}, run_id=nonce, run_report=b"{}",
        rendering=Rendering(lambda _, body, __: Copies(body)),
    )  # fmt: skip
    publish(
        Publisher(store, SIGNER, lambda: AT, nonce, on_step=on_step),  # type: ignore[arg-type]
        wanted,
        base=base,
        rebase=lambda _: wanted,
    )


def threaded_puts(store: Store, bodies: dict[str, bytes]) -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda item: store.put(object_key(item[0]), item[1]), bodies.items()))


def kill(name: str, place: Place, times: int) -> None:
    """Kill publishers at random moments while a reader reads in a loop; after each, a repair must mend all copies."""
    store, chance = place.open(), random.Random(0)  # noqa: S311 - moments, not secrets
    publish_versions(store, {"acme-tern": 1}, nonce="start")
    ended, reads = Event(), Counter[str]()

    def read() -> None:
        while not ended.is_set():
            served = reader(place.open())
            reads["generations"] += 1
            reads["torn"] += any(sha256(served.passport(r.slug)) != r.object for r in served.rows())
            for r in chance.sample(list(served.rows()), 1):
                copy = find(store, passport_copy_key(r.slug))
                found = reader(place.open()).check(copy.body) if copy else None
                reads["copies"] += 1
                reads["uncommitted"] += found is not None and found.verdict not in ("ok", "superseded")

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        for number in range(times):
            child = start(publish_often, place, f"kill-{number}", 1000)
            child.join(0.02 + chance.random() * 0.25)
            child.kill()
            child.join()
            repair_store(store)
            served = reader(store)
            reads["unrepaired"] += sum(check_copy(served, r.slug).verdict != "ok" for r in served.rows())
        ended.set()
        reading.result()
    print(f"{name}: {times} kills, generation {reader(store).generation}: {dict(reads)}")
    assert not sum(reads[wrong] for wrong in ("torn", "uncommitted", "unrepaired"))


def race(name: str, place: Place, times: int) -> None:
    """Let two to four publishers raise the version of one passport at the same time; no raise may be lost."""
    store, lost = place.open(), 0
    publish_versions(store, {"acme-tern": 1}, nonce="start")
    for number in range(times):
        before, publishers = shared_version(reader(store)), 2 + number % 3
        children = [start(publish_counts, place, f"{number}-{publisher}", 1) for publisher in range(publishers)]
        for child in children:
            child.join()
            assert child.exitcode == 0
        lost += publishers - (shared_version(reader(store)) - before)
    print(f"{name}: {times} races of 2 to 4 publishers: {lost} updates lost")
    assert not lost


def control(server: SeaweedFS) -> None:
    """Race where the condition on the pointer is ignored: raises must be lost, or `race` would prove nothing."""
    place, lost = server.unsigned().below("control"), 0
    store = place.open()
    publish_versions(store, {"acme-tern": 1}, nonce="start")
    with proxied(IgnoresSwaps, server.port) as port:
        for number in range(CONTROLS):
            before, publishers = shared_version(reader(store)), 2 + number % 3
            blind = server.unsigned(port).below("control")
            children = [start(publish_counts, blind, f"{number}-{publisher}", 1) for publisher in range(publishers)]
            for child in children:
                child.join()
            lost += publishers - (shared_version(reader(store)) - before)
    print(f"negative control, {CONTROLS} races without the condition: {lost} updates lost")
    assert lost


def timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
