import pytest

from schemas.crawl import CrawlReport, FetchFailure, QuarantinedLine
from schemas.listing import Quarantined
from spiders.extensions.tally import Tally

AT = "2026-01-01T00:00:00.000Z"


def report(*sources: str, announced: int | None = None, failures: int = 0, reason: str = "finished") -> CrawlReport:
    tally = Tally("openrouter")
    tally.failures = [FetchFailure(url="u", status=None, reason="r")] * failures
    for source in sources:
        refused = Quarantined(stage="fetch", source=source, id="", field="", reason="r", observed_at=AT, raw="")
        tally.count(QuarantinedLine(quarantined=refused))
    stats = {"listing/announced": announced, "downloader/response_status_count/200": 2, "retry/count": 1}
    return tally.report(stats, finish_reason=reason, started_at=AT, finished_at=AT)


@pytest.mark.parametrize(
    ("finished", "complete"),
    [
        (report("openrouter"), True),
        (report("openrouter", "openrouter-endpoints", announced=1), True),
        (report("openrouter", announced=2), False),
        (report("openrouter", "openrouter", announced=1), False),
        (report("openrouter", failures=1), False),
        (report("openrouter", reason="shutdown"), False),
    ],
)
def test_a_crawl_is_complete_only_when_nothing_speaks_against_it(finished: CrawlReport, complete: bool) -> None:
    assert finished.complete is complete


def test_listings_are_the_sources_own_lines_and_the_rest_is_counted_beside_them() -> None:
    counted = report("openrouter", "openrouter-endpoints", announced=1)
    assert (counted.listings, counted.quarantined, counted.retries) == (1, 2, 1)
    assert counted.responses_by_status == {"200": 2}
