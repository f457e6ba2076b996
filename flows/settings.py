"""Settings, read from the environment once, where a command or a flow begins."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from flows.errors import FlowError

SOURCES = ("openrouter",)
"""Sources that can be crawled, one spider each."""

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
    sources: Annotated[tuple[str, ...], NoDecode] = SOURCES
    """What a refresh crawls, separated by commas."""
    endpoints: bool = False
    """Whether a refresh asks for every model's endpoints too: one more request a model. A re-scrape always does."""
    contact: str = "https://unfragile.ai"
    """Address in the User-Agent, for whoever runs the source."""
    gates_file: Path | None = None
    """Gates to use instead of those beside the code, for a source of another size."""
    crawl_time_limit_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 900.0
    """Seconds after which a crawl is stopped and counts as failed."""

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

    @field_validator("base_url", "openrouter_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")


def read_settings(**chosen: object) -> Settings:
    """Read the settings; what is `chosen` (and not None) wins over the environment. Raise SettingsError."""
    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = f"PASSPORTS_{str(first['loc'][0]).upper()}"
        raise SettingsError(f"{name}: {first['msg']}") from None
