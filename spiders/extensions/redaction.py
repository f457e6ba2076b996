"""Keeps our own secrets out of what a crawl leaves behind: a source can repeat a token that was shown to it."""

import json
import re

from scrapy.settings import BaseSettings

from schemas.crawl import QuarantinedLine
from schemas.lines import RecordLine
from schemas.listing import Quarantined
from schemas.sources import CRAWLS

SECRETS = tuple(crawl.key_variable for crawl in CRAWLS.values() if crawl.key_variable)
"""Settings that hold one."""

HIDDEN = "***"

SHORTEST = 6
"""Characters; what is shorter protects nothing, and stands in many a word."""

MARK = re.compile(r"(?:[a-z][a-z0-9]{0,7}[-_]){1,3}")
"""How tokens of one kind all begin: "hf_", "github_pat_", "sk-or-v1-"."""

BEHIND_MARK, LEAST = 6, 12
"""Characters of a token that are told from any other text: so many behind its mark, and no fewer in all. Fewer would be
found in hashes that begin alike."""


def secrets_of(settings: BaseSettings) -> tuple[str, ...]:
    """Give the secrets that are set, as JSON writes them within a text; the longest first."""
    found = (settings[name].get_secret_value() for name in SECRETS)
    return tuple(
        sorted({json.dumps(secret, ensure_ascii=False)[1:-1] for secret in found if len(secret) >= SHORTEST}, key=len)[
            ::-1
        ]
    )


def set_aside(line: RecordLine, text: bytes, secrets: tuple[str, ...]) -> RecordLine:
    """Quarantine a record whose line repeats a secret, with its body left out: another would not have its hash."""
    if isinstance(line, QuarantinedLine) or not secrets or not _shows(text.decode(), secrets):
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
    """Hide the secrets in a line as it is written, and what is left of one where a message was cut within it."""
    for secret in secrets:
        least = _least(secret)
        if secret[:least] in text:
            for length in range(len(secret), least - 1, -1):
                text = text.replace(secret[:length], HIDDEN)
    return text


def _shows(text: str, secrets: tuple[str, ...]) -> bool:
    return any(secret[: _least(secret)] in text for secret in secrets)


def _least(secret: str) -> int:
    """How many characters of a secret are enough to be told from other texts."""
    mark = MARK.match(secret)
    return max(LEAST, (mark.end() if mark else 0) + BEHIND_MARK)
