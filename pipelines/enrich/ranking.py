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
    order = _order()
    in_order = sorted(limits, key=lambda one: order[one.mode])
    lines: dict[str, TrustLine] = {}
    for limit in in_order:
        line = _merged(limit, in_order)
        lines.setdefault(line.text, line)
    return [*lines.values()]


def _merged(limit: WordedLimit, limits: Iterable[WordedLimit]) -> TrustLine:
    """The line of a limitation: its own, or the one that it shares with others that the model has."""
    rule = _merging().get(limit.mode) if limit.mode else None
    modes = tuple(dict.fromkeys(one.mode for one in limits if one.mode in rule.parts if one.mode)) if rule else ()
    if rule is None or len(modes) == 1:
        return TrustLine(limit.text)
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
