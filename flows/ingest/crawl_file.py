"""Reads a crawl file: its admitted records, its quarantined records, and the report on its last line."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from flows.errors import FlowError
from schemas.crawl import CRAWL_LINE, AdmittedLine, CrawlReport, QuarantinedLine

ADMITTED, QUARANTINED = '{"kind":"admitted"', '{"kind":"quarantined"'
"""How admitted and quarantined lines begin: they are counted by this, without parsing them."""


class CrawlFailedError(FlowError):
    """A crawl file is missing, cut off or damaged: none of its records can be used."""


class CrawlOutcome(NamedTuple):
    """A complete crawl file and the crawl's report. The gates decide later whether the crawl may be used."""

    path: Path
    report: CrawlReport

    def lines(self) -> Iterator[AdmittedLine | QuarantinedLine]:
        """Parse the records one line at a time, without the report; raise CrawlFailedError on an invalid line."""
        with self.path.open("rb") as file:
            for line in file:
                read = _read_line(self.path, line)
                if isinstance(read, AdmittedLine | QuarantinedLine):
                    yield read


def read_crawl(path: Path) -> CrawlOutcome:
    """Return the crawl in a file, after counting its lines.

    Raises CrawlFailedError when the file is missing, does not end with a report, or has other counts than its report.
    """
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
        raise CrawlFailedError(f"{path} ends without a report, as the crawl was cut off: run it again")
    quarantined = counted[QUARANTINED[: len(ADMITTED)]]
    if (counted[ADMITTED], quarantined) != (report.admitted, report.quarantined):
        raise CrawlFailedError(
            f"{path} has other lines than its report counts: check whether the disk is full, and run again"
        )
    return CrawlOutcome(path, report)


def _read_line(path: Path, line: bytes) -> object:
    try:
        return CRAWL_LINE.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise CrawlFailedError(f"{path} has a line that cannot be read: {first['loc']} {first['msg']}") from error
