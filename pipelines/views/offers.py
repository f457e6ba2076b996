"""Puts prices and providers of a model into words."""

from decimal import Decimal
from typing import Any

from pipelines.formats.decimals import plain
from pipelines.normalise.prices import UNCLEAR_UNIT

Json = dict[str, Any]

MILLION = 10**6


def provider_words(provider: Json) -> str:
    """A provider of a model in one line: its name, state, precision and uptime."""
    uptime = f", {provider['uptime_percent']} % up" if provider["uptime_percent"] else ""
    precision = provider["quantization"] or "precision not stated"
    return f"{provider['name']} ({provider['tag']}): {provider['status']}, {precision}{uptime}"


def price_words(price: Json) -> str:
    """A price in one line, of tokens also for a million of them, with the conditions under which it holds."""
    when = "".join(f", {name} {bound}" for name, bound in price.get("when", {}).items())
    if price["unit"] == UNCLEAR_UNIT:
        return f"${price['usd']} for {price['kind']} input, in a unit that is unclear{when}"
    million = f" (${plain(Decimal(price['usd']) * MILLION)} a million)" if "token" in price["unit"] else ""
    return f"${price['usd']} per {price['unit']}{million}{when}"
