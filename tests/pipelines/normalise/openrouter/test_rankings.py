import json
from typing import Any

import pytest

from schemas.listing import Fact
from tests.support.facets import rankings
from tests.support.listings import admitted, raw_body, refused

WEEK = {"heron-lab/heron-7b-2026-01": "1234567890123", "ada/tern:free": "7", "other": "99"}


def test_rankings_state_the_tokens_of_each_model_but_not_of_the_rest_together() -> None:
    assert admitted(rankings(WEEK)).facts == (
        Fact("tokens_as_of", "2026-05-31T02:00:00.000Z", "/as_of", "2026-05-31T02:00:00Z"),
        Fact("tokens:ada/tern:free", 7, "/tokens/ada~1tern:free", "7"),
        Fact("tokens:heron-lab/heron-7b-2026-01", 1_234_567_890_123, "/tokens/heron-lab~1heron-7b-2026-01",
             "1234567890123"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"as_of": "yesterday"}, "/as_of"), ({"as_of": None}, "/as_of"), ({"start_date": 1}, "/start_date"),
        ({"tokens": []}, "/tokens"), ({"tokens": {"a/b": 1}}, "/tokens/a~1b"),
        ({"tokens": {"a/b": "-1"}}, "/tokens/a~1b"),
        ({"tokens": {"a/b": "1" * 16}}, "/tokens/a~1b"), ({"tokens": {f"a/{n}": "1" for n in range(1_001)}}, "/tokens"),
    ],
)  # fmt: skip
def test_what_are_no_rankings_is_refused_with_its_place(changes: dict[str, Any], field: str) -> None:
    good = rankings(WEEK)
    made = {**json.loads(good.body), **changes}
    assert refused(raw_body(json.dumps(made), id=good.id, source=good.source)).field == field
