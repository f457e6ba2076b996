"""The table of tasks that agents often have, in tests/tasks/tasks.toml."""

import tomllib
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).parents[1] / "tasks/tasks.toml"
OTHER_WORDS = TABLE.with_name("other_words.toml")


class Task(NamedTuple):
    """A task in plain words, and what finds a model for it."""

    task: str
    calls: tuple[str, ...]
    """Names of the capabilities and ids of the purposes that it calls for."""
    made: str
    """Description of a made model that fits it."""
    finds: tuple[str, ...]
    """Listings of 2026-06-18 that fit it."""
    misses: tuple[str, ...]
    """Listings of that day that do not."""
    outputs: tuple[str, ...] = ("text",)


class WordedTask(NamedTuple):
    """A task in the words of somebody who had not read the intents."""

    task: str
    fits: tuple[str, ...]
    """Names of the capabilities and ids of the purposes that may come first."""


def tasks_in_other_words() -> list[WordedTask]:
    table = tomllib.loads(OTHER_WORDS.read_text("utf-8"))
    return [WordedTask(row["task"], tuple(row["fits"])) for row in table["task"]]


def tasks() -> list[Task]:
    return [
        Task(
            row["task"], tuple(row["calls"]), row["made"], tuple(row["finds"]), tuple(row["not"]),
            tuple(row.get("outputs", ("text",))),
        )
        for row in tomllib.loads(TABLE.read_text("utf-8"))["task"]
    ]  # fmt: skip
