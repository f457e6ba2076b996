"""`passports log show` and `passports log checkpoint`."""

import sys
from datetime import datetime
from typing import Any

from flows.audit.log_check import CHECKPOINT, signed_checkpoint
from flows.audit.logged import LoggedEntry, LogReading
from flows.audit.opened import Opened, TrustOptions, open_registry
from flows.commands import terminal
from flows.commands.diff import caution
from flows.commands.options import moment
from flows.config.settings import read_settings
from flows.errors import SettingsError
from flows.registry.log import NOT_THE_LOG
from flows.registry.signed_files import RegistryError, tampered
from pipelines.log.checkpoint import MAX_CHECKPOINT_BYTES, verifier_key
from pipelines.log.tree import LogError

SHORT_HASH = 12
"""Characters of an object's hash that a line shows."""


class NoLogError(RegistryError):
    """The generation that is served keeps no public log, as an older version published it."""


def show(
    store_url: str | None, trusting: TrustOptions, *, start: int | None, since: datetime | None, as_json: bool
) -> None:
    """Show the log's entries from an index or an instant on, each proved against the signed log.

    Exit 1 where the generation served does not follow the one seen before.
    """
    if start is not None and since is not None:
        raise SettingsError("give either --from or --since")
    opened = open_registry(read_settings(store=store_url), trusting, moment(None))
    caution(opened)
    reading = reading_of(opened)
    begin = reading.first_since(since) if since else start or 0
    entries = list(reading.entries(begin))
    if as_json:
        head = {"generation": opened.reader.generation, "size": reading.size, "root": reading.log.root.hex()}
        terminal.document({**head, "entries": [entry.record() for entry in entries]})
    else:
        for entry in entries:
            terminal.say(line(entry))
        terminal.note(f"{len(entries):,} of {reading.size:,} entries, each proved in the log of {opened.reader}")
    if opened.departure:
        sys.exit(1)


def checkpoint(store_url: str | None, trusting: TrustOptions, *, as_json: bool) -> None:
    """Show the log's signed checkpoint, as C2SP's tools read it, and the key to verify it with.

    Raises TamperedError where it is not one of the log that is served.
    """
    opened = open_registry(read_settings(store=store_url), trusting, moment(None))
    caution(opened)
    reader, reading = opened.reader, reading_of(opened)
    body = opened.store.get(CHECKPOINT, max_bytes=MAX_CHECKPOINT_BYTES).body
    try:
        stated, key_id = signed_checkpoint(reader, body)
    except LogError as error:
        raise tampered(opened.store, CHECKPOINT, str(error)) from error
    if key_id is None:
        raise tampered(opened.store, CHECKPOINT, "is not signed with a trusted key")
    if not reading.log.begins_with(stated.size, stated.root):
        raise tampered(opened.store, CHECKPOINT, NOT_THE_LOG)
    key = verifier_key(stated.origin, reader.keys.public_key(key_id))
    if as_json:
        said = {"origin": stated.origin, "size": stated.size, "root": stated.root.hex(), "key": key}
        terminal.document({**said, "note": body.decode()})
    else:
        terminal.say(body.decode().removesuffix("\n"))
        terminal.note(f"verify it with the key {key}")
    if opened.departure:
        sys.exit(1)


def reading_of(opened: Opened) -> LogReading:
    """Return the reading of a registry's log; raise NoLogError where it has none."""
    if opened.reader.snapshot.log is None:
        raise NoLogError(f"{opened.reader} has no public log: it is kept from the next publication on")
    return LogReading(opened.reader)


def line(entry: LoggedEntry) -> str:
    """Return one line that shows an entry."""
    generation = entry.stated["generation"]
    return f"{entry.place} {entry.at or '(date unknown)'} generation {generation} {_in_words(entry.stated)}"


def _in_words(stated: dict[str, Any]) -> str:
    match stated["type"]:
        case "root":
            return f"root of trust, version {stated['version']}: {stated['thumbprint']}"
        case "key":
            good = f", good up to generation {stated['last_good']}" if "last_good" in stated else ""
            return f"{stated['role']} key {stated['key_id']} {stated['state']}{good}, by root version {stated['root']}"
        case "endorsed":
            return f"root version {stated['root']} endorsed by the key {stated['key_id']}"
        case "revoked":
            return f"revoked {stated['slug']} {stated['object'][:SHORT_HASH]}: {stated['reason']}"
        case "revocations":
            return f"list {stated['number']} of revocations {stated['sha256'][:SHORT_HASH]}"
    why = f" {stated['cause'].replace('_', ' ')}, {stated['status']}" if "cause" in stated else ""
    return f"{stated['type']} {stated['slug']}{why} {stated['object'][:SHORT_HASH]}"
