import html
from pathlib import Path

import pytest

from flows.run.assemble import GateClosedError
from pipelines.views.run_summary import LONGEST_REASON, as_markdown, change_rows, quarantine_rows, summary_lines
from tests.support.runs import Record, edited, refresh
from tests.support.spiders.server import model


def test_a_run_is_reported_in_figures_that_add_up(equipped: Path, records: list[Record]) -> None:
    done = refresh(equipped / "store", edited(records, "qwen/qwq-32b", telepathy=True))
    lines = dict(summary_lines(done.report, done.published))
    assert lines["run"] == f"{done.report.run} (refresh): done"
    assert lines["crawl openrouter"].startswith("29 listings in ")
    assert lines["listings"] == "29 = 22 passports + 4 offers merged + 2 aliases + 1 quarantined"
    assert lines["issued"] == "22 first seen; 0 unchanged, 0 no longer listed"
    assert lines["quarantined"] == "1 record of openrouter"
    assert "/telepathy (1)" in lines["not understood"]
    assert lines["published"].startswith("generation 1: wrote 22 objects")
    assert len(change_rows(done.report)) == 22
    [refused] = quarantine_rows(done.report)
    assert (refused["listing"], refused["stage"], refused["field"]) == (
        "example-lab/negative-price",
        "normalise",
        "/pricing/completion",
    )


def test_a_run_without_news_says_so(equipped: Path, few: list[Record]) -> None:
    refresh(equipped / "store", few)
    done = refresh(equipped / "store", few)
    lines = dict(summary_lines(done.report, done.published))
    assert lines["issued"] == f"none; {len(few)} unchanged, 0 no longer listed"
    assert change_rows(done.report) == []


def test_a_closed_gate_is_reported_first_and_nothing_is_counted(equipped: Path) -> None:
    broken = [{"id": f"ada/broken-{n}"} for n in range(10)]
    with pytest.raises(GateClosedError) as error:
        refresh(equipped / "store", [*(model(f"ada/m{n}") for n in range(10)), *broken])
    names = [name for name, _ in summary_lines(error.value.report, None)]
    assert names[:2] == ["run", "gate closed: openrouter"]
    assert not {"listings", "issued", "published"} & set(names)
    assert len(quarantine_rows(error.value.report)) == 10


def test_refused_records_of_other_sources_are_counted_though_they_are_no_listings(
    equipped: Path, records: list[Record]
) -> None:
    done = refresh(equipped / "store", records)
    [refused] = done.report.quarantined
    card = refused.model_copy(update={"source": "huggingface-card"})
    assert done.report.accounting is not None
    counted = done.report.accounting.model_copy(update={"listings": 28, "quarantined": 0})
    report = done.report.model_copy(update={"quarantined": (card, card, refused), "accounting": counted})
    lines = dict(summary_lines(report, None))
    assert lines["listings"] == "28 = 22 passports + 4 offers merged + 2 aliases"
    assert lines["quarantined"] == "2 records of huggingface-card, 1 record of openrouter"


def test_a_long_reason_is_cut_for_the_table_only(equipped: Path, few: list[Record]) -> None:
    done = refresh(equipped / "store", [*few, model("ada/long", description="x" * 900, name=5)])
    [refused] = done.report.quarantined
    verbose = refused.model_copy(update={"reason": "x" * 900})
    [row] = quarantine_rows(done.report.model_copy(update={"quarantined": (verbose,)}))
    assert row["reason"] == "x" * LONGEST_REASON
    assert "x" * 900 in refused.raw, "the report keeps the whole record"


def test_a_quarantined_name_is_shown_without_what_a_page_or_a_database_could_not_take(
    equipped: Path, few: list[Record]
) -> None:
    done = refresh(equipped / "store", [*few, model("ada/long", name=5)])
    [refused] = done.report.quarantined
    hostile = refused.model_copy(update={"id": "ada/\0\u202elong", "field": "/\x1bname", "reason": "is \x9bodd"})
    [row] = quarantine_rows(done.report.model_copy(update={"quarantined": (hostile,)}))
    assert (row["listing"], row["field"], row["reason"]) == ("ada/long", "/name", "is odd")


def test_no_text_of_a_source_is_markup_on_a_page() -> None:
    hostile = "<img src=x onerror=alert(1)> [free](javascript:x) | `code` **bold** \u202eturned\n| new | row |"
    table = as_markdown([("not understood", hostile)])
    _, _, row = table.splitlines()
    assert not set("<>[]`*") & set(row)
    assert row.count("|") == 3
    assert html.unescape(row).startswith(
        "| not understood | <img src=x onerror=alert(1)> [free](javascript:x) | `code`"
    )
    assert "\u202e" not in row
