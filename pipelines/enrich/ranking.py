"""Orders the limitations of a model for the trust block, by the ranks of failure_modes.toml."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from pipelines.rules.failure_modes import MergedModes
from pipelines.rules.rulebook import rulebook


class WordedLimit(NamedTuple):
    """A limitation of a model, as its passport words it."""

    mode: str | None
    """Id of its failure mode; None for a sentence of a text that no failure mode covers."""
    text: str


class TrustLine(NamedTuple):
    """One line of the trust block."""

    text: str
    merged: MergedModes | None = None
    """The rule by which it stands for several limitations."""
    modes: tuple[str, ...] = ()
    """Ids of the failure modes that it stands for, where it is merged."""


def ranked(limits: Iterable[WordedLimit]) -> list[TrustLine]:
    """The lines for all limitations, the most important first; those that are merged are one line."""
    order, merging = _order(), _merging()
    in_order = sorted(limits, key=lambda one: order[one.mode])
    modes = [*dict.fromkeys(one.mode for one in in_order if one.mode)]
    lines: dict[str, TrustLine] = {}
    for limit in in_order:
        parts = merging[limit.mode].parts if limit.mode in merging else {}
        shared = [mode for mode in modes if mode in parts] if parts else []
        line = _shared_line(tuple(shared)) if len(shared) > 1 else TrustLine(limit.text)
        lines.setdefault(line.text, line)
    return [*lines.values()]


@lru_cache(maxsize=1024)
def _shared_line(modes: tuple[str, ...]) -> TrustLine:
    """The one line of several modes that a rule merges; cached, since many models have the same modes."""
    rule = _merging()[modes[0]]
    return TrustLine(rule.text.format(parts=", ".join(rule.parts[mode] for mode in modes)), rule, modes)


@lru_cache(maxsize=1)
def _merging() -> dict[str, MergedModes]:
    """Failure mode → the first rule that merges it with others."""
    return {mode: rule for rule in reversed(rulebook().failure_modes.merged) for mode in rule.parts}


@lru_cache(maxsize=1)
def _order() -> dict[str | None, int]:
    """Failure mode → its place; None → that of sentences that no mode covers, which remain in their order."""
    table = rulebook().failure_modes
    named = {mode for rank in table.rank for mode in rank.modes}
    places: dict[str | None, int] = {None: 0}
    place = 0
    for rank in table.rank:
        for place, mode in enumerate(rank.modes, place + 1):  # noqa: B020 - goes on from the rank before
            places[mode] = place
        place += 1
        if rank.sentences:
            places[None] = place
        if rank.rest:
            places |= {mode.id: place for mode in table.failure_mode if mode.id not in named}
    return places
