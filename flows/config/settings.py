"""The settings, read from the environment once, when a command or a flow begins."""

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from flows.config.given_files import why_unread
from flows.config.source_settings import SourceSettings, Url
from flows.config.spelling import spelled
from flows.errors import SettingsError
from pipelines.rules.gates import Gates, default_gates, read_gates
from schemas.sources import CRAWLS

OPTIONS = {"sources": "--source", "store": "--store"}
"""Setting → the option by which commands override it."""


PREFIX = "PASSPORTS_"
"""What the variables of all settings begin with."""
OTHER_VARIABLES = ("PASSPORTS_RECORDINGS",)
"""Variables of ours that are no settings: the folder of larger recordings, for the tests."""


WANTED: Mapping[str, str] = MappingProxyType(
    {
        "float_parsing": "write a number",
        "finite_number": "write a finite number",
        "int_parsing": "write a whole number",
        "int_from_float": "write a whole number",
        "bool_parsing": "write true or false",
        "string_too_short": "is empty: write something, or leave it out",
    }
)
"""Kind of pydantic's error → what a value must be, where pydantic's words are about its input."""


class Settings(SourceSettings):
    """All settings; each is read from the environment variable PASSPORTS_<NAME>."""

    store: Annotated[str, StringConstraints(min_length=1)] = "./public"
    """Where passports are published: a directory, or s3://, gs://, az:// with bucket and prefix."""
    issuer: Annotated[str, spelled(r"[a-z0-9.-]{1,100}", "write a host name of lower-case letters")] = "unfragile.ai"
    """Who signs: `signedBy` of every passport."""
    base_url: Url = "https://unfragile.ai"
    """Public address of the store; page and link addresses begin with it."""
    signing_key: SecretStr | None = None
    """The signing key as a private JWK; for platforms that provide secrets in the environment."""
    signing_key_file: Path | None = None
    """File with the signing key as a private JWK; when not set, a file in the user's configuration folder."""
    registry_key: SecretStr | None = None
    """The key of snapshots and pointer, of a registry with a root, likewise."""
    registry_key_file: Path | None = None
    """File of that key; when not set, registry-key.jwk beside the signing key."""
    revocations_key: SecretStr | None = None
    """The key of the list of revocations, of a registry with a root, likewise."""
    revocations_key_file: Path | None = None
    """File of that key; when not set, revocations-key.jwk beside the signing key."""
    root: Annotated[str, StringConstraints(min_length=1)] | None = None
    """The root of trust of the store: a file, or its thumbprint. When not set, the one remembered for the store."""
    sources: tuple[str, ...] = tuple(CRAWLS)
    """Sources that a refresh crawls, separated by commas."""
    endpoints: bool = False
    """Whether a refresh crawls the endpoints of every model, one more request each. A re-scrape always does."""
    contact: str = "https://unfragile.ai"
    """Address in the User-Agent, at which a source's operator can reach the crawler's."""
    gates_file: Path | None = None
    """File of gates that replaces the built-in ones, for sources of another size."""
    crawl_time_limit_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 7200.0
    """Seconds after which a crawl is stopped and counts as failed."""
    metrics_file: Path | None = None
    """File that each run writes its metrics to, for the node exporter's textfile collector; none when not set."""
    work: Path | None = None
    """Folder for temporary files and resumable crawls; when not set, the system's folder and the user's cache."""

    allow_private: bool = False
    """Whether addresses given to `verify` and `--key` may lead to this machine or a private network."""

    task_runner: Literal["threads", "dask"] = "threads"
    """What builds the passports of a large batch: threads of the run's process, or the workers of a Dask cluster."""
    dask_scheduler: (
        Annotated[
            str, spelled(r"(tcp|tls)://[^\s/?#@]+", 'write the scheduler\'s address, as in "tls://10.0.0.5:8786"')
        ]
        | None
    ) = None
    """Address of the Dask scheduler ("tls://10.0.0.5:8786"); when not set, a cluster is started on this machine."""

    extractor_url: Url | None = None
    """An OpenAI-compatible endpoint ("http://127.0.0.1:11434/v1") that finds limits in texts; off when not set."""
    extractor_model: Annotated[
        Annotated[str, spelled(r"[!-~]{1,200}", "write a name without spaces, of at most 200 characters")] | None,
        Field(validate_default=True),
    ] = None
    """Name of the language model at that endpoint."""
    extractor_key: SecretStr | None = None
    """API key of the endpoint, where it needs one."""
    extractor_texts: Annotated[int, Field(ge=0)] = 200
    """Texts that a run sends to the extractor, at most; the others wait for the next run."""
    extractor_time_limit_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 60.0
    """Seconds that one answer may take, including its retries."""

    @field_validator("sources", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("sources")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(value) - CRAWLS.keys()):
            raise ValueError(f"unknown source: {', '.join(unknown)}; choose from {', '.join(CRAWLS)}")
        if not value:
            raise ValueError(f"name at least one source of {', '.join(CRAWLS)}")
        return value

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
            raise ValueError("contains a space or another character that an HTTP header cannot contain")
        return SecretStr(key) if key else None

    @field_validator("extractor_model")
    @classmethod
    def _both_or_none(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "extractor_url" in info.data and (value is None) != (info.data["extractor_url"] is None):
            raise ValueError("set both PASSPORTS_EXTRACTOR_URL and PASSPORTS_EXTRACTOR_MODEL, or neither")
        return value


def read_settings(**chosen: object) -> Settings:
    """Return the settings; values in `chosen` that are not None override the environment.

    Raise SettingsError, which names the environment variable, or the command's option that the value was given by.
    """
    given = {name: value for name, value in chosen.items() if value is not None}
    try:
        return Settings.model_validate({**_stated(os.environ), **given})
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        field = str(first["loc"][0])
        name = f"{PREFIX}{field.upper()}"
        name = OPTIONS.get(field, name) if field in given else name
        raise SettingsError(f"{name}: {_wanted(first)}") from None


def _stated(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that an environment states, as texts; a variable that is empty states nothing."""
    stated = {name.lower(): value for name, value in environment.items() if value}
    return {name: stated[key] for name in Settings.model_fields if (key := f"{PREFIX}{name}".lower()) in stated}


def _wanted(error: ErrorDetails) -> str:
    """Return what a value must be, in our words where pydantic's speak of its input."""
    return WANTED.get(error["type"], error["msg"].removeprefix("Value error, ").replace("Input should", "must"))


def unknown_variables(environment: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each variable that begins as settings do and is none, with the nearest name."""
    for name in sorted(name for name in environment if name.upper().startswith(PREFIX) and name not in OTHER_VARIABLES):
        if (own := name[len(PREFIX) :].lower()) not in Settings.model_fields:
            near = difflib.get_close_matches(own, Settings.model_fields, 1)
            meant = f": did you mean {PREFIX}{near[0].upper()}?" if near else ""
            yield f"{name} is no setting, so it has no effect{meant}"


def gates_of(settings: Settings) -> Gates:
    """Return the gates; raise SettingsError when their file cannot be read or lacks a source."""
    if settings.gates_file is None:
        return default_gates()
    try:
        gates = read_gates(settings.gates_file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"PASSPORTS_GATES_FILE: {settings.gates_file} {why_unread(error)}") from None
    except ValueError as error:
        raise SettingsError(f"PASSPORTS_GATES_FILE: {settings.gates_file}: {error}") from None
    if missing := sorted(default_gates().keys() - gates.keys()):
        raise SettingsError(f"PASSPORTS_GATES_FILE: {settings.gates_file}: add a gate for {', '.join(missing)}")
    return gates
