"""The endpoint of a language model that the settings name; its client is imported only where there is one."""

from typing import NamedTuple

from pydantic import SecretStr

from flows.config.settings import Settings


class Endpoint(NamedTuple):
    """An OpenAI-compatible endpoint, and the limits on asking it."""

    url: str
    """Its root with the version, to which "/chat/completions" is appended."""
    model: str
    key: SecretStr | None
    texts: int
    """Most texts that a run asks about."""
    time_limit_s: float
    """Longest wait for one answer, in seconds, retries included."""


def endpoint_of(settings: Settings) -> Endpoint | None:
    """Return the endpoint of the settings; None where none is set, and nothing is asked."""
    if settings.extractor_url is None or settings.extractor_model is None:
        return None
    return Endpoint(
        url=settings.extractor_url,
        model=settings.extractor_model,
        key=settings.extractor_key,
        texts=settings.extractor_texts,
        time_limit_s=settings.extractor_time_limit_s,
    )
