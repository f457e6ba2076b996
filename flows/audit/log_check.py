"""Checks a registry's public log as a whole: its tiles, its growth from generation to generation, its checkpoint."""

from collections.abc import Iterator
from itertools import islice, pairwise, zip_longest

from flows.publish.events import events_of
from flows.registry.log import NOT_THE_LOG, RegistryLog
from flows.registry.log import REMEDY as NOT_SHOWN
from flows.registry.published import applied_generation
from flows.registry.reader import Reader
from flows.registry.signed_files import REMEDY, RegistryError
from flows.store.base import MissingKeyError, TooLargeError, find
from flows.store.pool import batches
from pipelines.log.checkpoint import MAX_CHECKPOINT_BYTES, LogCheckpoint, key_hash, read_note
from pipelines.log.entries import event_entry, frontier_of
from pipelines.log.growth import Growth
from pipelines.log.tree import Frontier, LogError
from pipelines.registry.layout import log_key, snapshot_key
from pipelines.signing.keys import KeyRing
from schemas.verdict import Finding, Verdict

_MOST_AT_ONCE = 4_096
"""Entries in memory at once."""
CHECKPOINT = log_key("checkpoint")
ORIGIN_END = "/log"
"""What a checkpoint's origin ends with, after the issuer's name."""


def log_findings(reader: Reader) -> Iterator[tuple[str, Finding]]:
    """Yield the key and the finding of each fault of a generation's log; nothing where all is right.

    Raise TamperedError and StoreError.
    """
    log = RegistryLog(reader)
    if reason := _of_files(log) if reader.snapshot.log else None:
        yield log_key("tile"), Finding(Verdict.NOT_LOGGED, f"{reader.store.name}: {reason}: {REMEDY}")
        return  # without its files, nothing else about the log can be proved
    if reader.snapshot.log and reader.is_served and not reader.overtaken() and (finding := _of_checkpoint(log)):
        yield CHECKPOINT, finding
    if reason := log.unlogged:
        yield log_key("tile"), Finding(Verdict.NOT_LOGGED, f"{reason}: {NOT_SHOWN}")
    yield from _of_ancestors(log)
    yield from _of_events(log)


def _of_files(log: RegistryLog) -> str | None:
    """Return why the stored entries and tiles are not those of the signed log, which is made from its entries anew."""
    growth, read = Growth(Frontier(), {}), log.tiles.read
    entries = islice(log.tiles.entries(), log.frontier.size)
    try:
        for portion in batches(entries, _MOST_AT_ONCE):
            for name, body in growth.append(portion).items():
                if read(name) != body:
                    return f"{log_key(name)} is not the tile of the entries stored"
        ends = growth.ends() if log.reader.is_served else {}
        for name, body in ends.items():
            if read(name) != body:
                return f"{log_key(name)} is not the tile of the entries stored"
    except (LogError, MissingKeyError, TooLargeError) as error:
        return f"{log_key('tile')} {NOT_THE_LOG} ({error})"
    return None if growth.frontier == log.frontier else f"{log_key('tile/entries')} {NOT_THE_LOG}"


def _of_ancestors(log: RegistryLog) -> Iterator[tuple[str, Finding]]:
    """Yield a finding for each ancestor whose log was dropped, or that this generation's log does not begin with."""
    for snapshot, parent in pairwise(log.reader.ancestry()):
        if parent.log is None:
            continue
        begun = frontier_of(parent.log)
        if snapshot.log is None:
            reason = f"generation {snapshot.generation} has no log, and generation {parent.generation} had one"
            yield snapshot_key(snapshot.generation), Finding(Verdict.NOT_LOGGED, reason)
        elif log.reader.snapshot.log and not log.begins_with(begun.size, begun.root()):
            reason = f"the log of {log.reader} does not begin with the one of generation {parent.generation}"
            yield snapshot_key(parent.generation), Finding(Verdict.EQUIVOCATION, reason)


def _of_events(log: RegistryLog) -> Iterator[tuple[str, Finding]]:
    """Yield a finding for each retained generation whose log does not begin with what it did to keys and revocations.

    What an ancestor did is known only as long as its parent is retained.
    """
    snapshots = list(log.reader.ancestry())
    for snapshot, parent in zip_longest(snapshots, snapshots[1:]):
        lost = parent is None and snapshot.parent is not None
        if lost or not (snapshot.log and log.reader.snapshot.log):
            continue
        begin = parent.log.size if parent and parent.log else 0
        key = snapshot_key(snapshot.generation)
        try:
            events = events_of(log.reader.store, parent, snapshot.root, snapshot.revocations)
            wanted = [event_entry(event, snapshot.generation) for event in events]
            stated = [log.tiles.entry(begin + number) for number in range(len(wanted))]
        except (LogError, RegistryError, MissingKeyError, TooLargeError) as error:
            yield key, Finding(Verdict.NOT_LOGGED, f"what it did to keys and revocations cannot be compared: {error}")
            continue
        if stated != wanted:
            reason = "the log does not begin its entries with what it did to keys and revocations"
            yield key, Finding(Verdict.NOT_LOGGED, f"generation {snapshot.generation}: {reason}: {NOT_SHOWN}")


def _of_checkpoint(log: RegistryLog) -> Finding | None:
    reader = log.reader
    blob = find(reader.store, CHECKPOINT, max_bytes=MAX_CHECKPOINT_BYTES)
    up_to_date = applied_generation(reader.store) == reader.generation
    if blob is None:
        missing = Finding(Verdict.NOT_LOGGED, f"{CHECKPOINT} is missing: run `passports store repair`")
        return missing if up_to_date else None
    try:
        checkpoint, key_id = signed_checkpoint(reader, blob.body)
    except LogError as error:
        return Finding(Verdict.NOT_LOGGED, f"{CHECKPOINT}: {error}")
    if key_id is None:
        return Finding(Verdict.BAD_SIGNATURE, f"{CHECKPOINT}: no trusted key signed it under its origin")
    return _of_growth(log, checkpoint, up_to_date=up_to_date)


def _of_growth(log: RegistryLog, checkpoint: LogCheckpoint, *, up_to_date: bool) -> Finding | None:
    """Return why a signed checkpoint is not one of the signed log; it may be older until copies are rolled forward."""
    if checkpoint.size > log.frontier.size:
        reason = f"states {checkpoint.size:,} entries, and {log.reader} {log.frontier.size:,}: a later one is withheld"
        return Finding(Verdict.ROLLBACK, f"{CHECKPOINT} {reason}")
    if not log.begins_with(checkpoint.size, checkpoint.root):
        reason = f"states another log than {log.reader}: two histories were signed"
        return Finding(Verdict.EQUIVOCATION, f"{CHECKPOINT} {reason}")
    if up_to_date and checkpoint.size < log.frontier.size:
        reason = f"states {checkpoint.size:,} entries, and {log.reader} {log.frontier.size:,}"
        return Finding(Verdict.NOT_LOGGED, f"{CHECKPOINT} {reason}: run `passports store repair`")
    return None


def signed_checkpoint(reader: Reader, body: bytes) -> tuple[LogCheckpoint, str | None]:
    """Return a checkpoint and the id of the trusted key that signed it under its origin, or None; raise LogError."""
    checkpoint, signatures = read_note(body)
    keys, text, origin = reader.keys, checkpoint.text().encode(), checkpoint.origin
    for key_id in (key_id for key_id in sorted(keys.key_ids) if _may_sign(keys, key_id)):
        own = (origin, key_hash(origin, keys.public_key(key_id)))
        made = (one for one in signatures if (one.name, one.key_hash) == own)
        if origin.endswith(ORIGIN_END) and any(keys.confirms(one.signature, text, key_id=key_id) for one in made):
            return checkpoint, key_id
    return checkpoint, None


def _may_sign(keys: KeyRing, key_id: str) -> bool:
    """Whether a key may sign the checkpoint now: what a revoked one signed is written again when more is published."""
    named = keys.role_key(key_id, "registry")
    return keys.objection(key_id, "registry") is None and (named is None or named.last_good is None)
