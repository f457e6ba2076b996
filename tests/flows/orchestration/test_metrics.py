from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flows.orchestration.metrics import HELP, Sample, age_metrics, leave_metrics, run_metrics
from pipelines.rules.gates import default_gates
from pipelines.views.ages import ages_of
from schemas.run import Breach, RunReport
from tests.support.runs import NOON, Record, brought, finish, generation, job_for, reader, refresh

REFUSED = {"id": "heron-lab/heron-7b", "name": 7}


def values(file: Path) -> dict[str, float]:
    """Name and labels, as they are written → value; read by Prometheus' own parser."""
    families = text_string_to_metric_families(file.read_text())
    samples = [sample for family in families for sample in family.samples]
    return {f"{s.name}{{{','.join(f'{k}={v}' for k, v in s.labels.items())}}}": s.value for s in samples}


def figures(report: RunReport, *sources: str) -> dict[str, float]:
    samples = run_metrics(report, sources or ("openrouter",))
    return {f"{name}{{{','.join(f'{k}={v}' for k, v in labels)}}}": value for name, value, labels in samples}


@pytest.mark.usefixtures("equipped")
def test_a_run_is_reported_in_figures(tmp_path: Path, few: list[Record]) -> None:
    report = refresh(tmp_path / "store", [*few, REFUSED]).report
    later = report.model_copy(update={"started_at": "2026-04-22T11:58:30.500Z"})
    assert figures(later) == {
        "passports_run_seconds{flow=refresh,sources=openrouter}": 89.5,
        "passports_run_success{flow=refresh,sources=openrouter}": 1,
        "passports_run_finished_timestamp_seconds{flow=refresh,sources=openrouter}": NOON.timestamp(),
        "passports_run_passports{flow=refresh,sources=openrouter}": 4,
        "passports_listings{flow=refresh,source=openrouter}": 5,
        "passports_quarantined{flow=refresh,source=openrouter}": 1,
    }


@pytest.mark.usefixtures("equipped")
def test_a_run_that_a_gate_stopped_is_no_success(tmp_path: Path, few: list[Record]) -> None:
    report = refresh(tmp_path / "store", few).report
    for state in ("failed", "partial"):
        stopped = report.model_copy(update={"state": state, "accounting": None})
        assert figures(stopped)["passports_run_success{flow=refresh,sources=openrouter}"] == 0
        assert "passports_run_passports{flow=refresh,sources=openrouter}" not in figures(stopped)


@pytest.mark.usefixtures("equipped")
def test_a_run_is_reported_under_the_sources_that_it_was_to_crawl_whatever_came_of_them(
    tmp_path: Path, few: list[Record]
) -> None:
    done = refresh(tmp_path / "store", few).report
    breach = Breach(source="github", gate="complete", reason="it died")
    died = done.model_copy(update={"state": "partial", "breaches": (breach,)})
    named = "passports_run_success{flow=refresh,sources=github,openrouter}"
    assert figures(died, "openrouter", "github")[named] == 0
    assert figures(done, "github", "openrouter")[named] == 1
    extracted = done.crawls[0].model_copy(update={"source": "extraction"})
    assert named in figures(done.model_copy(update={"crawls": (*done.crawls, extracted)}), "openrouter", "github")


@pytest.mark.usefixtures("equipped")
def test_what_is_served_is_counted_by_age(tmp_path: Path, few: list[Record]) -> None:
    finish(job_for(tmp_path / "store"), [brought(few)])
    later = NOON + timedelta(hours=169)
    ages = ages_of(generation(reader(tmp_path / "store", at=later)), default_gates(), later, watched=("openrouter",))
    leave_metrics(tmp_path / "m.prom", age_metrics(ages))
    expected = {
        "passports_generation{}": 1,
        "passports_watched_timestamp_seconds{}": later.timestamp(),
        "passports_served{age=delisted}": 0,
        "passports_served{age=due}": 0,
        "passports_served{age=expired}": 0,
        "passports_served{age=fresh}": 0,
        "passports_served{age=stale}": 4,
        "passports_stale{}": 4,
        "passports_source_age_seconds{source=openrouter}": 169 * 3600,
    }
    assert values(tmp_path / "m.prom").items() >= expected.items()


def of(flow: str, value: float) -> Sample:
    return Sample("passports_run_success", value, (("flow", flow), ("sources", "openrouter")))


def test_each_run_keeps_what_the_others_left(tmp_path: Path) -> None:
    file = tmp_path / "new" / "m.prom"
    leave_metrics(file, [of("refresh", 0), of("rescrape", 1)])
    leave_metrics(file, [of("refresh", 1)])
    leave_metrics(file, [Sample("passports_stale", 3)])
    assert values(file) == {
        "passports_run_success{flow=refresh,sources=openrouter}": 1,
        "passports_run_success{flow=rescrape,sources=openrouter}": 1,
        "passports_stale{}": 3,
    }
    assert file.read_text().count("# TYPE passports_run_success gauge") == 1
    assert {path.name for path in file.parent.iterdir()} == {"m.prom", "m.prom.lock"}


def test_runs_that_end_at_once_all_count(tmp_path: Path) -> None:
    file = tmp_path / "m.prom"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: leave_metrics(file, [of(f"flow-{number}", number)]), range(40)))
    assert sorted(values(file).values()) == list(range(40))


@pytest.mark.parametrize("content", ["", "not a metric {", "other_metric 1\n", "\x00\xff"])
def test_what_else_is_there_is_written_over(content: str, tmp_path: Path) -> None:
    file = tmp_path / "m.prom"
    file.write_text(content, encoding="latin-1")
    leave_metrics(file, [Sample("passports_stale", 1)])
    assert values(file) == {"passports_stale{}": 1}


def test_a_hostile_label_stays_a_label(tmp_path: Path) -> None:
    hostile = '"} 1\nother_metric{x="\\'
    for _ in range(2):
        leave_metrics(tmp_path / "m.prom", [Sample("passports_listings", 1, (("flow", hostile),))])
    [(name, value)] = values(tmp_path / "m.prom").items()
    assert (name, value) == (f"passports_listings{{flow={hostile}}}", 1)


def test_without_the_setting_nothing_is_written_and_where_it_cannot_be_the_run_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    leave_metrics(None, [Sample("passports_stale", 1)])
    (tmp_path / "file").write_text("")
    leave_metrics(tmp_path / "file" / "m.prom", [Sample("passports_stale", 1)])
    assert "PASSPORTS_METRICS_FILE" in caplog.text
    assert "no metrics were written" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.usefixtures("equipped")
def test_every_figure_has_its_help(tmp_path: Path, few: list[Record]) -> None:
    report = refresh(tmp_path / "store", few).report
    ages = ages_of(generation(reader(tmp_path / "store")), default_gates(), NOON, watched=())
    assert {sample.name for sample in (*run_metrics(report, ["openrouter"]), *age_metrics(ages))} == set(HELP)
