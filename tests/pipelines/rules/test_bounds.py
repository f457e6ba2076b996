import pytest
from pydantic import ValidationError

from pipelines.rules.bounds import CrawlBounds
from pipelines.rules.gates import default_gates


@pytest.mark.parametrize(
    ("last_good", "listings"),
    [(None, 100), (0, 100), (1, 100), (50, 100), (51, 102), (371, 742), (2_000_001, 4_000_002)],
)
def test_a_crawl_may_bring_so_many_times_what_the_last_good_one_brought_or_a_fixed_number(
    last_good: int | None, listings: int
) -> None:
    assert CrawlBounds(most_listings=100, largest_growth=2.0).listings(last_good) == listings


def test_bounds_that_would_refuse_what_came_last_time_are_refused() -> None:
    with pytest.raises(ValidationError, match="largest_growth"):
        CrawlBounds(largest_growth=0.9)


def test_every_gate_lets_pass_several_times_what_was_recorded() -> None:
    recorded = {"openrouter": 371, "modelsdev": 4_803, "huggingface": 2_000_000}
    gates = default_gates()
    assert all(gates[source].bounds.listings(None) > 2 * many for source, many in recorded.items())
    assert max(gate.bounds.most_answer_bytes for gate in gates.values()) <= 16 * 2**20
