"""Counts how often a catalogue confirms what passports claim, and derives the confidence of a claim from that."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from benchmarks.catalogues import SPOKEN_OF, Answers
from pipelines.rules.issuing import posterior_mean


class Count(NamedTuple):
    """How often one capability is claimed by passports, by the catalogue, by both and by neither."""

    capability: str
    both: int
    only_ours: tuple[str, ...]
    only_theirs: tuple[str, ...]
    neither: int

    @property
    def claimed(self) -> int:
        """Number of our claims that the catalogue states or denies."""
        return self.both + len(self.only_ours)

    @property
    def precision(self) -> float | None:
        """Share of our claims that the catalogue states too; None where we claim nothing."""
        return self.both / self.claimed if self.claimed else None

    @property
    def recall(self) -> float | None:
        """Share of what the catalogue states that we claim; None where it states nothing."""
        theirs = self.both + len(self.only_theirs)
        return self.both / theirs if theirs else None

    @property
    def confidence(self) -> float:
        """The confidence of a single claim."""
        return posterior_mean(self.both, self.claimed)


def compare(ours: Mapping[str, AbstractSet[str]], theirs: Answers) -> list[Count]:
    """Return the count of each capability that the catalogue answers, over the ids that both have."""
    common = sorted(ours.keys() & theirs.keys())
    stated = {name: {i: theirs[i][name] for i in common if name in theirs[i]} for name in SPOKEN_OF}
    return [_count(name, ours, answers) for name, answers in stated.items() if answers]


def _count(name: str, ours: Mapping[str, AbstractSet[str]], stated: Mapping[str, bool]) -> Count:
    return Count(
        name,
        sum(1 for i, yes in stated.items() if yes and name in ours[i]),
        tuple(i for i, yes in stated.items() if not yes and name in ours[i]),
        tuple(i for i, yes in stated.items() if yes and name not in ours[i]),
        sum(1 for i, yes in stated.items() if not yes and name not in ours[i]),
    )


def brier(counts: list[Count]) -> float:
    """Return the mean squared difference of claims' confidence and whether they were confirmed; 0 is perfect."""
    total = sum(c.both * (1 - c.confidence) ** 2 + len(c.only_ours) * c.confidence**2 for c in counts)
    return total / sum(c.claimed for c in counts)


def table(title: str, counts: list[Count]) -> None:
    """Print the counts of one comparison as a table."""
    print(
        f"\n{title}\n{'capability':<22}{'both':>6}{'ours':>6}{'theirs':>8}{'neither':>9}{'precision':>11}{'recall':>8}"
    )
    for c in counts:
        sizes = f"{c.both:>6}{len(c.only_ours):>6}{len(c.only_theirs):>8}{c.neither:>9}"
        print(f"{c.capability:<22}{sizes}{share(c.precision):>11}{share(c.recall):>8}")


def share(of: float | None) -> str:
    """Format a share with three decimals, as a dash where there is none."""
    return "-" if of is None else f"{of:.3f}"


def disagreements(counts: list[Count]) -> Iterator[tuple[str, str, str]]:
    """Yield capability, id and the side ("ours" or "theirs") that alone states it, for each disagreement."""
    for c in counts:
        yield from ((c.capability, listing_id, "ours") for listing_id in c.only_ours)
        yield from ((c.capability, listing_id, "theirs") for listing_id in c.only_theirs)
