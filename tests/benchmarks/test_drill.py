import pytest

from benchmarks.drill import BEGIN, day, play
from benchmarks.drill_readings import EXPECTED, WHY
from schemas.times import instant


@pytest.mark.slow
def test_every_reader_sees_at_every_minute_what_it_must() -> None:
    with day(instant(BEGIN)) as one:
        assert {moment.minute: moment.saw for moment in play(one)} == EXPECTED


def test_only_what_is_played_is_explained() -> None:
    assert WHY.keys() <= EXPECTED.keys()
