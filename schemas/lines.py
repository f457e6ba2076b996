"""Writes a record as one line of a crawl file, in valid UTF-8 and no longer than a stored line may be."""

from typing import Final, TypeVar

from pydantic_core import PydanticSerializationError

from schemas.crawl import AdmittedLine, FetchFailure, QuarantinedLine
from schemas.listing import Quarantined, RawListing

LARGEST_LINE_BYTES: Final = 8 * 2**20
"""Largest line of a record with its listing; the longest card is 1 MiB. Half the bound of lines in packed files
(`pipelines.registry.packing.MAX_LINE_BYTES`), because notes are added to a line when it is stored."""

LONGEST_KEPT: Final = 100_000
"""Characters retained of each text of a refused record that is larger than a line may be."""

RecordLine = AdmittedLine | QuarantinedLine

Record = TypeVar("Record", Quarantined, FetchFailure)


def written_line(line: RecordLine) -> tuple[RecordLine, bytes]:
    """Return the line that is written and its bytes, without line end; what no line can carry is quarantined."""
    try:
        text = line.model_dump_json().encode()
    except PydanticSerializationError:
        return written_line(_escaped_line(line))
    if len(text) <= LARGEST_LINE_BYTES:
        return line, text
    return written_line(_cut_line(line, len(text)))


def fault_line(raw: RawListing | Quarantined, error: BaseException) -> QuarantinedLine:
    """Return the line of a record that our own code failed on."""
    if isinstance(raw, Quarantined):
        return QuarantinedLine(quarantined=raw)
    reason = f"reading it raised {type(error).__name__}, a fault of the pipeline: report it with this record"
    return QuarantinedLine(quarantined=Quarantined.of(raw, "normalise", reason, raw=raw.body))


def escaped(record: Record) -> Record:
    r"""Return the record with every lone surrogate in its texts escaped as "\ud800", since UTF-8 cannot carry it."""
    texts = {name: escaped_text(value) for name, value in record if isinstance(value, str)}
    return record.model_copy(update=texts)


def escaped_text(text: str) -> str:
    """Return a text with its lone surrogates escaped."""
    return text.encode(errors="backslashreplace").decode()


def _escaped_line(line: RecordLine) -> QuarantinedLine:
    if isinstance(line, QuarantinedLine):
        return QuarantinedLine(quarantined=escaped(line.quarantined))
    reason = "contains a lone surrogate, which is not valid Unicode text: correct it at the source"
    return _quarantined(line, reason, escaped_text(line.raw.body))


def _cut_line(line: RecordLine, size: int) -> QuarantinedLine:
    if isinstance(line, QuarantinedLine):
        cut = {name: value[:LONGEST_KEPT] for name, value in line.quarantined if isinstance(value, str)}
        return QuarantinedLine(quarantined=line.quarantined.model_copy(update=cut))
    problem = f"has {size:,} bytes as a line of the crawl, more than {LARGEST_LINE_BYTES:,}"
    reason = (
        f"{problem}: find at the source what makes it so large; its first {LONGEST_KEPT:,} characters are stored here"
    )
    return _quarantined(line, reason, line.raw.body[:LONGEST_KEPT])


def _quarantined(line: AdmittedLine, reason: str, raw: str) -> QuarantinedLine:
    return QuarantinedLine(quarantined=escaped(Quarantined.of(line.raw, "validate", reason, raw=raw)))
