import json
import shutil

import pytest

from benchmarks.instruction_counts import FLOOR, STORED, counts, slower


def test_the_bound_is_between_noise_and_a_slow_down() -> None:
    stored = json.loads(STORED.read_text())
    assert slower({name: 1.03 * ratio for name, ratio in stored.items()}, stored) == []
    assert slower({name: 1.3 * ratio for name, ratio in stored.items()}, stored) == list(stored)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("callgrind_control"), reason="valgrind is not installed")
def test_building_verifying_and_reading_need_no_more_instructions_than_before() -> None:
    found = counts()
    ratios = {name: count / found[FLOOR] for name, count in found.items() if name != FLOOR}
    assert slower(ratios, json.loads(STORED.read_text())) == [], ratios
