"""A small history, day by day: a model changes, announces its end, goes, and comes back."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.audit.auditor import Auditor
from flows.job.job import Job
from flows.run.assemble import GateClosedError
from schemas.registry import ShardRow
from schemas.verdict import Verdict
from tests.support.runs import brought, equip, finish, issued, job_for, reader, served_passport
from tests.support.spiders.server import model

DAYS = {day: datetime(2026, 4, day, 12, tzinfo=UTC) for day in range(20, 31)}
OTHERS = [model(f"ada/other-{n}") for n in range(6)]
TERN = model("ada/tern")
ENDING = {**TERN, "expiration_date": "2026-04-29"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    equip(tmp_path, monkeypatch)
    return tmp_path / "store"


def run(root: Path, day: int, *records: dict[str, Any], hour: int = 12) -> dict[str, str]:
    """Do one day's run with these records among the others; gives what was issued but for the others."""
    at = DAYS[day].replace(hour=hour)
    job: Job = job_for(root, at=at)
    done = finish(job, [brought([*OTHERS, *records], at=at)])
    return {slug: cause for slug, cause in issued(done.report).items() if not slug.startswith("ada-other")}


def row(root: Path, day: int = 30) -> ShardRow:
    found = reader(root, at=DAYS[day]).row("ada-tern")
    assert found is not None
    return found


def status_evidence(root: Path) -> list[tuple[str, str, Any]]:
    evidence = served_passport(root, "ada-tern")["unfragile"]["evidence"]
    return [(e["source"], e["locator"], e.get("value")) for e in evidence if e["path"] == "/artifact/status"]


def proved(root: Path, day: int) -> Verdict:
    return Auditor(reader(root, at=DAYS[day])).prove("ada-tern").verdict


def test_a_model_that_goes_after_its_announced_end_is_delisted_at_once(root: Path) -> None:
    run(root, 20, TERN)
    assert row(root).status == "active"
    assert run(root, 23, ENDING) == {"ada-tern": "source_changed"}
    assert row(root).status == "deprecated"
    assert run(root, 29) == {"ada-tern": "source_changed"}
    assert (row(root).status, row(root).last_seen) == ("delisted", "2026-04-23T12:00:00.000Z")
    assert status_evidence(root) == [("openrouter-roll", "/listed/ada~1tern", None)]
    unfragile = served_passport(root, "ada-tern")["unfragile"]
    assert unfragile["trust"]["maintenance"]["status"] == "delisted"
    assert unfragile["trust"]["maintenance"]["last_scraped_at"] == "2026-04-23T12:00:00.000Z"
    assert "its source no longer lists it; calls fail" in unfragile["trust"]["failure_modes"]
    assert proved(root, 29) is Verdict.OK


def test_one_miss_is_no_removal_and_two_a_day_apart_are(root: Path) -> None:
    run(root, 20, TERN)
    assert run(root, 21) == {}
    assert run(root, 21, hour=20) == {}
    assert row(root).status == "active"
    assert run(root, 22) == {"ada-tern": "source_changed"}
    assert row(root).status == "delisted"
    assert [evidence[0] for evidence in status_evidence(root)] == ["openrouter-roll", "openrouter-roll"]
    assert proved(root, 22) is Verdict.OK


def test_a_model_that_comes_back_in_time_was_never_gone(root: Path) -> None:
    run(root, 20, TERN)
    run(root, 21)
    assert run(root, 21, TERN, hour=18) == {}
    assert run(root, 22) == {}
    assert row(root).status == "active"


def test_a_delisted_model_that_returns_is_active_again(root: Path) -> None:
    run(root, 20, TERN)
    run(root, 21)
    run(root, 22)
    assert run(root, 23) == {}, "nothing is new: it is still gone"
    assert run(root, 24, TERN) == {"ada-tern": "source_changed"}
    assert (row(root).status, row(root).first_seen) == ("active", "2026-04-20T12:00:00.000Z")
    assert proved(root, 24) is Verdict.OK


def test_a_delisted_passport_is_kept_valid_by_the_observations_that_still_miss_it(root: Path) -> None:
    run(root, 20, TERN)
    run(root, 21)
    run(root, 22)
    before = served_passport(root, "ada-tern")
    assert run(root, 26) == {"ada-tern": "refreshed"}
    after = served_passport(root, "ada-tern")
    assert after["expiresAt"] > before["expiresAt"]
    assert reader(root, at=DAYS[26]).check("ada-tern").verdict.good


def test_a_crawl_that_failed_delists_nothing(root: Path) -> None:
    run(root, 20, TERN)
    for day in (21, 22, 23):
        job = job_for(root, at=DAYS[day])
        with pytest.raises(GateClosedError):
            finish(job, [brought([*OTHERS[:2]], at=DAYS[day])])
    assert row(root).status == "active"


def test_an_end_that_no_one_means_is_no_end(root: Path) -> None:
    run(root, 20, {**TERN, "expiration_date": "2098-12-31"})
    assert row(root).status == "active"
    run(root, 21)
    assert row(root).status == "active"


def test_a_model_that_is_listed_past_its_end_is_a_conflict(root: Path) -> None:
    run(root, 20, ENDING)
    assert run(root, 30, ENDING) == {"ada-tern": "source_changed"}
    [conflict] = served_passport(root, "ada-tern")["unfragile"]["conflicts"]
    assert conflict["path"] == "/artifact/status"
    assert row(root).status == "deprecated"


def test_an_offer_that_is_gone_leaves_its_model(root: Path) -> None:
    run(root, 20, TERN, model("ada/tern:free"))
    run(root, 21, TERN)
    offers = served_passport(root, "ada-tern")["unfragile"]["artifact"]["model"]["offers"]
    assert [offer["id"] for offer in offers] == ["ada/tern", "ada/tern:free"]
    assert run(root, 22, TERN) == {"ada-tern": "source_changed"}
    offers = served_passport(root, "ada-tern")["unfragile"]["artifact"]["model"]["offers"]
    assert [offer["id"] for offer in offers] == ["ada/tern"]


def test_a_record_that_cannot_be_read_is_there(root: Path) -> None:
    run(root, 20, TERN)
    for day in (21, 22, 23):
        run(root, day, {**TERN, "context_length": "many"})
    assert row(root).status == "active"
