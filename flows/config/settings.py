"""Settings, read from the environment once, where a command or a flow begins."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from flows.errors import FlowError
from pipelines.rules.gates import Gates, default_gates, read_gates
from schemas.crawl import AUTHOR, TASK, ListQuery

SOURCES = ("openrouter", "modelsdev", "huggingface", "github")
"""Sources that can be crawled, one spider each; a later one may ask for what earlier ones name."""

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")]
"""Without a user and password: it is shown, published as evidence, and known to Prefect."""


class SettingsError(FlowError):
    """A setting cannot be what it is set to."""


class Settings(BaseSettings):
    """Everything that can be set, each as PASSPORTS_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="PASSPORTS_", env_ignore_empty=True, frozen=True, extra="ignore")

    store: Annotated[str, StringConstraints(min_length=1)] = "./public"
    """Where passports are published: a directory, or s3://, gs://, az:// with bucket and prefix."""
    issuer: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]{1,100}$")] = "unfragile.ai"
    """Who signs: `signedBy` of every passport."""
    base_url: Url = "https://unfragile.ai"
    """Where the store is served; part of page and link addresses."""
    signing_key: SecretStr | None = None
    """The signing key itself, as a private JWK; for places that hand out secrets by environment."""
    signing_key_file: Path | None = None
    """File that holds the signing key as a private JWK; without it the key is kept in the user's configuration."""
    openrouter_url: Url = "https://openrouter.ai"
    """Where OpenRouter's API is; may have a path prefix."""
    huggingface_url: Url = "https://huggingface.co"
    """Where the Hugging Face Hub is; may have a path prefix."""
    modelsdev_url: Url = "https://models.dev"
    """Where models.dev is; may have a path prefix."""
    github_url: Url = "https://api.github.com"
    """Where GitHub's API is; may have a path prefix."""
    huggingface_minimum_downloads: Annotated[int | None, Field(ge=0)] = 1_000_000
    """Repositories with so many downloads in 30 days get passports of their own; none do where it is unset ("-")."""
    huggingface_author: Annotated[str, StringConstraints(pattern=AUTHOR)] | None = None
    """Of the Hub's list only the repositories of this user or organisation."""
    huggingface_task: Annotated[str, StringConstraints(pattern=TASK)] | None = None
    """Of the Hub's list only those for this task, by the Hub's `pipeline_tag`."""
    huggingface_limit: Annotated[int | None, Field(ge=1)] = None
    """Of the Hub's list only so many repositories, those with the most downloads."""
    openrouter_budget: Annotated[int, Field(ge=0)] = 500
    """Listings whose endpoints a refresh asks for, where it does, those first that wait for longest."""
    huggingface_budget: Annotated[int, Field(ge=0)] = 1000
    """Repositories that a refresh asks the Hub for one by one, those first that were not seen for longest."""
    github_budget: Annotated[int, Field(ge=0)] = 50
    """Likewise of GitHub, which answers 60 requests an hour where no token is set, and 5,000 where one is."""
    huggingface_changes: bool = False
    """Whether a refresh asks the Hub's list only for what has changed since the last one, and not for all of it."""
    sources: Annotated[tuple[str, ...], NoDecode] = SOURCES
    """What a refresh crawls, separated by commas."""
    endpoints: bool = False
    """Whether a refresh asks for every model's endpoints too: one more request a model. A re-scrape always does."""
    contact: str = "https://unfragile.ai"
    """Address in the User-Agent, for whoever runs the source."""
    gates_file: Path | None = None
    """Gates to use instead of those beside the code, for a source of another size."""
    crawl_time_limit_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 7200.0
    """Seconds after which a crawl is stopped and counts as failed."""
    metrics_file: Path | None = None
    """Where each run leaves its figures for the node exporter's textfile collector; without it, nowhere."""
    work: Path | None = None
    """Folder for what a run keeps on disk while it lasts, and for crawls to be resumed; else those of the system."""

    task_runner: Literal["threads", "dask"] = "threads"
    """Who builds the passports of a large batch: the run's own process, or the workers of a Dask cluster."""
    dask_scheduler: Annotated[str | None, StringConstraints(pattern=r"^(tcp|tls)://[^\s/?#@]+$")] = None
    """Address of the cluster's scheduler ("tls://10.0.0.5:8786"); without one a cluster is started on this machine."""

    extractor_url: Url | None = None
    """An OpenAI-compatible endpoint ("http://127.0.0.1:11434/v1") that finds limits in texts; off when not set."""
    extractor_model: Annotated[
        str | None, StringConstraints(pattern=r"^[!-~]{1,200}$"), Field(validate_default=True)
    ] = None
    """The language model there."""
    extractor_key: SecretStr | None = None
    """The endpoint's key, where it wants one."""
    extractor_texts: Annotated[int, Field(ge=0)] = 200
    """How many texts a run asks about, at most; the others wait for the next run."""
    extractor_time_limit_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 60.0
    """Seconds after which one answer is not waited for any longer, its retries included."""

    @field_validator("sources", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("sources")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(value) - set(SOURCES)):
            raise ValueError(f"no such source: {', '.join(unknown)}; there is: {', '.join(SOURCES)}")
        if not value:
            raise ValueError(f"name at least one source; there is: {', '.join(SOURCES)}")
        return value

    @field_validator("huggingface_minimum_downloads", mode="before")
    @classmethod
    def _none(cls, value: object) -> object:
        return None if value == "-" else value

    @field_validator("extractor_url")
    @classmethod
    def _has_a_port_that_can_be(cls, value: str | None) -> str | None:
        _ = urlsplit(value or "").port
        return value

    @field_validator("extractor_key")
    @classmethod
    def _fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        key = value.get_secret_value().strip() if value else ""
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError("holds a space or another character that no header carries")
        return SecretStr(key) if key else None

    @field_validator("extractor_model")
    @classmethod
    def _both_or_none(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "extractor_url" in info.data and (value is None) != (info.data["extractor_url"] is None):
            raise ValueError("an extractor needs both PASSPORTS_EXTRACTOR_URL and PASSPORTS_EXTRACTOR_MODEL")
        return value

    @field_validator("huggingface_author", "huggingface_task", "huggingface_limit")
    @classmethod
    def _filters_a_list(cls, value: str | int | None, info: ValidationInfo) -> str | int | None:
        if value is not None and info.data.get("huggingface_minimum_downloads", 0) is None:
            raise ValueError(
                "chooses from the Hub's list, which PASSPORTS_HUGGINGFACE_MINIMUM_DOWNLOADS=- leaves alone"
            )
        return value

    @property
    def hub_list(self) -> ListQuery | None:
        """What a refresh asks for of the Hub's list; None where it is not gone through."""
        if self.huggingface_minimum_downloads is None:
            return None
        return ListQuery(
            minimum_downloads=self.huggingface_minimum_downloads,
            author=self.huggingface_author,
            task=self.huggingface_task,
            limit=self.huggingface_limit,
        )

    @property
    def budgets(self) -> dict[str, int]:
        """Source → records of it that may be asked for one by one in a run."""
        return {
            "openrouter": self.openrouter_budget,
            "huggingface": self.huggingface_budget,
            "github": self.github_budget,
        }

    @property
    def source_urls(self) -> dict[str, str]:
        """Source → its root."""
        return {source: getattr(self, f"{source}_url") for source in SOURCES}

    @field_validator("base_url", "openrouter_url", "huggingface_url", "modelsdev_url", "github_url", "extractor_url")
    @classmethod
    def _without_slash(cls, value: str | None) -> str | None:
        return value.rstrip("/") if value else value


def read_settings(**chosen: object) -> Settings:
    """Read the settings; what is `chosen` (and not None) wins over the environment. Raise SettingsError."""
    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = f"PASSPORTS_{str(first['loc'][0]).upper()}"
        raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None


def gates_of(settings: Settings) -> Gates:
    """Read the gates; raise SettingsError when the file is none, or leaves out a source."""
    if settings.gates_file is None:
        return default_gates()
    try:
        gates = read_gates(settings.gates_file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"PASSPORTS_GATES_FILE: {settings.gates_file}: {error}") from None
    if missing := sorted(default_gates().keys() - gates.keys()):
        raise SettingsError(f"PASSPORTS_GATES_FILE: {settings.gates_file}: add a gate of {', '.join(missing)}")
    return gates
