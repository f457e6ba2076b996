"""Measures how well cards by individuals are read: on the labels of the recordings, and on cards drawn at random.

The labels of the recordings are halved by a hash of each card's path. The drawn cards were labelled before the reader
was run on them (docs/accuracy.md has what it found then); since it was corrected by what it missed, all figures here
are regression tests. A label may name several kinds and failure modes ("bias|limitation/plain"): each agrees.
"""

import hashlib
import json
import math
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.cards import DOUBTFUL, LEAST_OVERLAP, ROOT, Score, recordings
from pipelines.texts.cards import read_claims
from pipelines.texts.languages import language_of

FOLDER: Final = "huggingface/cards_community"
DRAWN_LABELS: Final = ROOT / "benchmarks/labels/community.jsonl"
HALVES: Final = ("developing", "held back")
DRAWN: Final = "drawn"
INDEPENDENT: Final = ("set A", "set B", "set C")
"""Draws that somebody labelled who had not read the rules; the other draws are one set."""

TOGETHER: Final = "together"
BOUNDS: Final = (0.93, 0.85, 0.92)
OTHER_BOUNDS: Final = (0.80, 0.60, 0.60)
LEAST: Final = {(name, "all"): BOUNDS for name in (*HALVES, DRAWN, *INDEPENDENT, TOGETHER)} | {
    (name, "other"): OTHER_BOUNDS for name in ("held back", TOGETHER)
}
"""Set and language ("en", "other" or "all") → least precision, recall, and share of right failure modes."""

Z_95: Final = 1.96
"""Standard deviations of a normal distribution within which 95 % lie."""

Labels = list[dict[str, Any]]
"""Sentences of one card, each with its first byte `start`, the byte `end` after its last, and its `label`."""


def half_of(path: str) -> str:
    """Half that a card belongs to: by the first byte of the SHA-256 of its path, even or odd."""
    return HALVES[hashlib.sha256(path.encode()).digest()[0] % 2]


def labelled(data: Path) -> Iterator[tuple[str, bytes, Labels]]:
    """Yield set, card and labels of each labelled card."""
    sets: dict[str, tuple[str, Labels]] = {}
    for row in _rows(data / FOLDER / "labels.jsonl"):
        sets[row["path"]] = (half_of(row["path"]), row["sentences"])
    for row in _rows(DRAWN_LABELS):
        sets[row["path"]] = (row["draw"] if row["draw"] in INDEPENDENT else DRAWN, row["sentences"])
    with tarfile.open(data / FOLDER / "cards.tar.xz") as archive:
        for member in archive:
            name = member.name.removeprefix("./")
            if name in sets and (file := archive.extractfile(member)):
                yield sets[name][0], file.read(), sets[name][1]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    return map(json.loads, path.read_text(encoding="utf-8").splitlines())


def measure(data: Path) -> dict[tuple[str, str], Score]:
    """Return set and language → score."""
    tallies: dict[tuple[str, str], Counter[str]] = {}
    for name, card, sentences in labelled(data):
        for language, what in _judged(card, sentences):
            for key in ((name, language), (name, "all"), (TOGETHER, language), (TOGETHER, "all")):
                tallies.setdefault(key, Counter())[what] += 1
    return {key: Score(**tally) for key, tally in tallies.items()}


def _judged(card: bytes, sentences: Labels) -> Iterator[tuple[str, str]]:
    """Yield the language of each label and claim, with what is counted of it: fields of `Score`."""
    claims = list(read_claims(card))
    for label in sentences:
        claim = next((claim for claim in claims if _same(claim.start, claim.end, label)), None)
        if claim:
            claims.remove(claim)
        kinds, modes = label["label"].split("/")
        if kinds.startswith(DOUBTFUL):
            continue
        language = language_of(card[label["start"] : label["end"]].decode("utf-8", "replace"))
        yield language, "found" if claim else "missed"
        if claim and claim.kind.replace("_", "-") in kinds.replace("_", "-").split("|"):
            yield language, "kind_agrees"
        if claim and (claim.name or "plain") in modes.split("|"):
            yield language, "mode_agrees"
    for claim in claims:
        yield language_of(claim.quote), "extra"


def _same(start: int, end: int, label: dict[str, Any]) -> bool:
    shared = min(end, label["end"]) - max(start, label["start"])
    return bool(shared >= LEAST_OVERLAP * max(end - start, label["end"] - label["start"]))


def within(key: tuple[str, str], score: Score) -> bool:
    """Whether a score reaches its bounds; those without bounds do."""
    figures = (score.precision, score.recall, score.mode_agrees / max(1, score.found))
    return all(figure >= least for figure, least in zip(figures, LEAST.get(key, (0, 0, 0)), strict=True))


def interval(count: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share: where the true one may well be, with so few sentences."""
    if not of:
        return 0.0, 1.0
    share, square = count / of, Z_95**2
    centre = (share + square / (2 * of)) / (1 + square / of)
    reach = Z_95 / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of**2))
    return max(0.0, centre - reach), min(1.0, centre + reach)


def intervals(score: Score) -> str:
    """The intervals of precision, recall and share of right failure modes, as one line."""
    pairs = (
        (score.found, score.found + score.extra),
        (score.found, score.found + score.missed),
        (score.mode_agrees, score.found),
    )
    return "   ".join("{:.3f} to {:.3f}".format(*interval(*pair)) for pair in pairs)


def main() -> int:
    """Print the figures; return 1 where one is below its bound, else 0."""
    data = recordings()
    if data is None or not (data / FOLDER).is_dir():
        print("the community cards are not here (PASSPORTS_RECORDINGS)")
        return 0
    scores = measure(data)
    for key in sorted(scores):
        print(f"community cards, {key[0]:<11} {key[1]:<6}{scores[key]}{'' if within(key, scores[key]) else '   BELOW'}")
        print(f"{'':<30} 95 % intervals of the three shares:   {intervals(scores[key])}")
    return 0 if all(within(key, score) for key, score in scores.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
