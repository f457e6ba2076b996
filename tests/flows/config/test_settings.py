from pathlib import Path

import pytest

from flows.config.settings import Settings, read_settings
from flows.config.source_settings import SourceSettings
from flows.errors import SettingsError
from schemas.sources import CRAWLS


def test_without_any_setting_there_are_defaults_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SOURCES", *(f"{source.upper()}_URL" for source in CRAWLS)):
        monkeypatch.delenv(f"PASSPORTS_{name}")
    settings = read_settings()
    assert settings.store == "./public"
    assert settings.sources == tuple(CRAWLS)
    assert settings.openrouter_url == "https://openrouter.ai"
    assert (settings.signing_key, settings.signing_key_file, settings.gates_file) == (None, None, None)
    assert not settings.endpoints


def test_what_is_chosen_wins_over_the_environment_and_none_chooses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSPORTS_STORE", "s3://bucket/from-the-environment")
    assert read_settings(store=None).store == "s3://bucket/from-the-environment"
    assert read_settings(store="./chosen").store == "./chosen"


def test_every_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ISSUER": "registry.example",
        "BASE_URL": "https://registry.example/passports/",
        "OPENROUTER_URL": "http://127.0.0.1:8900/openrouter/",
        "SOURCES": " openrouter ,",
        "ENDPOINTS": "1",
        "CONTACT": "ops@registry.example",
        "CRAWL_TIME_LIMIT_S": "2.5",
        "GATES_FILE": "/etc/gates.toml",
        "SIGNING_KEY_FILE": "/etc/key.jwk",
    }.items():
        monkeypatch.setenv(f"PASSPORTS_{name}", value)
    settings = read_settings()
    assert settings.issuer == "registry.example"
    assert settings.base_url == "https://registry.example/passports"
    assert settings.openrouter_url == "http://127.0.0.1:8900/openrouter"
    assert settings.sources == ("openrouter",)
    assert settings.endpoints
    assert settings.contact == "ops@registry.example"
    assert settings.crawl_time_limit_s == 2.5
    assert settings.gates_file == Path("/etc/gates.toml")
    assert settings.signing_key_file == Path("/etc/key.jwk")


def test_the_rows_of_the_sources_make_the_settings_that_there_have_always_been() -> None:
    made = {name: field.default for name, field in SourceSettings.model_fields.items()}
    assert made == dict.fromkeys([f"openrouter_{facet}" for facet in FACETS], True) | {
        "openrouter_url": "https://openrouter.ai", "openrouter_budget": 500, "modelsdev_url": "https://models.dev",
        "huggingface_url": "https://huggingface.co", "huggingface_budget": 1000,
        "huggingface_minimum_downloads": 1_000_000, "huggingface_author": None, "huggingface_task": None,
        "huggingface_limit": None, "huggingface_changes": False,
        "github_url": "https://api.github.com", "github_budget": 50,
    }  # fmt: skip


FACETS = (
    "usage", "use_cases", "zero_retention", "regions", "distillable", "tool_success", "zero_retention_endpoints",
    "providers", "rankings",
)  # fmt: skip


def test_a_facet_is_asked_for_unless_its_setting_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for facet in FACETS:
        monkeypatch.delenv(f"PASSPORTS_OPENROUTER_{facet.upper()}")
    assert read_settings().facets == {"openrouter": FACETS}
    monkeypatch.setenv("PASSPORTS_OPENROUTER_REGIONS", "false")
    assert read_settings().facets == {"openrouter": tuple(one for one in FACETS if one != "regions")}
    assert all(field.description for field in SourceSettings.model_fields.values())


def test_settings_of_a_source_are_asked_for_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSPORTS_GITHUB_URL", "http://127.0.0.1:8900/github/")
    monkeypatch.setenv("PASSPORTS_GITHUB_BUDGET", "7")
    settings = read_settings()
    assert (settings.url_of("github"), settings.budget_of("github")) == ("http://127.0.0.1:8900/github", 7)
    assert settings.budget_of("modelsdev") is None
    assert settings.budgets == {"openrouter": 500, "huggingface": 1000, "github": 7}
    assert list(settings.source_urls) == list(CRAWLS)


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
def test_a_setting_that_is_set_to_nothing_is_not_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"PASSPORTS_{name}", raising=False)
    unset = read_settings()
    monkeypatch.setenv(f"PASSPORTS_{name}", "")
    assert read_settings() == unset


def test_a_variable_may_be_written_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("passports_Issuer", "registry.example")
    assert read_settings().issuer == "registry.example"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("ISSUER", "Not A Name", "write a host name"),
        ("BASE_URL", "unfragile.ai", "write http:// or https:// and a host"),
        ("OPENROUTER_URL", "https://openrouter.ai/?key=1", "without user, password"),
        ("OPENROUTER_URL", "https://somebody:password@openrouter.ai", "without user, password"),
        ("SOURCES", "openrouter,nowhere", "unknown source: nowhere; choose from openrouter"),
        ("SOURCES", ",", "at least one source"),
        ("CRAWL_TIME_LIMIT_S", "0", "greater than 0"),
        ("CRAWL_TIME_LIMIT_S", "soon", "write a number"),
        ("CRAWL_TIME_LIMIT_S", "nan", "finite number"),
        ("ENDPOINTS", "perhaps", "write true or false"),
        ("HUGGINGFACE_AUTHOR", "heron-lab/heron-7b", "write the name of a user or organisation"),
        ("HUGGINGFACE_TASK", "Text Generation", "write a task as the Hub spells it"),
        ("HUGGINGFACE_LIMIT", "0", "greater than or equal to 1"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_its_name(
    name: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"PASSPORTS_{name}", value)
    with pytest.raises(SettingsError, match=reason) as error:
        read_settings()
    assert str(error.value).startswith(f"PASSPORTS_{name}: ")


@pytest.mark.parametrize(("name", "value"), [("AUTHOR", "heron-lab"), ("TASK", "text-generation"), ("LIMIT", "5")])
def test_a_part_of_a_list_that_is_left_alone_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"PASSPORTS_HUGGINGFACE_{name}", value)
    assert read_settings().hub_list is not None
    monkeypatch.setenv("PASSPORTS_HUGGINGFACE_MINIMUM_DOWNLOADS", "-")
    with pytest.raises(SettingsError, match=f"PASSPORTS_HUGGINGFACE_{name}: filters the Hub's list"):
        read_settings()


def test_no_text_of_the_settings_shows_the_signing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSPORTS_SIGNING_KEY", "the-secret-itself")
    settings = read_settings()
    shown = (repr(settings), str(settings), settings.model_dump_json(), f"{settings.signing_key}")
    assert not any("the-secret-itself" in text for text in shown)
    monkeypatch.setenv("PASSPORTS_ISSUER", "Not A Name")
    with pytest.raises(SettingsError) as error:
        read_settings()
    assert "the-secret-itself" not in str(error.value)
    assert error.value.__cause__ is None
