"""Small publications for tests of store, protocol and reader, and the functions that their child processes run."""

import hashlib
import os
import resource
import signal
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import orjson

from flows.publish.copies import repair
from flows.publish.protocol import publish
from flows.publish.publication import (
    Copies,
    Progress,
    Publication,
    Publisher,
    Rendering,
    RowsOf,
    SourcePart,
    SourceParts,
    Step,
    silent,
)
from flows.registry.reader import Reader, read_served
from flows.registry.signed_files import seal
from flows.site.rendering import copies_for, rendering_for
from flows.store.base import Store, StoreUnavailableError
from flows.store.local import LocalStore
from flows.store.open import open_store
from flows.trust.seen import RememberedGeneration
from pipelines.log.entries import LogPlace
from pipelines.passport.links import Issuer
from pipelines.registry import layout
from pipelines.registry.packing import pack, ref_of
from pipelines.registry.slots import slot, slots_by_shard
from pipelines.signing.keys import KeyRing, Signer
from schemas.registry import PageList, ShardRow
from schemas.run import Published
from schemas.times import timestamp
from tests.support.contract.documents import minimal
from tests.support.object_stores import Place
from tests.support.signed import seal_passport

SIGNER = Signer(bytes(range(32)))
KEYS = KeyRing([SIGNER.public_key])
AT = datetime(2026, 6, 15, 12, tzinfo=UTC)
SITE = {"schema.json": b"{}", "index.html": b"<p>", "api/v1/trust-passport-public-key": b"{}"}
ISSUER = Issuer("registry.example", "https://registry.example")
COPIES = copies_for(ISSUER)
SHARED = "acme-shared"
"""Slug of a passport whose version counts how often it was published."""
Versions = Mapping[str, int]
"""Slug → version of its passport."""


class CreatesOnly(LocalStore):
    """A store like servers that respect If-None-Match but accept and ignore If-Match; it has no lock either."""

    def lock(self) -> AbstractContextManager[None]:
        return nullcontext()

    def swap(self, key: str, body: bytes, expected: str) -> None:
        del expected
        self.put(key, body)


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def passport(slug: str, version: int = 1, signer: Signer = SIGNER) -> bytes:
    unfragile = minimal()["passport"]["unfragile"]
    named = {"slug": slug, "id": f"openrouter-{slug}", "name": f"{slug} v{version}"}
    unfragile["artifact"] |= {**named, "page_url": f"https://registry.example/{slug}"}
    for number, capability in enumerate(unfragile["capabilities"]):
        capability["id"] = f"openrouter-{slug}__cap_{number}"
    signed_at = AT + timedelta(seconds=version)
    return orjson.dumps(seal_passport(unfragile, signer, signed_at, AT + timedelta(days=30)))


def copies(slug: str, body: bytes, place: LogPlace | None = None) -> Copies:
    return Copies(COPIES(slug, body, place).passport, f"<h1>{slug}</h1>".encode() + body)


class StatusPage:
    """One page, which names what is served, and a signed list of it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def changed(self) -> Iterator[tuple[str, bytes | None]]:
        yield "status", b"".join(f"{row.slug} {row.object}\n".encode() for row in self._reader.rows())

    def listed(self) -> Mapping[str, bytes]:
        none = ref_of(pack(()), index=0, rows=0)
        listed = PageList(
            generation=self._reader.generation,
            snapshot_sha256=self._reader.snapshot_sha256,
            rendering=sha256(b"status"),
            passports=(),
            count=1,
            others=none,
        )
        return {layout.PAGES_KEY: seal(listed, SIGNER)}


def pages(reader: Reader, load: Callable[[str], bytes], afresh: bool) -> StatusPage:
    del load, afresh
    return StatusPage(reader)


RENDERING = Rendering(copies, SITE, rendering_for(ISSUER, SIGNER).checkpoint, pages)


def row(slug: str, version: int = 1) -> ShardRow:
    body = passport(slug, version)
    now = timestamp(AT)
    return ShardRow(
        slug=slug,
        listing_id=slug,
        object=sha256(body),
        payload=sha256(str(version).encode()),
        facts=sha256(b"facts"),
        status="active",
        cause="first_seen",
        key_id=SIGNER.key_id,
        previous=None,
        first_seen=now,
        last_seen=now,
        last_changed=now,
        last_scraped_at=now,
        last_observed_at=now,
        generation=0,
    )


def rows_of(rows: Iterable[ShardRow]) -> RowsOf:
    """Return rows in memory in the form that a publication needs."""
    ordered = [(slot(row.slug), row) for row in sorted(rows, key=lambda row: row.slug)]
    return lambda slots: (row for own, row in ordered if own in slots)


def parts_of(slugs: Iterable[str]) -> SourceParts:
    """Return a source whose listings are slugs, cut into as many parts as their passports into shards."""
    ordered = sorted(slugs)
    cuts = [[slug for slug in ordered if slot(slug) in slots] for slots in slots_by_shard(len(ordered))]
    parts = [
        SourcePart(index, len(cuts), lambda part=part: pack(map(str.encode, part)), len(part))  # type: ignore[misc]
        for index, part in enumerate(cuts)
    ]
    return SourceParts(tuple(parts), timestamp(AT))


def serving(wanted: Publication, rows: Collection[ShardRow]) -> Publication:
    """Return the publication with other rows."""
    return replace(wanted, passports=len(rows), rows=rows_of(rows))


def publication(versions: Versions, base: Reader | None = None, *, run: str = "run-1") -> Publication:
    """Return a publication of the base's passports with those of `versions` added or replaced."""
    rows = {row.slug: row for row in base.rows()} if base else {}
    rows |= {slug: row(slug, version) for slug, version in versions.items()}
    bodies = [passport(slug, version) for slug, version in versions.items()]
    return Publication(
        passports=len(rows),
        rows=rows_of(rows.values()),
        objects={sha256(body): body for body in bodies},
        sources={"acme": parts_of(rows)},
        rules=b"{}",
        lifetimes={},
        run_id=run,
        run_report=b"{}",
        rendering=RENDERING,
        index_folder=Path(tempfile.gettempdir()),
    )


def with_bodies(wanted: Publication, bodies: Mapping[str, bytes]) -> Publication:
    """Return a publication with these passports, slug → bytes, in the place of its own; without a search index."""
    rows = {row.slug: row for row in wanted.rows(range(256))}
    for slug, body in bodies.items():
        rows[slug] = rows[slug].model_copy(update={"object": sha256(body)})
    objects = {sha256(body): body for body in bodies.values()}
    return replace(wanted, rows=rows_of(rows.values()), objects=objects, index_folder=None)


def publisher(
    store: Store,
    nonce: str = "nonce",
    *,
    clock: Callable[[], datetime] = lambda: AT,
    mark: RememberedGeneration | None = None,
    on_step: Progress = silent,
) -> Publisher:
    return Publisher(store, SIGNER, clock, nonce, mark, on_step=on_step)


def publish_versions(
    store: Store,
    versions: Versions,
    *,
    nonce: str = "nonce",
    on_step: Progress = silent,
    clock: Callable[[], datetime] = lambda: AT,
) -> Published:
    base = read_served(store, KEYS, AT)
    return publish(
        publisher(store, nonce, clock=clock, on_step=on_step),
        publication(versions, base, run=f"run-{nonce}"),
        base=base,
        rebase=lambda newer: publication(versions, newer, run=f"run-{nonce}"),
    )


def seed(store: Store, versions: Versions) -> Store:
    """Fill a store with a first publication, copied from memory: the race before it is slow on some servers."""
    origin = open_store("memory:///")
    publish_versions(origin, versions, nonce="1")
    for key, body in dump(origin).items():
        store.put(key, body)
    return store


def repair_store(store: Store) -> dict[str, int]:
    return repair(publisher(store), RENDERING)


def reader(store: Store, at: datetime = AT + timedelta(hours=1)) -> Reader:
    return Reader(store, KEYS, at)


def dump(store: Store) -> dict[str, bytes]:
    """Return all files of a store but those that probing leaves."""
    return {key: store.get(key).body for key in store.list() if not key.startswith("registry/probe/")}


def publish_until(place: Place, versions: Versions, nonce: str, step: Step, moment: str) -> None:
    """Publish, and be killed when a step "begins" or "ends"."""

    def die(at: Step, done: int, total: int) -> None:
        if at is step and done == (0 if moment == "begins" else total):
            os.kill(os.getpid(), signal.SIGKILL)

    publish_versions(place.open(), versions, nonce=nonce, on_step=die)


def publish_many_shards_until(place: Place, versions: Versions, nonce: str, step: Step, done: int) -> None:
    """Publish three passports in 16 shards, and be killed when `done` of a step is done."""

    def die(at: Step, so_far: int, _total: int) -> None:
        if at is step and so_far >= done:
            os.kill(os.getpid(), signal.SIGKILL)

    with patch("pipelines.registry.slots._FEW", 2):
        publish_versions(place.open(), versions, nonce=nonce, on_step=die)


def publish_with_a_stop(place: Place, versions: Versions, nonce: str, step: Step) -> None:
    """Publish, and stop (SIGSTOP) when a step first begins, until SIGCONT."""
    stopped: list[Step] = []

    def stop(at: Step, _done: int, _total: int) -> None:
        if at is step and not stopped:
            stopped.append(at)
            os.kill(os.getpid(), signal.SIGSTOP)

    publish_versions(place.open(), versions, nonce=nonce, on_step=stop)


def publish_often(place: Place, name: str, times: int) -> None:
    """Add passports, each in a separate publication."""
    for number in range(times):
        publish_versions(place.open(), {f"{name}-{number}": 1}, nonce=f"{name}-{number}")


def publish_counts(place: Place, name: str, times: int) -> None:
    """Publish several times, each raising the version of SHARED by one, as other processes do at the same time."""
    store = place.open()
    for number in range(times):
        publish_next(store, f"{name}-{number}")


def shared_version(base: Reader | None) -> int:
    if base is None or base.row(SHARED) is None:
        return 0
    name: str = orjson.loads(base.passport(SHARED))["passport"]["unfragile"]["artifact"]["name"]
    return int(name.rpartition("v")[2])


def publish_next(store: Store, nonce: str) -> None:
    def onto(base: Reader | None) -> Publication:
        return publication({SHARED: shared_version(base) + 1}, base, run=f"run-{nonce}")

    base = read_served(store, KEYS, AT)
    publish(publisher(store, nonce), onto(base), base=base, rebase=onto)


def put_beyond_the_limit(root: Path) -> None:
    """Exit with 0 if a file beyond the system's size limit raises an error that names it, and leaves no file."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    store = LocalStore(root)
    try:
        store.put("whole.json", bytes(10_000))
    except StoreUnavailableError as error:
        os._exit(0 if "ulimit" in str(error) and not any(store.list()) else 1)
    os._exit(2)
