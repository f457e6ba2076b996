"""Removes our own secrets from what a crawl writes: a source can repeat a token that was sent to it."""

import json
import re

from scrapy.settings import BaseSettings

from schemas.crawl import QuarantinedLine
from schemas.lines import RecordLine
from schemas.listing import Quarantined
from schemas.sources import CRAWLS

SECRETS = tuple(crawl.key_variable for crawl in CRAWLS.values() if crawl.key_variable)
"""Settings that hold a secret."""

HIDDEN = "***"

SHORTEST = 6
"""Fewest characters of a secret; a shorter one protects nothing, and occurs in many words."""

MARK = re.compile(r"(?:[a-z][a-z0-9]{0,7}[-_]){1,3}")
"""The prefix that all tokens of one kind have: "hf_", "github_pat_", "sk-or-v1-"."""

BEHIND_MARK, LEAST = 6, 12
"""Characters by which a token is recognised: so many after its prefix, and no fewer in all. Fewer would also match
hashes that begin alike."""


def secrets_of(settings: BaseSettings) -> tuple[str, ...]:
    """The secrets that are set, as JSON writes them within a text; the longest first."""
    found = (settings[name].get_secret_value() for name in SECRETS)
    return tuple(
        sorted({json.dumps(secret, ensure_ascii=False)[1:-1] for secret in found if len(secret) >= SHORTEST}, key=len)[
            ::-1
        ]
    )


def set_aside(line: RecordLine, text: bytes, secrets: tuple[str, ...]) -> RecordLine:
    """Return the line, or its quarantine without body where it repeats a secret: redacted, its hash would differ."""
    if isinstance(line, QuarantinedLine) or not secrets or not _shows(text.decode(), secrets):
        return line
    reason = "repeats one of our tokens, which must not be published: replace the token"
    return QuarantinedLine(quarantined=Quarantined.of(line.raw, "fetch", reason, raw=""))


def without_secrets(text: str, secrets: tuple[str, ...]) -> str:
    """Hide the secrets in a line, also where a message was cut within one and only its beginning is left."""
    for secret in secrets:
        least = _least(secret)
        if secret[:least] in text:
            for length in range(len(secret), least - 1, -1):
                text = text.replace(secret[:length], HIDDEN)
    return text


def _shows(text: str, secrets: tuple[str, ...]) -> bool:
    return any(secret[: _least(secret)] in text for secret in secrets)


def _least(secret: str) -> int:
    """How many characters of a secret tell it from other texts."""
    mark = MARK.match(secret)
    return max(LEAST, (mark.end() if mark else 0) + BEHIND_MARK)
