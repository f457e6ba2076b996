"""Counting how often what passports claim is what a catalogue says, and what confidence the counts give."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from benchmarks.catalogues import SPOKEN_OF, Answers
from pipelines.rules.issuing import posterior_mean


class Count(NamedTuple):
    """How often one capability is claimed, and how often the catalogue has it."""

    capability: str
    both: int
    only_ours: tuple[str, ...]
    only_theirs: tuple[str, ...]
    neither: int

    @property
    def claimed(self) -> int:
        """Claims of ours that the catalogue speaks of."""
        return self.both + len(self.only_ours)

    @property
    def precision(self) -> float | None:
        """Of what we claim, how much they have; None where nothing is claimed."""
        return self.both / self.claimed if self.claimed else None

    @property
    def recall(self) -> float | None:
        """Of what they have, how much we claim; None where they have nothing."""
        theirs = self.both + len(self.only_theirs)
        return self.both / theirs if theirs else None

    @property
    def confidence(self) -> float:
        """What a single claim deserves."""
        return posterior_mean(self.both, self.claimed)


def compare(ours: Mapping[str, AbstractSet[str]], theirs: Answers) -> list[Count]:
    """Count on every id that both know, each capability that the catalogue speaks of."""
    common = sorted(ours.keys() & theirs.keys())
    said = {name: {i: theirs[i][name] for i in common if name in theirs[i]} for name in SPOKEN_OF}
    return [_count(name, ours, answers) for name, answers in said.items() if answers]


def _count(name: str, ours: Mapping[str, AbstractSet[str]], said: Mapping[str, bool]) -> Count:
    return Count(
        name,
        sum(1 for i, yes in said.items() if yes and name in ours[i]),
        tuple(i for i, yes in said.items() if not yes and name in ours[i]),
        tuple(i for i, yes in said.items() if yes and name not in ours[i]),
        sum(1 for i, yes in said.items() if not yes and name not in ours[i]),
    )


def brier(counts: list[Count]) -> float:
    """Mean squared distance of each claim's confidence from whether it was confirmed; 0 is perfect."""
    total = sum(c.both * (1 - c.confidence) ** 2 + len(c.only_ours) * c.confidence**2 for c in counts)
    return total / sum(c.claimed for c in counts)


def table(title: str, counts: list[Count]) -> None:
    """Print one comparison."""
    print(
        f"\n{title}\n{'capability':<22}{'both':>6}{'ours':>6}{'theirs':>8}{'neither':>9}{'precision':>11}{'recall':>8}"
    )
    for c in counts:
        sizes = f"{c.both:>6}{len(c.only_ours):>6}{len(c.only_theirs):>8}{c.neither:>9}"
        print(f"{c.capability:<22}{sizes}{share(c.precision):>11}{share(c.recall):>8}")


def share(of: float | None) -> str:
    """A share with three decimals, a dash where there is none."""
    return "-" if of is None else f"{of:.3f}"


def disagreements(counts: list[Count]) -> Iterator[tuple[str, str, str]]:
    """Each capability, id and side ("ours" or "theirs") that alone says it."""
    for c in counts:
        yield from ((c.capability, listing_id, "ours") for listing_id in c.only_ours)
        yield from ((c.capability, listing_id, "theirs") for listing_id in c.only_theirs)
