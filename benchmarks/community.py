"""Measures how well cards by individuals are read, on labels that are split in two by a hash of each card's path.

The developing half was read while the rules were written. Of the other only counts, and which cues fired, were looked
at, never a text. A label may name several kinds and failure modes ("bias|limitation/plain"): each agrees.
"""

import hashlib
import json
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.cards import DOUBTFUL, LEAST_OVERLAP, Score, recordings
from pipelines.texts.cards import read_claims
from pipelines.texts.languages import language_of

FOLDER: Final = "huggingface/cards_community"
HALVES: Final = ("developing", "held back")
LEAST: Final = {
    ("developing", "all"): (0.93, 0.85, 0.92),
    ("held back", "all"): (0.88, 0.82, 0.88),
    ("held back", "other"): (0.80, 0.60, 0.60),
}
"""Half and language ("en", "other" or "all") → least precision, recall, and share of right failure modes."""


def half_of(path: str) -> str:
    """Half that a card belongs to: by the first byte of the SHA-256 of its path, even or odd."""
    return HALVES[hashlib.sha256(path.encode()).digest()[0] % 2]


def labelled(data: Path) -> Iterator[tuple[str, bytes, list[dict[str, Any]]]]:
    """Yield path, card and labels of each labelled card."""
    lines = (data / FOLDER / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    rows = {row["path"]: row["sentences"] for row in map(json.loads, lines)}
    with tarfile.open(data / FOLDER / "cards.tar.xz") as archive:
        for member in archive:
            name = member.name.removeprefix("./")
            if name in rows and (file := archive.extractfile(member)):
                yield name, file.read(), rows[name]


def measure(data: Path) -> dict[tuple[str, str], Score]:
    """Return half and language → score."""
    tallies: dict[tuple[str, str], Counter[str]] = {}
    for path, card, sentences in labelled(data):
        for language, what in _judged(card, sentences):
            for key in ((half_of(path), language), (half_of(path), "all")):
                tallies.setdefault(key, Counter())[what] += 1
    return {key: Score(**tally) for key, tally in tallies.items()}


def _judged(card: bytes, sentences: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the language of each label and claim, with what is counted of it: fields of `Score`."""
    claims = list(read_claims(card))
    for label in sentences:
        claim = next((claim for claim in claims if _same(claim.start, claim.end, label)), None)
        if claim:
            claims.remove(claim)
        kinds, modes = label["label"].split("/")
        if kinds.startswith(DOUBTFUL):
            continue
        language = language_of(label["quote"])
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


def main() -> int:
    """Print the figures; return 1 where one is below its bound, else 0."""
    data = recordings()
    if data is None or not (data / FOLDER).is_dir():
        print("the community cards are not here (PASSPORTS_RECORDINGS)")
        return 0
    scores = measure(data)
    for key in sorted(scores):
        print(f"community cards, {key[0]:<11} {key[1]:<6}{scores[key]}{'' if within(key, scores[key]) else '   BELOW'}")
    return 0 if all(within(key, score) for key, score in scores.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
