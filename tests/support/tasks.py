"""The table of tasks that agents often have, in tests/tasks/tasks.toml."""

import tomllib
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).parents[1] / "tasks/tasks.toml"


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


def tasks() -> list[Task]:
    return [
        Task(
            row["task"], tuple(row["calls"]), row["made"], tuple(row["finds"]), tuple(row["not"]),
            tuple(row.get("outputs", ("text",))),
        )
        for row in tomllib.loads(TABLE.read_text("utf-8"))["task"]
    ]  # fmt: skip
