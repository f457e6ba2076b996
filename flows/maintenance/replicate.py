"""Brings another store to the generation that a store serves: copies the files that it lacks, verifying each."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import chain
from typing import NamedTuple

from flows.config.clock import clock_of, source_date_epoch
from flows.config.settings import Settings
from flows.errors import SettingsError
from flows.maintenance.log_copy import copy_log
from flows.progress import LOG
from flows.publish.continuity import served_among, signed_snapshots
from flows.publish.copies import roll_forward
from flows.publish.pointer import is_collecting, move_pointer
from flows.publish.publication import Progress, PublicationError, Rendering, Step, reported, silent, tell_step
from flows.registry.reachable import FileRef, copy_genuine, reachable
from flows.registry.reader import Reader, read_served
from flows.registry.signed_files import MAX_POINTER_BYTES
from flows.site.copied_pages import copied_from
from flows.site.rendering import copies_for, stored_brief
from flows.store.base import Store, TooLargeError, find
from flows.store.open import canonical_store, open_store
from flows.store.pool import each
from flows.store.probe import probe
from flows.trust.recording import MAX_JWKS_BYTES
from flows.trust.trusted_keys import trusted_reader
from pipelines.formats.strict_json import MalformedJsonError, parse
from pipelines.passport.links import Issuer
from pipelines.registry import layout
from pipelines.registry.layout import JWKS_KEY, LLMS_KEY, PUBLIC_KEY_KEY, SCHEMA_KEY
from pipelines.signing.keys import KeyFormatError, KeyRing
from pipelines.signing.roots import MAX_ROOT_BYTES, RootError, trusted_root

MAX_REPORT_BYTES = 16 * 2**20
"""Largest report of a run that is copied; one that quarantined 4,000 records of 12 kB has a tenth of it."""
MAX_REPORT_DEPTH = 32


class Replicated(NamedTuple):
    """The generation that the other store serves now, and what was copied and written."""

    generation: int
    copied: int
    """Number of immutable files that the other store lacked."""
    written: dict[str, int]
    """Step → number of copies for readers written."""


def replicate(
    source: Reader, target: Store, rendering: Rendering, *, nonce: str, on_step: Progress = silent
) -> Replicated:
    """Publish in `target` the generation of `source`, with its stored history; signed already, it needs no key.

    Raise PublicationError where the target serves something that the origin never did, StoreUnfitError for an unfit
    target, TamperedError and MissingKeyError where the origin is damaged. The target's pointer then stays as it was.
    """
    origin, trusted, at = source.store, source.keys, source.at
    with target.lock():
        base = read_served(target, trusted, at)
        _ensure_ancestor(source, base, target, at)
        if base is None and probe(target, nonce=nonce) != source.pointer.commit:
            raise PublicationError(
                f"{target.name}: it commits in another way than {origin.name}: publish to it by `passports refresh`"
            )
        copied = _copy(source, target, on_step) + copy_log(source, target, base)
        with reported(on_step, Step.BARRIER):
            target.barrier()
        pointer = origin.get(layout.POINTER_KEY, max_bytes=MAX_POINTER_BYTES)
        if pointer.token != source.token:
            raise PublicationError(f"{origin.name}: a newer generation was published meanwhile: run again")
        with reported(on_step, Step.POINTER):
            if not (base and base.pointer == source.pointer) and not move_pointer(
                target, pointer.body, base.token if base else None, source.pointer.commit
            ):
                raise PublicationError(f"{target.name}: another publisher published there meanwhile: run again")
        served = Reader(target, trusted, at)
        written = roll_forward(served, rendering, on_step=on_step)
    on_step(Step.DONE, 1, 1)
    return Replicated(served.generation, copied, {str(step): n for step, n in written.items() if n})


def _ensure_ancestor(source: Reader, base: Reader | None, target: Store, at: datetime) -> None:
    """Raise PublicationError unless `source` descends from what the target serves, or served when it had a pointer."""
    if is_collecting(source.pointer, at):
        raise PublicationError(f"garbage is being collected from {source}: run again in a few minutes")
    hashes = {source.generation: source.snapshot_sha256}
    hashes |= {s.parent: s.parent_sha256 for s in source.ancestry() if s.parent is not None and s.parent_sha256}
    if base is None:
        for one in served_among(target, signed_snapshots(target, source.keys)):
            if hashes.get(one.snapshot.generation) != one.sha256:
                reason = f"generation {one.snapshot.generation} was published to it and is not an ancestor of {source}"
                raise PublicationError(f"{target.name} has lost its pointer: {reason}: choose an empty store")
    elif hashes.get(base.generation) != base.snapshot_sha256:
        raise PublicationError(f"{target.name}: {base} is not an ancestor of {source}: choose an empty store")


def _copy(source: Reader, target: Store, on_step: Progress) -> int:
    lacking = list(_lacking(source, target))
    on_step(Step.OBJECTS, 0, len(lacking))
    new = 0
    made = each(partial(_copy_one, source, target), lacking, workers=target.workers)
    for done, created in enumerate(made, start=1):
        new += created
        on_step(Step.OBJECTS, done, len(lacking))
    return new


def _lacking(source: Reader, target: Store) -> Iterator[FileRef]:
    """Yield each file that the target lacks, without deltas that a killed publisher has not written to the origin."""
    origin = source.store
    there, deltas = set(target.list("registry")), set(origin.list(layout.DELTAS))
    unsigned = (FileRef(key, None) for folder in UNSIGNED for key in origin.list(folder))
    for item in chain(unsigned, reachable(source, source.pointer.kept_from)):
        if item.key not in there and (item.key in deltas or not item.key.startswith(layout.DELTAS)):
            there.add(item.key)
            yield item


def _copy_one(source: Reader, target: Store, item: FileRef) -> bool:
    read = next((read for folder, read in UNSIGNED.items() if item.key.startswith(f"{folder}/")), None)
    if read:
        body = read(source.store, item.key)
        return body is not None and target.create(item.key, body)
    return copy_genuine(source.store, target, item, source.keys, source.at)


def _root(origin: Store, key: str) -> bytes | None:
    """Return a root that its own keys signed; None for another file, as no reader would follow it."""
    try:
        body = origin.get(key, max_bytes=MAX_ROOT_BYTES).body
        trusted_root(body)
    except (RootError, TooLargeError):
        return None
    return body


def _report(origin: Store, key: str) -> bytes | None:
    """Return a run's report; None for what is no JSON in a file of its name, or too large."""
    try:
        body = origin.get(key, max_bytes=MAX_REPORT_BYTES).body
        report = parse(body, max_bytes=MAX_REPORT_BYTES, max_depth=MAX_REPORT_DEPTH)
    except (MalformedJsonError, TooLargeError):
        return None
    return body if isinstance(report, dict) and key.endswith(".json") else None


UNSIGNED: Mapping[str, Callable[[Store, str], bytes | None]] = {"registry/runs": _report, "registry/root": _root}
"""Folder of immutable files whose hashes are signed nowhere → what of them is copied."""


def mirror(settings: Settings, to: str) -> Replicated:
    """Bring the store at `to` to the generation that the settings' store serves.

    Raise SettingsError where both are the same store, and as `replicate` does.
    """
    if canonical_store(settings.store) == canonical_store(to):
        raise SettingsError(f"--to: {to} is the store itself: name another one")
    origin, target = open_store(settings.store), open_store(to)
    source = trusted_reader(settings, origin, clock_of(source_date_epoch())())
    copies = copies_for(Issuer(settings.issuer, settings.base_url), partial(stored_brief, origin))
    rendering = Rendering(copies, _site_files(origin, source.keys), pages=copied_from(origin))
    return replicate(source, target, rendering, nonce=secrets.token_hex(16), on_step=tell_step)


def _site_files(origin: Store, trusted: KeyRing) -> dict[str, bytes]:
    """Return the schema, the public keys, llms.txt and the log's checkpoint that the origin serves, by key.

    Public keys that are not those trusted here are left out: whoever reads the mirror would take them for the issuer's.
    """
    beside = (SCHEMA_KEY, JWKS_KEY, PUBLIC_KEY_KEY, LLMS_KEY, layout.log_key("checkpoint"))
    found = {key: blob.body for key in beside if (blob := find(origin, key))}
    for key in (JWKS_KEY, PUBLIC_KEY_KEY):
        if key in found and not _names_only(trusted, found[key]):
            LOG.warning("%s: %s names a key that is not trusted here, and is not copied", origin.name, key)
            del found[key]
    return found


def _names_only(trusted: KeyRing, body: bytes) -> bool:
    """Whether a JWK Set, or the file with the public key, has trusted keys alone."""
    try:
        named = parse(body, max_bytes=MAX_JWKS_BYTES, max_depth=MAX_REPORT_DEPTH)
        single = named.get("jwk") if isinstance(named, dict) else None
        text = json.dumps(single) if single else body.decode()
        return KeyRing.from_jwks(text).key_ids <= trusted.key_ids
    except (MalformedJsonError, KeyFormatError, UnicodeDecodeError):
        return False
