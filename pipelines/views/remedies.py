"""Finds the failure mode behind a sentence of a passport, so that its remedy can be shown."""

import re
from collections.abc import Iterator
from functools import lru_cache

from pipelines.rules.failure_modes import PLACE, FailureMode, MergedModes
from pipelines.rules.rulebook import failure_modes


def mode_of(text: str) -> FailureMode | MergedModes | None:
    """The failure mode whose sentence this is, with any values filled in; None where our rules have no such sentence.

    A passport that was made by other rules may hold sentences of theirs.
    """
    if found := _exact().get(text):
        return found
    return next((mode for pattern, mode in _filled() if pattern.fullmatch(text)), None)


@lru_cache(maxsize=1)
def _exact() -> dict[str, FailureMode]:
    return {mode.text: mode for mode in failure_modes().failure_mode}


@lru_cache(maxsize=1)
def _filled() -> tuple[tuple[re.Pattern[str], FailureMode | MergedModes], ...]:
    return tuple(_patterns())


def _patterns() -> Iterator[tuple[re.Pattern[str], FailureMode | MergedModes]]:
    table = failure_modes()
    modes: tuple[FailureMode | MergedModes, ...] = (*table.failure_mode, *table.merged)
    for mode in modes:
        parts = PLACE.split(mode.text)[::2]  # every second part is the name of a fact
        if len(parts) > 1:
            yield re.compile(".+".join(map(re.escape, parts)), re.DOTALL), mode
