"""Measures how well model cards are read: precision and recall on labelled sets, and counts over all recorded cards.

A sentence counts as found when a claim and its label share at least 80 % of the bytes of the longer one. Labels of
the kind "doubtful" count neither as found nor as missed. A label may name several failure modes ("a|b"): each of them
agrees. Our own set is part of the tests; the real set has positions in recorded cards, without their text. Its first
half was read while the rules were written, the other half only afterwards.
"""

import json
import os
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pipelines.markdown.front_matter import read_front_matter
from pipelines.markdown.sentences import read_body
from pipelines.texts.cards import claims_in, read_claims
from pipelines.texts.rulings import TextClaim

ROOT = Path(__file__).resolve().parents[1]
OWN_SET = ROOT / "tests/cards/labelled.toml"
REAL_SET = ROOT / "benchmarks/labels/cards.jsonl"
BESIDE_THE_CHECKOUT = ROOT.parent / "shared"
LEAST_OVERLAP = 0.8
LEAST_PRECISION, LEAST_RECALL = 0.95, 0.85
DOUBTFUL = "doubtful"


class Label(NamedTuple):
    """One sentence that a reader of the card marked."""

    start: int
    end: int
    kind: str
    modes: tuple[str, ...]


class LabelledCard(NamedTuple):
    """A card with labels for all sentences that state something against its model."""

    card: bytes
    labels: tuple[Label, ...]


class Score(NamedTuple):
    """Counts of claims found, missed and wrongly found."""

    found: int = 0
    missed: int = 0
    extra: int = 0
    kind_agrees: int = 0
    mode_agrees: int = 0

    @property
    def precision(self) -> float:
        """Share of the claims found that are labelled."""
        return self.found / max(1, self.found + self.extra)

    @property
    def recall(self) -> float:
        """Share of the labels that were found."""
        return self.found / max(1, self.found + self.missed)

    def __str__(self) -> str:
        return (
            f"{self.found + self.missed:4} sentences   precision {self.precision:.3f}   recall {self.recall:.3f}"
            f"   kind agrees {self.kind_agrees / max(1, self.found):.3f}"
            f"   failure mode agrees {self.mode_agrees / max(1, self.found):.3f}"
        )


def recordings() -> Path | None:
    """Return the folder of the larger recordings (PASSPORTS_RECORDINGS); None where there is none."""
    named = os.environ.get("PASSPORTS_RECORDINGS")
    root = Path(named) if named else BESIDE_THE_CHECKOUT
    return root / "data" if (root / "data").is_dir() else None


def own_set() -> Iterator[LabelledCard]:
    for row in tomllib.loads(OWN_SET.read_text(encoding="utf-8"))["card"]:
        card = row["text"].encode()
        yield LabelledCard(card, tuple(_own_label(card, *claim) for claim in row["claims"]))


def _own_label(card: bytes, kind: str, mode: str, sentence: str) -> Label:
    start = card.index(sentence.encode())
    return Label(start, start + len(sentence.encode()), kind, (mode,))


def real_set(data: Path, split: str) -> Iterator[LabelledCard]:
    for line in REAL_SET.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["split"] == split:
            labels = (_real_label(**sentence) for sentence in row["sentences"])
            yield LabelledCard((data / row["path"]).read_bytes(), tuple(labels))


def _real_label(*, start: int, end: int, label: str) -> Label:
    kind, modes = label.split("/")
    return Label(start, end, kind, tuple(modes.split("|")))


def recorded_cards(data: Path) -> list[Path]:
    azure = (data / "huggingface/cards_azure_mit").glob("*/description.md")
    return sorted([*azure, *(data / "huggingface/cards_docker_apache2").glob("*.md")])


def score(cards: Iterable[LabelledCard]) -> Score:
    """Return the sum of the scores of all cards."""
    return Score(*map(sum, zip(*(_score_of(*card) for card in cards), strict=True)))


def _score_of(card: bytes, labels: tuple[Label, ...]) -> Score:
    claims = list(read_claims(card))
    tally: Counter[str] = Counter()
    for label in labels:
        claim = next((claim for claim in claims if _same(claim, label)), None)
        if claim:
            claims.remove(claim)
        if label.kind != DOUBTFUL:
            tally["found" if claim else "missed"] += 1
            tally["kind_agrees"] += claim is not None and claim.kind == label.kind
            tally["mode_agrees"] += claim is not None and (claim.name or "plain") in label.modes
    return Score(extra=len(claims), **tally)


def _same(claim: TextClaim, label: Label) -> bool:
    shared = min(claim.end, label.end) - max(claim.start, label.start)
    return shared >= LEAST_OVERLAP * max(claim.end - claim.start, label.end - label.start)


def counts(paths: Iterable[Path]) -> Counter[str]:
    """Read every card in full and count its parts, and exceptions; assert that every quote is at its place."""
    tally: Counter[str] = Counter()
    for path in paths:
        card = path.read_bytes()
        tally["cards"] += 1
        try:
            tally.update(_counts_of(card))
        except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError):
            tally["exceptions"] += 1
    return tally


def _counts_of(card: bytes) -> dict[str, int]:
    front = read_front_matter(card)
    body = read_body(card, front.body_offset)
    sentences = sum(len(part.sentences) for part in body)
    claims = claims_in(card, body)
    assert all(card[claim.start : claim.end].decode("utf-8", "replace") == claim.quote for claim in claims)
    found = {"sections": len(body), "sentences": sentences, "claims": len(claims), "faults": len(front.faults)}
    return found | dict(Counter(f"claims by {claim.method}" for claim in claims))


def main() -> int:
    """Print the figures; return 1 when a bound is exceeded, else 0."""
    sets = {"own set": score(own_set())}
    data = recordings()
    if data:
        sets["real set, first half"] = score(real_set(data, "development"))
        sets["real set, other half"] = score(real_set(data, "held-out"))
    for name, figures in sets.items():
        print(f"{name:<22}{figures}")
    if data:
        begun = time.perf_counter()
        tally = counts(recorded_cards(data))
        took_ms = (time.perf_counter() - begun) * 1000 / tally["cards"]
        print("recorded cards: " + ", ".join(f"{tally[key]:,} {key}" for key in [*tally]), end="")
        print(f", {tally['exceptions']} exceptions, {took_ms:.1f} ms a card")
    else:
        print("the recorded cards are not here (PASSPORTS_RECORDINGS): the own set alone")
    return 0 if all(s.precision >= LEAST_PRECISION and s.recall >= LEAST_RECALL for s in sets.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
