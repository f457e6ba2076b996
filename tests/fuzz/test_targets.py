"""The targets of fuzzing hold on the corpus, which has every input that ever failed, and on a few changes of it."""

import random
from pathlib import Path

import pytest

from tests.fuzz.run import CORPUS
from tests.fuzz.targets import TARGETS
from tests.support.signed import GOLDEN
from tests.support.spiders.warm import read_records

INPUTS = sorted(path for folder in CORPUS.iterdir() for path in folder.iterdir())


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """The rules are compiled before any input is timed."""
    read_records()


def test_every_target_has_a_corpus_of_some_kilobytes() -> None:
    assert {path.parent.name for path in INPUTS} == TARGETS.keys()
    assert sum(path.stat().st_size for path in INPUTS) < 64_000


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_target_holds_on_an_input_and_on_pieces_and_changes_of_it(path: Path) -> None:
    target, data = TARGETS[path.parent.name], path.read_bytes()
    target(data)
    chance = random.Random(path.name)  # noqa: S311 - which are tried, no secret
    for _ in range(20):
        begin, end = sorted(chance.choices(range(len(data) + 1), k=2))
        target(data[begin:end])
        target(data[:begin] + bytes([chance.randrange(256)]) + data[end:])
        target(data[:end] + data[begin:])


def test_the_golden_passport_verifies_and_none_of_its_changes() -> None:
    TARGETS["passport"](GOLDEN.read_bytes())
    for at in range(0, len(GOLDEN.read_bytes()), 997):
        data = bytearray(GOLDEN.read_bytes())
        data[at] ^= 1
        TARGETS["passport"](bytes(data))
