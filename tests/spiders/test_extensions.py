import json
from pathlib import Path

from tests.spiders.crawling import crawled, ids
from tests.spiders.server import model, serving


def test_a_record_that_our_own_code_breaks_on_is_quarantined(tmp_path: Path) -> None:
    breaking = json.dumps({"tests.spiders.breaking.BreaksOnOne": 300})
    with serving(total_count=7) as source:
        outcome = crawled(source.url, tmp_path, settings={"ITEM_PIPELINES": breaking})
    assert ids(outcome) == [f"ada/m{n}" for n in (0, 1, 2, 4, 5, 6)]
    [quarantined] = [line.quarantined for line in outcome.quarantined]
    assert (quarantined.id, quarantined.stage) == ("ada/m3", "normalise")
    assert "AttributeError: a fault of the pipeline" in quarantined.reason
    assert (outcome.report.complete, outcome.report.listings) == (True, 7)


def test_the_report_counts_what_nobody_reads_and_nobody_knows(tmp_path: Path) -> None:
    odd = {"supported_parameters": ["tools", "telepathy"], "aura": "blue"}
    with serving(models=[model("ada/m0", **odd), model("ada/m1", **odd), model("ada/m2")]) as source:
        report = crawled(source.url, tmp_path).report
    assert report.leftovers == {"/aura": 2}
    assert report.unknown_values == {"parameter:telepathy": 2}


def test_progress_is_told_at_the_end_with_everything_in_it(tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None, int]] = []
    with serving(total_count=7) as source:
        crawled(source.url, tmp_path, on_progress=told.append)
    assert told[-1] == ("openrouter", 7, 7, 2)
    assert not list(tmp_path.glob("*.part"))
