"""Keeps our own secrets out of what a crawl leaves behind: a source can repeat a token that was shown to it."""

import json

from scrapy.settings import BaseSettings

from schemas.crawl import AdmittedLine, QuarantinedLine
from schemas.listing import Quarantined

SECRETS = ("OPENROUTER_API_KEY", "HF_TOKEN", "GITHUB_TOKEN")
"""Settings that hold one."""

HIDDEN = "***"

SHORTEST = 6
"""Characters; what is shorter protects nothing, and stands in many a word."""


def secrets_of(settings: BaseSettings) -> tuple[str, ...]:
    """Give the secrets that are set, as JSON writes them within a text; the longest first."""
    found = (settings[name].get_secret_value() for name in SECRETS)
    return tuple(
        sorted({json.dumps(secret, ensure_ascii=False)[1:-1] for secret in found if len(secret) >= SHORTEST}, key=len)[
            ::-1
        ]
    )


def set_aside(line: AdmittedLine | QuarantinedLine, secrets: tuple[str, ...]) -> AdmittedLine | QuarantinedLine:
    """Quarantine a record that repeats a secret, with its body left out: another body would not have its hash."""
    if isinstance(line, QuarantinedLine) or not any(secret in line.model_dump_json() for secret in secrets):
        return line
    raw = line.raw
    quarantined = Quarantined(
        stage="fetch",
        source=raw.source,
        id=raw.id,
        field="",
        reason="repeats a token of ours, which must not be published: have the token renewed",
        observed_at=raw.observed_at,
        raw="",
    )
    return QuarantinedLine(quarantined=quarantined)


def without_secrets(text: str, secrets: tuple[str, ...]) -> str:
    """Hide the secrets in a line as it is written."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text
