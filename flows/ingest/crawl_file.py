"""Reads the file that a crawl wrote: its records, its quarantine, its report."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from flows.errors import FlowError
from schemas.crawl import CRAWL_LINE, AdmittedLine, CrawlReport, QuarantinedLine

ADMITTED, QUARANTINED = '{"kind":"admitted"', '{"kind":"quarantined"'
"""How lines begin that are counted without being read."""


class CrawlFailedError(FlowError):
    """A crawl ended without a report: nothing that it brought can be used."""


class CrawlOutcome(NamedTuple):
    """What a crawl brought, and its report on itself; whether it is good enough is for the gates to say."""

    path: Path
    report: CrawlReport

    def lines(self) -> Iterator[AdmittedLine | QuarantinedLine]:
        """Read what it brought, a line at a time; raise CrawlFailedError on one that cannot be read."""
        with self.path.open("rb") as file:
            for line in file:
                read = _read_line(self.path, line)
                if isinstance(read, AdmittedLine | QuarantinedLine):
                    yield read


def read_crawl(path: Path) -> CrawlOutcome:
    """Look through a crawl file; raise CrawlFailedError unless it is there, whole, and what its report counts."""
    counted: Counter[str] = Counter()
    last = b""
    try:
        with path.open("rb") as file:
            for line in file:
                counted[line[: len(ADMITTED)].decode("latin-1")] += 1
                last = line
    except FileNotFoundError:
        raise CrawlFailedError("the crawl ended without a report") from None
    report = _read_line(path, last) if last else None
    if not isinstance(report, CrawlReport):
        raise CrawlFailedError(f"{path} ends without a report: the crawl was cut off")
    quarantined = counted[QUARANTINED[: len(ADMITTED)]]
    if (counted[ADMITTED], quarantined) != (report.admitted, report.quarantined):
        raise CrawlFailedError(f"{path} holds other lines than its report counts: see whether the disk is full")
    return CrawlOutcome(path, report)


def _read_line(path: Path, line: bytes) -> object:
    try:
        return CRAWL_LINE.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise CrawlFailedError(f"{path} holds a line that cannot be read: {first['loc']} {first['msg']}") from error
