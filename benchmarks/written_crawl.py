"""Writes the file that a crawl of the invented Hub would leave, for sizes that take a crawl hours."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.hub_server import CARDLESS, LARGEST_PAGE, Hub, card, repository, repository_id
from flows.ingest.crawl_file import CrawlOutcome, read_crawl
from pipelines.normalise.admit import admit
from schemas.crawl import AdmittedLine
from schemas.listing import Listing, Observation, Quarantined, RawListing
from spiders.download.documents import raw_listing, raw_text
from spiders.extensions.tally import Tally


class Written(NamedTuple):
    """The size of a crawl file that is written without a crawl."""

    items: int
    cards: int
    """One repository in this many has a card."""


def write_crawl(written: Written, path: Path, at: str) -> CrawlOutcome:
    """Write the file that a crawl of the invented Hub would leave; if there is one already, change its date."""
    if path.exists():
        dated(path, at)
        return read_crawl(path)
    hub, tally = Hub(written.items, LARGEST_PAGE, 0), Tally("huggingface")
    with path.open("w") as file:
        for number in range(written.items):
            for raw in raws(hub, number, at, card_in=written.cards):
                assert isinstance(raw, RawListing)
                listing = admit(raw)
                assert isinstance(listing, Listing), listing
                line = AdmittedLine(raw=raw, listing=listing)
                tally.count(line)
                file.write(f"{line.model_dump_json()}\n")
        report = tally.report({}, finish_reason="finished", started_at=at, finished_at=at)
        file.write(report.model_dump_json() + "\n")
    return read_crawl(path)


def dated(path: Path, at: str) -> None:
    """Replace the date in a crawl file, line by line."""
    before = read_crawl(path).report.finished_at
    with path.open() as old, path.with_suffix(".new").open("w") as new:
        new.writelines(line.replace(before, at) for line in old)
    path.with_suffix(".new").replace(path)


def raws(hub: Hub, number: int, at: str, *, card_in: int) -> Iterator[RawListing | Quarantined]:
    """Yield one repository and its card, if it has one, as a crawl passes them on."""
    record, name = repository(hub, number), repository_id(number)
    seen, version = Observation("huggingface", name, at, f"http://127.0.0.1/{name}"), record["sha"]
    yield raw_listing(record, seen, version=version)
    if number % CARDLESS != CARDLESS - 1 and number % card_in == 0:
        yield raw_text(card(number), seen._replace(source="huggingface-card"), version=version)
