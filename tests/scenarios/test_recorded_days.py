"""Ten recorded days of OpenRouter's list, run in order as a schedule would have run them, weeks apart."""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from benchmarks.alike import differing
from flows.audit.auditor import Auditor
from flows.registry.history import steps
from flows.registry.reader import Reader
from flows.run.assemble import GateClosedError
from pipelines.registry.layout import page_key
from schemas.registry import ShardRow
from schemas.verdict import Verdict
from tests.support.recordings import openrouter_models, recorded_days
from tests.support.runs import brought, equip, finish, issued, job_for, reader

pytestmark = [pytest.mark.recordings, pytest.mark.slow]

QWQ = "qwen-qwq-32b"
BEFORE = ("2025-12-18", "2026-01-29", "2026-03-19", "2026-04-07", "2026-04-22")
LAST = "2026-06-18"
DAY_APART = timedelta(hours=24)
PAGE_BUDGET = 100_000
"""Most bytes of a page; with providers, cards and models.dev the largest of the last day had 71,824."""


class Days(NamedTuple):
    """A store that the recorded days were published to, one generation each."""

    root: Path
    reports: dict[str, Any]
    """Day → report of its run."""

    def reader(self, day: str) -> Reader:
        """What was served on a day."""
        return reader(self.root, at=noon(day)).at_generation(list(self.reports).index(day) + 1)

    def row(self, day: str, slug: str = QWQ) -> ShardRow:
        found = self.reader(day).row(slug)
        assert found is not None
        return found


def noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)


def sold(record: dict[str, Any]) -> str:
    """Slug of the passport that a record of the list belongs to."""
    return str(record["id"]).partition(":")[0].replace("/", "-").lower()


@pytest.fixture(scope="module", autouse=True)
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A signing key, and the gates that lie beside the code."""
    folder = tmp_path_factory.mktemp("recorded")
    with pytest.MonkeyPatch.context() as patch:
        equip(folder, patch)
        patch.delenv("PASSPORTS_GATES_FILE")
        yield folder


@pytest.fixture(scope="module")
def days(keys: Path) -> Days:
    root, reports = keys / "store", {}
    for day in recorded_days():
        job = job_for(root, at=noon(day))
        reports[day] = finish(job, [brought(openrouter_models(day), at=noon(day))]).report
    return Days(root, reports)


@pytest.fixture
def again(days: Days, tmp_path: Path) -> Path:
    """A copy of the store, to go on with."""
    return Path(shutil.copytree(days.root, tmp_path / "store"))


def last(days: Days) -> Reader:
    return days.reader(LAST)


def test_every_recorded_day_passes_the_gates_and_no_record_is_refused(days: Days) -> None:
    assert [report.state for report in days.reports.values()] == ["done"] * len(days.reports)
    assert {day: [q.id for q in report.quarantined] for day, report in days.reports.items() if report.quarantined} == {}


def test_nothing_is_issued_for_a_change_of_the_pipeline_which_did_not_change(days: Days) -> None:
    causes = {day: Counter(issued(report).values()) for day, report in days.reports.items()}
    assert [day for day, count in causes.items() if count["pipeline_changed"] or count["key_changed"]] == []
    assert all(sum(count.values()) < sum(causes["2025-12-18"].values()) * 1.5 for count in causes.values())


def test_a_model_changed_its_price_and_its_context_in_march(days: Days) -> None:
    row = days.row("2026-03-19")
    assert (row.status, row.cause) == ("active", "source_changed")
    step = next(steps(days.reader("2026-03-19"), QWQ))
    assert step.changes is not None
    changed = {change.path: (change.before, change.after) for change in step.changes}
    assert changed["/artifact/model/prices/completion/usd"] == ("0.0000004", "0.00000058")
    assert changed["/artifact/model/context_tokens"] == (32768, 131072)
    assert changed["/artifact/model/max_output_tokens"] == (None, 131072)
    assert "/artifact/model/prices/prompt/usd" not in changed


def test_its_end_was_announced_in_april_and_then_it_was_gone(days: Days) -> None:
    lives = {day: (days.row(day).status, days.row(day).last_seen[:10]) for day in days.reports}
    assert lives == {
        **{day: ("active", day) for day in BEFORE},
        "2026-04-23": ("deprecated", "2026-04-23"),
        "2026-04-28": ("deprecated", "2026-04-28"),
        "2026-04-29": ("delisted", "2026-04-28"),
        "2026-05-01": ("delisted", "2026-04-28"),
        "2026-06-18": ("delisted", "2026-04-28"),
    }
    causes = {day: issued(days.reports[day]).get(QWQ) for day in ("2026-04-23", "2026-04-29", "2026-05-01")}
    assert causes == {"2026-04-23": "source_changed", "2026-04-29": "source_changed", "2026-05-01": None}


@pytest.mark.parametrize("day", ["2026-04-29", "2026-06-18"])
def test_the_roll_shows_that_it_is_gone_and_it_is_still_looked_for(days: Days, day: str) -> None:
    unfragile = next(steps(days.reader(day), QWQ)).version.passport["unfragile"]
    shown = [entry for entry in unfragile["evidence"] if entry["path"] == "/artifact/status"]
    assert [(entry["source"], entry["locator"], entry["observed_at"][:10]) for entry in shown] == [
        ("openrouter-roll", "/listed/qwen~1qwq-32b", day)
    ]
    assert unfragile["trust"]["maintenance"]["last_scraped_at"] == "2026-04-28T12:00:00.000Z"


def test_its_passport_is_proved_by_the_records_of_each_day(days: Days) -> None:
    found = {day: Auditor(days.reader(day)).prove(QWQ) for day in days.reports}
    assert {day: finding.reason for day, finding in found.items() if finding.verdict is not Verdict.OK} == {}


def test_no_passport_signed_as_active_is_of_a_model_that_two_observations_a_day_apart_missed(days: Days) -> None:
    missing: dict[str, list[str]] = {}
    checked = 0
    for day in days.reports:
        there = {sold(record) for record in openrouter_models(day)}
        rows = list(days.reader(day).rows())
        missing = {row.slug: [*missing.get(row.slug, []), day] for row in rows if row.slug not in there}
        for row in rows:
            observations = missing.get(row.slug, [])
            if len(observations) > 1 and noon(observations[-1]) - noon(observations[0]) >= DAY_APART:
                checked += 1
                assert row.status == "delisted", (day, row.slug, observations)
    assert checked > 100


def test_no_model_that_is_listed_is_signed_as_delisted(days: Days) -> None:
    for day in days.reports:
        there = {sold(record) for record in openrouter_models(day)}
        rows = [row for row in days.reader(day).rows() if row.slug in there]
        assert len(rows) > 300
        assert {row.slug: row.status for row in rows if row.status == "delisted"} == {}


def test_what_is_missed_first_after_a_long_pause_expires_and_a_day_later_is_delisted(days: Days, again: Path) -> None:
    expired = {row.slug for row in last(days).rows() if last(days).check(row.slug).verdict is Verdict.EXPIRED}
    assert {row.last_seen[:10] for row in last(days).rows() if row.slug in expired} == {"2026-05-01"}
    at = noon(LAST) + DAY_APART
    found = issued(finish(job_for(again, at=at), [brought(openrouter_models(LAST), at=at)]).report)
    later, sold_otherwise = reader(again, at=at), {sold(record) for record in openrouter_models(LAST)}
    assert {
        row.slug for row in later.rows() if row.slug in found and row.status == "delisted"
    } == expired - sold_otherwise
    assert {found[slug] for slug in expired} == {"source_changed"}
    assert {row.slug: finding for row in later.rows() if not (finding := later.check(row.slug)).verdict.good} == {}


def test_the_same_list_in_another_order_issues_nothing(days: Days, again: Path) -> None:
    shuffled, at = openrouter_models(LAST), noon(LAST) + timedelta(hours=6)
    random.Random(1).shuffle(shuffled)  # noqa: S311 - an order, not a secret
    done = finish(job_for(again, at=at), [brought(shuffled, at=at)])
    assert (issued(done.report), done.published.generation) == ({}, len(days.reports) + 1)
    assert differing(days.root, again, int(at.timestamp())) == []


def test_stores_that_saw_different_days_are_distinguished(days: Days, again: Path) -> None:
    at = noon(LAST) + timedelta(hours=6)
    others = [record | {"name": f"{record['name']} again"} for record in openrouter_models(LAST)]
    finish(job_for(again, at=at), [brought(others, at=at)])
    kinds = {line.partition(":")[0] for line in differing(days.root, again, int(at.timestamp()))}
    assert kinds == {"passports", "histories", "records"}


def test_a_list_that_lost_a_third_is_held_back(days: Days, again: Path) -> None:
    whole, at = openrouter_models(LAST), noon(LAST) + DAY_APART
    with pytest.raises(GateClosedError, match=r"listings in the crawl: 226.*339"):
        finish(job_for(again, at=at), [brought(whole[::3] + whole[1::3], at=at)])
    assert reader(again, at=at).generation == len(days.reports)


def test_every_page_of_a_passport_is_within_its_budget(days: Days) -> None:
    pages = {row.slug: (days.root / page_key(row.slug)).stat().st_size for row in last(days).rows()}
    assert len(pages) > 300
    assert {slug: size for slug, size in pages.items() if size >= PAGE_BUDGET} == {}
