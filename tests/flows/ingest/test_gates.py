"""A crawl is judged by its gates, each kind of its records by its own."""

from pathlib import Path

import pytest

from flows.ingest.crawl_file import read_crawl
from flows.ingest.crawl_partitions import partition
from flows.ingest.gates import breaches_of
from flows.registry.published import EMPTY
from pipelines.item_pipeline import AdmitListing
from pipelines.rules.gates import default_gates
from schemas.crawl import AdmittedLine, QuarantinedLine
from schemas.listing import Quarantined
from spiders.extensions.tally import Tally
from tests.support.hub_records import repository_raw
from tests.support.listings import SEEN, raw_body

SOURCE, CARD = "huggingface", "huggingface-card"


def card_of(name: str, *, refused: bool) -> AdmittedLine | QuarantinedLine:
    if refused:
        reported = Quarantined(
            stage="fetch", source=CARD, id=name, field="", reason="is not UTF-8", observed_at=SEEN, raw=""
        )
        return QuarantinedLine(quarantined=reported)
    line = AdmitListing().process_item(raw_body("# Heron", id=name, source=CARD))
    assert isinstance(line, AdmittedLine)
    return line


def gates_closed(folder: Path, repositories: int, refused_cards: int, refused_repositories: int = 0) -> list[str]:
    tally, lines = Tally(SOURCE), []
    for n in range(repositories):
        raw = repository_raw(id=f"heron-lab/m{n}", lastModified=f"2026-01-01T00:00:{n % 60:02}.{n // 60:03}Z")
        body = raw.body if n >= refused_repositories else "{}"
        line = AdmitListing().process_item(raw.model_copy(update={"body": body}))
        assert isinstance(line, AdmittedLine | QuarantinedLine)
        lines += [line, card_of(raw.id, refused=n < refused_cards)]
    for line in lines:
        tally.count(line)
    report = tally.report({}, finish_reason="finished", started_at=SEEN, finished_at=SEEN)
    path = folder / "crawl.jsonl"
    path.write_text("".join(f"{line.model_dump_json()}\n" for line in (*lines, report)))
    ingested = partition(read_crawl(path), folder / "ingested", whole=True, gate=default_gates()[SOURCE])
    return [breach.reason for breach in breaches_of(ingested, EMPTY, default_gates(), whole=True)]


@pytest.mark.parametrize(
    ("repositories", "refused_cards", "refused_repositories", "reason"),
    [
        (1_000, 120, 0, []),
        (100, 20, 0, []),
        (100, 21, 0, ["21 of 100 records of huggingface-card were refused, more than 20%: see the quarantine"]),
        (100, 0, 5, []),
        (100, 0, 6, ["6 of 100 records of huggingface were refused, more than 5%: see the quarantine"]),
    ],
)
def test_refused_cards_close_the_gate_by_their_own_share_and_not_by_that_of_repositories(
    repositories: int, refused_cards: int, refused_repositories: int, reason: list[str], tmp_path: Path
) -> None:
    assert gates_closed(tmp_path, repositories, refused_cards, refused_repositories) == reason
