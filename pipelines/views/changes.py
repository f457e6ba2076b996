"""Says in words what changed from one version of a passport to the next."""

import json

from pipelines.passport.changes import ValueChange

NAMES = {
    "/artifact/model/context_tokens": "context",
    "/artifact/model/max_output_tokens": "longest output",
    "/artifact/pricing/starting_price": "price",
    "/trust/status": "status",
}
"""Path → what people call the value."""
PRICES = "/artifact/model/prices/"
CONTAINERS = ("artifact", "model", "trust")
"""Parts of paths that name nothing that a reader would miss."""
UNITS = {"tokens": "tokens", "usd": "$", "bytes": "bytes", "percent": "%"}
"""How a key ends → the unit of its value."""
NOTHING = "nothing"


def in_words(change: ValueChange) -> str:
    """Return a change as "context: 32,768 → 131,072 tokens"; "capabilities tool-use: nothing → …" for what came."""
    unit = next((unit for ending, unit in UNITS.items() if change.path.endswith(ending)), "")
    return f"{_name(change.path)}: {_value(change.before)} → {_value(change.after)} {unit}".rstrip()


def _name(path: str) -> str:
    if named := NAMES.get(path):
        return named
    if path.startswith(PRICES):
        return f"price of {path.removeprefix(PRICES).removesuffix('/usd').replace('/', ' ')}"
    parts = [part.replace("~1", "/").replace("~0", "~") for part in path.strip("/").split("/")]
    return " ".join(part.replace("_", " ") for part in parts if part not in CONTAINERS) or path


def _value(value: object) -> str:
    match value:
        case None:
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return f"{value:,}"
        case str():
            return value
        case list():
            return ", ".join(str(one) for one in value) or NOTHING
    return json.dumps(value, ensure_ascii=False)
