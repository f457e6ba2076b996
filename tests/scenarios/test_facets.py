"""Answers about all models, from the crawl to the audit: on the bundled recording, whose server answers them all."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.audit.auditor import Auditor
from flows.audit.stored_records import StoredRecords
from flows.demo import recording, replay
from flows.run.publish import RunOutcome
from pipelines.audit.mismatches import mismatches
from pipelines.rules.gates import default_gates
from schemas.facets import FACETS, SETTINGS
from schemas.verdict import Verdict
from tests.support.runs import NOON, crawled, equip, finish, issued, job_for, reader, served_passport

KEYLESS = [facet for facet in FACETS if not facet.needs_key]
BOUNDS = """
[openrouter-facets.answers]
zero_retention = { fewest = 5, largest_share = 0.9 }
"""
ZDR = "zdr=true"
SLUG = "qwen-qwq-32b"
QWQ = "qwen/qwq-32b"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    equip(tmp_path, monkeypatch)
    with (tmp_path / "gates.toml").open("a") as gates:
        gates.write(BOUNDS)
    for setting in SETTINGS:
        monkeypatch.setenv(f"PASSPORTS_OPENROUTER_{setting.upper()}", "true")
    return tmp_path / "store"


@pytest.fixture
def invented(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is answered; later changes of it are answered too."""
    answers = recording.facets()
    monkeypatch.setattr(replay, "facets", lambda: answers)
    return answers


@pytest.fixture
def url(invented: dict[str, Any]) -> Iterator[str]:
    assert invented
    with replay.serve() as url:
        yield url


def refreshed(root: Path, url: str, hours: int = 0) -> RunOutcome:
    job = job_for(root, url=url, at=NOON + timedelta(hours=hours))
    return finish(job, crawled(job))


def refusals(done: RunOutcome) -> dict[str, str]:
    return {one.id: one.reason for one in done.report.quarantined if one.source == "openrouter-facets"}


def facts(root: Path, slug: str = SLUG) -> dict[str, Any]:
    model: dict[str, Any] = served_passport(root, slug)["unfragile"]["artifact"]["model"]
    return model


def all_proved(root: Path, hours: int) -> bool:
    at = NOON + timedelta(hours=hours)
    auditor = Auditor(reader(root, at=at))
    return {auditor.prove(row.slug).verdict for row in reader(root, at=at).rows()} == {Verdict.OK}


def test_passports_say_what_the_answers_do_and_are_proved_by_them(
    root: Path, url: str, invented: dict[str, Any]
) -> None:
    done = refreshed(root, url)
    assert done.report.state == "done"
    assert done.report.crawls[0].requests == len(KEYLESS) + 2
    assert refusals(done) == {}
    model = facts(root)
    assert model["popularity"]["rank"] == invented["lists"]["sort=top-weekly"].index(QWQ) + 1
    assert model["data_handling"]["zero_retention"] is (QWQ in invented["lists"][ZDR])
    assert model["use_cases"] == sorted(
        query.partition("=")[2]
        for query, ids in invented["lists"].items()
        if query.startswith("category=") and QWQ in ids
    )
    assert all_proved(root, 1)


def test_another_order_issues_nothing_and_another_membership_does(
    root: Path, url: str, invented: dict[str, Any]
) -> None:
    refreshed(root, url)
    invented["lists"]["sort=top-weekly"].reverse()
    assert issued(refreshed(root, url, 6).report) == {}
    invented["lists"][ZDR] = [one for one in invented["lists"][ZDR] if one != QWQ] + [
        QWQ for _ in range(QWQ not in invented["lists"][ZDR])
    ]
    assert issued(refreshed(root, url, 11).report) == {SLUG: "source_changed"}
    assert all_proved(root, 12)


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        ([QWQ], "has 1 entries, at least 5 must be there"),
        ([one["id"] for one in recording.models()], "has 100% of the listed models, more than 90%"),
    ],
)
def test_an_implausible_answer_says_nothing_and_the_last_good_one_holds(
    ids: list[str], reason: str, root: Path, url: str, invented: dict[str, Any]
) -> None:
    refreshed(root, url)
    before = facts(root)["data_handling"]
    invented["lists"][ZDR] = ids
    done = refreshed(root, url, 6)
    assert refusals(done)[ZDR].startswith(reason)
    assert (done.report.state, issued(done.report)) == ("done", {})
    assert facts(root)["data_handling"] == before
    assert all_proved(root, 7)


def test_where_the_first_answer_is_implausible_nothing_is_known(root: Path, url: str, invented: dict[str, Any]) -> None:
    invented["lists"][ZDR] = [QWQ]
    refreshed(root, url)
    assert facts(root)["data_handling"]["zero_retention"] is None
    assert all_proved(root, 1)


def test_a_facet_that_is_switched_off_is_not_asked_for(root: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in SETTINGS:
        monkeypatch.setenv(f"PASSPORTS_OPENROUTER_{setting.upper()}", str(setting == "usage").lower())
    done = refreshed(root, url)
    assert done.report.crawls[0].requests == 3
    model = facts(root)
    assert model["popularity"] is not None
    assert (model["data_handling"], model["tool_call_success"], model["use_cases"]) == (None, None, [])
    assert all_proved(root, 1)


def test_a_rescrape_asks_for_none_keeps_what_is_known_and_shows_the_providers(root: Path, url: str) -> None:
    slug, listing_id = "anthropic-claude-opus-4.7", "anthropic/claude-opus-4.7"
    refreshed(root, url)
    known = facts(root, slug)["popularity"]
    job = job_for(root, url=url, at=NOON + timedelta(hours=6), flow="rescrape", only=(listing_id,))
    done = finish(job, crawled(job))
    assert done.report.crawls[0].requests == 3
    model = facts(root, slug)
    assert model["popularity"] == known
    served = {provider["name"] for provider in model["providers"]}
    shown = {provider["name"]: provider["headquarters"] for provider in model["data_handling"]["providers"]}
    assert shown["Anthropic"] == "US"
    assert shown.keys() <= served
    assert all_proved(root, 7)


def test_a_passport_that_leaves_out_an_answer_about_its_model_is_not_proved(root: Path, url: str) -> None:
    refreshed(root, url)
    passport, now = served_passport(root, SLUG), reader(root, at=NOON)
    unfragile = passport["unfragile"]
    records = unfragile["artifact"]["model"]["records"]
    left_out = next(one for one in records if one["id"] == "sort=top-weekly")
    records.remove(left_out)
    unfragile["evidence"] = [e for e in unfragile["evidence"] if "popularity" not in e["path"]]
    stored = StoredRecords()
    named = stored.named(now, SLUG, records)
    (found,) = mismatches(passport, [*named, *stored.beside(now, SLUG, named)], gates=default_gates())
    assert found.reason == "'sort=top-weekly' of openrouter-facets is not among the records"
