"""Values that a hostile source may send instead of any other, and random changes of JSON documents with them."""

import copy
import random
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]
"""Keys and indexes from the document down to a value."""

TEXTS = (
    "", " ", "\x00", "\n", "\u200b", "GPT\u200b-4", "\u202eevil", "\u2066x\u2069", "\ufeff", "e\u0301", "\u041epenAI",
    "\ud800", "\udc00x", "a\ud83d", "\U0001f600", "\U0010ffff", "\ufffe", "A" * 201, "a/b", "../../etc/passwd", "-rf",
    "javascript:alert(1)", "<script>alert(1)</script>", "](http://evil.example)", "${x}", "%s%n", "{{7*7}}", "~0~1/",
    "1e400", "-0", "NaN", "0x10", "9" * 400, "1_000", "\u0661\u0662", "0.1e-400", "1" + "0" * 5000, "2099-12-31",
    "9999-12-31T23:59:59Z", "0000-00-00", "2026-02-30", "2026-06-01T09:00:60Z", "true", "null", "__proto__",
    "a" * 70_000,
)  # fmt: skip
NUMBERS = (
    0, -1, 1, 2**31, 2**53 - 1, 2**53, 2**63, 2**64, -(2**63), 10**400, 0.0, -0.0, 0.1, 1e-7, 1e21, 1e308, 5e-324,
    253402300800, 10**15, -(10**12),
)  # fmt: skip
OTHERS = (None, True, False, [], {}, [[]], [None], {"": None}, {"a": {"a": {"a": {}}}}, ["x"] * 300, [1, "1", True])
VALUES: tuple[Any, ...] = (*TEXTS, *NUMBERS, *OTHERS)


def places(value: object, at: Path = ()) -> Iterator[Path]:
    """Yield the path of every value below this one."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield (*at, key)
        yield from places(below, (*at, key))


def at_path(value: Any, path: Path) -> Any:  # noqa: ANN401 - JSON can be anything
    """Return the value at a path."""
    for key in path:
        value = value[key]
    return value


def deep(levels: int) -> object:
    """Return a list nested `levels` deep."""
    value: object = []
    for _ in range(levels):
        value = [value]
    return value


def nudged(value: object, chance: random.Random) -> object:
    """Return a value of the same type that differs little: by one character or by a small number."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + chance.choice((-1, 1, 10, 2**53))
    if isinstance(value, float):
        return value + chance.choice((-0.01, 0.01, 1e-9, 1.0))
    if isinstance(value, str):
        place = chance.randrange(len(value) + 1)
        changed = chance.choice((*"aZ0- ./:", "\u200b", "\u0301", "\u0430", "\n", "\x00"))
        return value[:place] + changed + value[place + chance.randrange(2) :]
    return chance.choice(VALUES)


def spoiled(document: Any, chance: random.Random) -> Any:  # noqa: ANN401 - JSON can be anything
    """Return a copy of an object or a list with a random change at one place."""
    made = copy.deepcopy(document)
    path = chance.choice(list(places(made)))
    holder, key = at_path(made, path[:-1]), path[-1]
    way = chance.randrange(10)
    if way < 4:
        holder[key] = chance.choice(VALUES)
    elif way < 6:
        holder[key] = nudged(holder[key], chance)
    elif way == 6:
        del holder[key]
    elif isinstance(holder, list):
        _spoil_list(holder, chance)
    else:
        _spoil_object(holder, str(key), chance)
    return made


def _spoil_list(items: list[Any], chance: random.Random) -> None:
    way = chance.randrange(4)
    if way == 0:
        items.append(copy.deepcopy(chance.choice(items)))
    elif way == 1:
        items.insert(chance.randrange(len(items) + 1), chance.choice(VALUES))
    elif way == 2:
        items.reverse()
    else:
        items.extend(items * chance.choice((1, 20, 200)))


def _spoil_object(fields: dict[str, Any], key: str, chance: random.Random) -> None:
    way = chance.randrange(4)
    if way == 0:
        fields[chance.choice((key.upper(), f"{key} ", f"{key}\u200b", "", "__proto__", "\ud800"))] = fields.pop(key)
    elif way == 1:
        fields[chance.choice(("evil", *TEXTS[:40]))] = chance.choice(VALUES)
    elif way == 2:
        fields[key] = deep(chance.choice((5, 40, 300)))
    else:
        fields[key] = [fields[key]]
