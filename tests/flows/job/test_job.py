import json
from pathlib import Path

import pytest

from flows.config.settings import read_settings
from flows.errors import SettingsError
from flows.job.job import Consent, demo_key, new_job, nonce, open_tools
from pipelines.rules.gates import default_gates
from schemas.crawl import ListQuery
from tests.support.runs import GATES, NOON, SEED, SIGNER, equip, job_for

EPOCH = int(NOON.timestamp())


def test_where_the_clock_stands_still_a_job_repeats_wherever_its_store_is() -> None:
    one, other = (new_job("refresh", read_settings(store=store), epoch=EPOCH) for store in ("a", "b"))
    assert one.run == other.run
    assert one.run.startswith("20260422T120000Z-")
    assert nonce(one, lambda: NOON) == nonce(other, lambda: NOON)


@pytest.mark.parametrize("epoch", [0, EPOCH])
def test_every_epoch_makes_a_job_repeat(epoch: int) -> None:
    one, other = (new_job("refresh", read_settings(), epoch=epoch) for _ in range(2))
    assert one == other
    assert nonce(one, lambda: NOON) == nonce(other, lambda: NOON)


def test_jobs_that_ask_for_something_else_are_distinguished() -> None:
    settings = read_settings()
    jobs = [
        new_job("refresh", settings, epoch=EPOCH),
        new_job("rescrape", settings, epoch=EPOCH, only={"openrouter": ("a/b",)}),
        new_job("rescrape", settings, epoch=EPOCH, only={"openrouter": ("a/c",)}),
        new_job("demo", settings, epoch=EPOCH),
        new_job("refresh", settings, epoch=EPOCH + 1),
    ]
    assert len({job.run for job in jobs}) == len(jobs)
    assert len({nonce(job, lambda: NOON) for job in jobs}) == len(jobs)


def test_jobs_that_are_set_otherwise_are_distinguished(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [
        new_job("refresh", read_settings(), epoch=EPOCH),
        new_job("refresh", read_settings(), epoch=EPOCH, consent=Consent(accept_drop=True)),
        new_job("refresh", read_settings(), epoch=EPOCH, consent=Consent(new_store=True)),
    ]
    for name, value in (
        ("ENDPOINTS", "true"),
        ("OPENROUTER_URL", "http://127.0.0.1:8"),
        ("BASE_URL", "https://registry.example"),
        ("ISSUER", "registry.example"),
        ("OPENROUTER_BUDGET", "7"),
        ("HUGGINGFACE_CHANGES", "true"),
    ):
        monkeypatch.setenv(f"PASSPORTS_{name}", value)
        jobs.append(new_job("refresh", read_settings(), epoch=EPOCH))
    assert len({job.run for job in jobs}) == len(jobs)


def test_the_demo_repeats_whatever_port_it_is_played_at() -> None:
    played = [read_settings(openrouter_url=f"http://127.0.0.1:{port}") for port in (1001, 1002)]
    assert len({new_job("demo", settings, epoch=EPOCH).run for settings in played}) == 1


def test_jobs_that_ask_for_another_part_of_the_hubs_list_are_distinguished(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [new_job("refresh", read_settings(), epoch=EPOCH)]
    for name, value in (("AUTHOR", "heron-lab"), ("TASK", "text-generation"), ("LIMIT", "20")):
        monkeypatch.setenv(f"PASSPORTS_HUGGINGFACE_{name}", value)
        jobs.append(new_job("refresh", read_settings(), epoch=EPOCH))
    assert len({job.run for job in jobs}) == len(jobs)
    asked = ListQuery(minimum_downloads=1_000_000, author="heron-lab", task="text-generation", limit=20)
    assert jobs[-1].hub_list == asked
    assert new_job("rescrape", read_settings(), epoch=EPOCH, only={"huggingface": ("a/b",)}).hub_list is None


def test_with_a_running_clock_no_two_jobs_are_alike() -> None:
    one, other = (new_job("refresh", read_settings(), epoch=None) for _ in range(2))
    assert one.run != other.run
    assert nonce(one, lambda: NOON) != nonce(one, lambda: NOON)


def test_a_rescrape_asks_for_endpoints_and_a_refresh_only_where_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert new_job("rescrape", read_settings(), epoch=None, only={"openrouter": ("a/b",)}).endpoints
    assert not new_job("refresh", read_settings(), epoch=None).endpoints
    monkeypatch.setenv("PASSPORTS_ENDPOINTS", "true")
    assert new_job("refresh", read_settings(), epoch=None).endpoints


def test_a_job_holds_plain_values_and_no_secret(equipped: Path) -> None:
    job = job_for(equipped / "store", only=("a/b",), flow="rescrape")
    text = job.model_dump_json()
    assert type(job).model_validate_json(text) == job
    assert not job.whole
    assert set(json.loads(text)) == {
        "run",
        "flow",
        "store",
        "sources",
        "source_urls",
        "only",
        "endpoints",
        "epoch",
        "hub_list",
        "work",
        "changes",
        "budgets",
        "accept_drop",
        "new_store",
        "facets",
    }
    assert "signing" not in text


def test_the_tools_are_those_that_the_settings_name(equipped: Path) -> None:
    tools = open_tools(job_for(equipped / "store"))
    assert tools.signer.key_id == SIGNER.key_id
    assert tools.trusted.key_ids == {SIGNER.key_id}
    assert tools.clock() == NOON
    assert tools.gates["openrouter"].minimum_listings == GATES["openrouter"]["minimum_listings"]
    assert tools.store.name == str(equipped / "store")
    assert SEED.hex() not in repr(tools)
    assert tools.terms({}, renew=True).key_id == SIGNER.key_id


def test_the_tools_of_a_run_are_opened_once_and_those_of_the_next_run_anew(equipped: Path) -> None:
    one, other = (job_for(equipped / "store") for _ in range(2))
    assert open_tools(one) is open_tools(one.model_copy())
    assert open_tools(other) is not open_tools(one)
    before = one.model_copy(update={"work": ""})
    assert open_tools(before) is not open_tools(before), "what is checked before a run is as it is now"


def test_without_a_setting_the_gates_are_those_beside_the_code(equipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PASSPORTS_GATES_FILE")
    assert open_tools(job_for(equipped / "store")).gates == default_gates()


def test_the_demo_signs_with_its_own_key_whatever_is_set(equipped: Path) -> None:
    tools = open_tools(job_for(equipped / "store", flow="demo"))
    assert tools.signer.key_id == demo_key().signer.key_id != SIGNER.key_id
    assert tools.gates["openrouter"].minimum_listings > GATES["openrouter"]["minimum_listings"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "does not exist: name a file"),
        ("[openrouter", "Expected"),
        ("openrouter = 5", "validation error"),
        ("[openrouter]\nminimum_listings = 3\n", "largest_drop"),
        ("[openrouter]\nspeed = 3\n", "speed"),
        ("", "openrouter"),
    ],
)
def test_a_gates_file_that_is_none_is_refused_by_name(text: str | None, reason: str, equipped: Path) -> None:
    path = equipped / "gates.toml"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(SettingsError, match=reason) as error:
        open_tools(job_for(equipped / "store"))
    assert str(error.value).startswith(f"PASSPORTS_GATES_FILE: {path}")


def test_a_gates_file_that_leaves_a_source_out_is_refused(equipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    equip(equipped, monkeypatch, {"openrouter": GATES["openrouter"]})
    with pytest.raises(SettingsError, match="openrouter-endpoints"):
        open_tools(job_for(equipped / "store"))
