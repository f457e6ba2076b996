"""Where a language model is asked, from the settings."""

from typing import NamedTuple

from pydantic import SecretStr

from flows.settings import Settings


class Endpoint(NamedTuple):
    """An OpenAI-compatible endpoint, and how much it is asked."""

    url: str
    """Its root, with the version: what "/chat/completions" is put behind."""
    model: str
    key: SecretStr | None
    texts: int
    """How many texts a run asks about, at most."""
    time_limit_s: float
    """How long one answer is waited for, retries included."""


def endpoint_of(settings: Settings) -> Endpoint | None:
    """The endpoint that is set, None where none is: then nothing is asked."""
    if settings.extractor_url is None or settings.extractor_model is None:
        return None
    return Endpoint(
        url=settings.extractor_url,
        model=settings.extractor_model,
        key=settings.extractor_key,
        texts=settings.extractor_texts,
        time_limit_s=settings.extractor_time_limit_s,
    )
