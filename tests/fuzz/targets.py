"""Targets of fuzzing: each takes any bytes, and fails where a reader breaks its promise."""

import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import rfc8785

from pipelines.formats.canonical_json import NotCanonicalError, canonical
from pipelines.formats.strict_json import LARGEST_INTEGER, MalformedJsonError, parse
from pipelines.formats.text import clean
from pipelines.log.checkpoint import read_note
from pipelines.log.tiles import hashes_in, read_bundle, write_bundle
from pipelines.log.tree import LogError
from pipelines.normalise.admit import admit
from pipelines.signing.verification import verify_passport
from pipelines.texts.instructions import instruction_facts
from schemas.listing import Listing, RawListing
from tests.support.signed import GOLDEN, KEYS

SEEN: Final = "2026-06-01T09:00:00.000Z"
AT: Final = datetime(2026, 6, 2, tzinfo=UTC)
LONGEST_S: Final = 1.0
SIGNED: Final = json.loads(GOLDEN.read_bytes())["passport"]


def strict_json(data: bytes) -> None:
    """Read as strict JSON: what is read is what the standard library reads, and each key is there once."""
    try:
        value = parse(data, max_bytes=1 << 20, max_depth=32)
    except MalformedJsonError:
        return
    assert json.loads(data.decode(), object_pairs_hook=_once) == value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({key for key, _ in pairs}) == len(pairs), "a key that is twice"
    return dict(pairs)


def canonical_form(data: bytes) -> None:
    """Write in canonical form: as the other implementation does, and reading it back gives the same."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    try:
        written = canonical(value)
    except NotCanonicalError:
        return
    assert written == rfc8785.dumps(value)
    assert canonical(json.loads(written, parse_int=_number)) == written


def _number(digits: str) -> int | float:
    """Read digits as JavaScript does: a large fraction such as 1e17 is written without an exponent."""
    return int(digits) if abs(int(digits)) <= LARGEST_INTEGER else float(digits)


def card(data: bytes) -> None:
    """Read a card: it is refused with a reason, or each quote is at its place and fit for a passport."""
    text = data.decode("utf-8", "replace")
    raw = RawListing(
        source="huggingface-card",
        id="HeronLab/Heron-7B",
        url="https://hub.example/HeronLab/Heron-7B",
        observed_at=SEEN,
        body=text,
        content_sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    begun = time.process_time()
    read = admit(raw)
    assert time.process_time() - begun < LONGEST_S, "it took too long"
    for fact in read.facts if isinstance(read, Listing) else ():
        kind, _, place = fact.locator.partition(":")
        if kind == "bytes":
            start, _, end = place.partition("-")
            assert text.encode()[int(start) : int(end)].decode() == fact.as_stated, fact
            assert clean(str(fact.as_stated)) == fact.as_stated, fact


def passport(data: bytes) -> None:
    """Verify a passport: the verdict is never an exception, and nothing but what was signed is returned."""
    finding, content = verify_passport(data, keys=KEYS, at=AT)
    assert finding.reason
    assert content is None or canonical(content) == canonical(SIGNED)
    assert content is not None or not finding.verdict.good


def log(data: bytes) -> None:
    """Read a file of the log: a note, a bundle of entries or a tile."""
    for read in (_note, _bundle, hashes_in):
        try:
            read(data)
        except LogError:
            continue


def _note(data: bytes) -> None:
    checkpoint, signatures = read_note(data)
    assert data.decode().startswith(checkpoint.text())
    assert signatures


def _bundle(data: bytes) -> None:
    assert write_bundle(read_bundle(data)) == data


def record(data: bytes) -> None:
    """Read a record of a seller: it is refused with a reason, or its names are lines."""
    text = data.decode("utf-8", "replace")
    digest = hashlib.sha256(text.encode()).hexdigest()
    raw = RawListing(
        source="openrouter", id="a/b", url="https://a.example", observed_at=SEEN, body=text, content_sha256=digest
    )
    begun = time.process_time()
    read = admit(raw)
    assert time.process_time() - begun < LONGEST_S, "it took too long"
    if isinstance(read, Listing):
        assert "\n" not in read.name
        assert clean(read.name) == read.name


def instructions(data: bytes) -> None:
    """Find instructions to models: what is quoted is in the text."""
    text = data.decode("utf-8", "replace")
    begun = time.process_time()
    for fact in instruction_facts(text, "/description"):
        assert str(fact.as_stated) in text
    assert time.process_time() - begun < LONGEST_S, "it took too long"


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    one.__name__: one for one in (strict_json, canonical_form, card, passport, log, record, instructions)
}
