import pytest

from benchmarks import community
from benchmarks.cards import Score
from tests.support.recordings import recordings_dir


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(35, 38, 0.792, 0.973), (0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (0, 0, 0.0, 1.0)],
)
def test_intervals_are_wilsons(count: int, of: int, low: float, high: float) -> None:
    assert community.interval(count, of) == pytest.approx((low, high), abs=0.0006)


def test_a_figure_below_its_bound_is_seen() -> None:
    key = (community.DRAWN, "all")
    assert community.within(key, Score(found=93, missed=7, extra=7, mode_agrees=93))
    assert not community.within(key, Score(found=92, missed=8, extra=8, mode_agrees=92))
    assert not community.within(key, Score(found=84, missed=16, mode_agrees=84))
    assert not community.within(key, Score(found=93, missed=7, extra=7, mode_agrees=80))


@pytest.mark.recordings
def test_recorded_community_cards_are_read_within_the_bounds() -> None:
    scores = community.measure(recordings_dir() / "data")
    assert set(community.LEAST) <= set(scores)
    assert [key for key, score in scores.items() if not community.within(key, score)] == []
