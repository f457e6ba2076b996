"""Finds the failure mode behind a sentence of a passport, so that its remedy can be shown."""

import re
from collections.abc import Iterator
from functools import lru_cache

from pipelines.enrich.templates import PLACE
from pipelines.rules.failure_modes import FailureMode
from pipelines.rules.rulebook import rulebook


def mode_of(text: str) -> FailureMode | None:
    """The failure mode whose sentence this is, with any values filled in; None where our rules have no such sentence.

    A passport that was made by other rules may hold sentences of theirs.
    """
    if found := _exact().get(text):
        return found
    return next((mode for pattern, mode in _filled() if pattern.fullmatch(text)), None)


@lru_cache(maxsize=1)
def _exact() -> dict[str, FailureMode]:
    return {mode.text: mode for mode in rulebook().failure_modes.failure_mode}


@lru_cache(maxsize=1)
def _filled() -> tuple[tuple[re.Pattern[str], FailureMode], ...]:
    return tuple(_patterns())


def _patterns() -> Iterator[tuple[re.Pattern[str], FailureMode]]:
    for mode in rulebook().failure_modes.failure_mode:
        parts = PLACE.split(mode.text)[::2]  # every second part is the name of a fact
        if len(parts) > 1:
            yield re.compile(".+".join(map(re.escape, parts)), re.DOTALL), mode
