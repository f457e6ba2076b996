"""The brief of a passport: what it states, short enough for a prompt, with dates in the place of verdicts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import orjson

from pipelines.views.index_rows import price_per_million

Json = Mapping[str, Any]

MAX_BRIEF_BYTES: Final = 4096
"""Most bytes of a brief, signature included."""
ENVELOPE_BYTES: Final = 320
"""Bytes that its signature and what names it take, at most."""
LONGEST_NAME, LONGEST_LINE = 120, 240
_SHORTENED: Final = (
    ("failure_modes", 3),
    ("capabilities", 3),
    ("purposes", 1),
    ("failure_modes", 0),
    ("capabilities", 0),
)
"""Lists that lose their last entries where a brief is too long, each down to so many, in this order."""


def brief_of(passport: Json, sha256: str) -> dict[str, Any]:
    """Return the brief of a passport; `passport` is the `passport` object of its envelope, `sha256` the envelope's.

    Whether it is fresh or expired is for the reader to judge, by its dates. What was left out is counted in
    `left_out`.
    """
    brief = _whole(passport, sha256)
    brief["left_out"] = dict.fromkeys(("purposes", "capabilities", "failure_modes"), 0)
    for name, fewest in _SHORTENED:
        while len(orjson.dumps(brief)) > MAX_BRIEF_BYTES - ENVELOPE_BYTES and len(brief[name]) > fewest:
            brief[name].pop()
            brief["left_out"][name] += 1
    return brief


def _whole(passport: Json, sha256: str) -> dict[str, Any]:
    unfragile = passport["unfragile"]
    artifact, trust, model = unfragile["artifact"], unfragile["trust"], unfragile["artifact"].get("model") or {}
    first: Json = next(iter((trust.get("freshness") or {}).get("sources", ())), {})
    free, prices = artifact["pricing"]["free"], model.get("prices", ())
    return {
        "slug": artifact["slug"],
        "name": _short(artifact["name"], LONGEST_NAME),
        "passport_sha256": sha256,
        "signed_by": passport["signedBy"],
        "signed_at": passport["signedAt"],
        "expires_at": passport.get("expiresAt"),
        "last_scraped_at": trust["maintenance"]["last_scraped_at"],
        "due_after": first.get("due_after"),
        "stale_after": first.get("stale_after"),
        "ends_on": model.get("expires_on"),
        "status": artifact["status"],
        "maker_verified": trust["verified"],
        "score": trust["score"],
        "data_access_risk": trust["data_access_risk"],
        "zero_retention": (model.get("data_handling") or {}).get("zero_retention"),
        "free": free,
        "prompt_usd_per_million": _exact(price_per_million(prices, "prompt", free=free)),
        "completion_usd_per_million": _exact(price_per_million(prices, "completion", free=free)),
        "context_tokens": model.get("context_tokens"),
        "max_output_tokens": model.get("max_output_tokens"),
        "purposes": [_short(one["name"], LONGEST_NAME) for one in unfragile.get("purposes", ())],
        "capabilities": [_short(one["name"], LONGEST_NAME) for one in unfragile["capabilities"]],
        "failure_modes": [_short(text, LONGEST_LINE) for text in trust["failure_modes"]],
    }


def _exact(price: float | None) -> str | None:
    """Return a price as text, as signed numbers must be the same in every language."""
    return None if price is None else format(Decimal(repr(price)), "f")


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
