"""Puts what a model costs into rows: its listed prices for a million tokens, and how far its providers' differ."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pipelines.formats.decimals import plain
from pipelines.normalise.prices import UNCLEAR_UNIT
from pipelines.views.brief.layout import Row

Json = dict[str, Any]

MILLION = 10**6
CENT = Decimal("0.01")


def price_rows(artifact: Json) -> Iterator[Row]:
    """Yield a row for each price: that of the listing, and the lowest and highest of the endpoints that serve it."""
    model = artifact["model"]
    cells = [(_name(price), _amount(price), *_spread(price, model["providers"])) for price in model["prices"]]
    if any(lowest for _, _, lowest, _ in cells):
        cells.insert(0, ("", "listed", "lowest of its endpoints", "highest"))
    listed, lowest = (max((len(row[column]) for row in cells), default=0) for column in (1, 2))
    notes = ["" for _ in cells[: len(cells) - len(model["prices"])]] + [_note(price) for price in model["prices"]]
    for (name, price, low, high), note in zip(cells, notes, strict=True):
        spread = f"  {low:<{lowest}}  {high}" if low else ""
        yield Row(name, f"{price:>{listed}}{spread}{note}".rstrip())
    if model["prices"] and artifact["pricing"]["model"] == "unknown":
        made = " and ".join(word for word in model["output_modalities"] if word != "text")
        yield Row("", f"what its {made} costs no record states: $0 is not for all of it")
    if offers := [f"{offer['id']}{' (free)' if offer['free'] else ''}" for offer in model["offers"][1:]]:
        yield Row("also offered as", ", ".join(offers))


def _spread(listed: Json, providers: list[Json]) -> tuple[str, str]:
    """The lowest and highest price of its kind at endpoints that are not down; "" where none states one."""
    asked = [
        (Decimal(price["usd"]), provider["name"], price)
        for provider in providers
        if provider["status"] != "down"
        for price in provider["prices"]
        if price["kind"] == listed["kind"] and "when" not in price
    ]
    if not asked or "when" in listed or listed["unit"] == UNCLEAR_UNIT:
        return "", ""
    lowest, highest = min(asked, key=lambda one: one[0]), max(asked, key=lambda one: one[0])
    if lowest[0] == highest[0]:
        return f"{_amount(lowest[2])} {lowest[1] if len(asked) == 1 else f'each of {len(asked)}'}", ""
    return f"{_amount(lowest[2])} {lowest[1]}", f"{_amount(highest[2])} {highest[1]}"


def _name(price: Json) -> str:
    """What is paid for: "prompt", "cached prompt read"."""
    if price["unit"] == UNCLEAR_UNIT:
        return f"{price['kind']} input"
    words = [word for word in price["unit"].split() if word != "token"]
    return " ".join(words) if _is_of_tokens(price) else f"each {price['unit']}"


def _amount(price: Json) -> str:
    """The price in dollars, of tokens for a million of them, with cents where it has any."""
    usd = Decimal(price["usd"]) * (MILLION if _is_of_tokens(price) else 1)
    whole_cents = usd == usd.quantize(CENT) if usd < MILLION else False
    return f"${usd:,.2f}" if whole_cents and usd else f"${plain(usd)}"


def _note(price: Json) -> str:
    """That its unit is unclear, and when it holds."""
    unit = "in a unit that is unclear" if price["unit"] == UNCLEAR_UNIT else ""
    when = price.get("when", {})
    tokens = f"for prompts of {when['min_prompt_tokens']:,} tokens or more" if "min_prompt_tokens" in when else ""
    hours = f"from {when['utc_start']} to {when['utc_end']} UTC" if "utc_start" in when else ""
    return "".join(f"  {part}" for part in (unit, tokens, hours) if part)


def _is_of_tokens(price: Json) -> bool:
    return "token" in price["unit"].split()
