import pytest

from benchmarks import cards
from tests.support.recordings import recordings_dir


def test_the_own_set_is_read_within_the_bounds() -> None:
    figures = cards.score(cards.own_set())
    assert figures.precision >= cards.LEAST_PRECISION
    assert figures.recall >= cards.LEAST_RECALL


@pytest.mark.recordings
@pytest.mark.parametrize("split", ["development", "held-out"])
def test_recorded_cards_are_read_within_the_bounds(split: str) -> None:
    figures = cards.score(cards.real_set(recordings_dir() / "data", split))
    assert figures.precision >= cards.LEAST_PRECISION
    assert figures.recall >= cards.LEAST_RECALL


@pytest.mark.recordings
def test_every_recorded_card_is_read_without_an_exception() -> None:
    tally = cards.counts(cards.recorded_cards(recordings_dir() / "data"))
    assert tally["cards"] > 300
    assert tally["exceptions"] == 0
    assert tally["claims"] > 0
