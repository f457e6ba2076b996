import json
from typing import Any

import pytest

from pipelines.formats.json_pointer import resolve
from schemas.listing import Fact
from tests.support.facets import HERON, body, facet
from tests.support.listings import admitted, raw_body, refused


def test_an_answer_states_who_is_in_it_at_which_place_and_who_is_not() -> None:
    raw = facet("zdr=true", ["ada/tern", HERON], ["ada/owl~1"])
    listing = admitted(raw)
    assert (listing.source, listing.id, listing.kind, listing.leftovers) == (
        "openrouter-facets",
        "zdr=true",
        "facet",
        (),
    )
    assert listing.facts == (
        Fact("models_within", 2, "/count", 2),
        Fact("models_listed", 3, "/listed", 3),
        Fact("within", "ada/tern", "/answered/ada~1tern", 1),
        Fact("within", HERON, "/answered/heron-lab~1heron-7b", 2),
        Fact("without", "ada/owl~1", "/absent/ada~1owl~01", True),
    )
    assert all(resolve(json.loads(raw.body), fact.locator) == fact.as_stated for fact in listing.facts)


WHOLE: dict[str, Any] = {"query": "zdr=true", "answered": {"a/b": 1}, "absent": {"c/d": True}, "count": 1, "listed": 2}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"count": 2}, "/count"),
        ({"count": None}, "/count"),
        ({"count": "1"}, "/count"),
        ({"listed": 0}, "/listed"),
        ({"answered": ["a/b"]}, "/answered"),
        ({"answered": {"a/b": 0}}, "/answered/a~1b"),
        ({"answered": {"a/b": True}}, "/answered/a~1b"),
        ({"answered": {"": 1}}, "/answered/"),
        ({"answered": {"a" * 91: 1}}, "/answered/" + "a" * 91),
        ({"absent": {"c/d": False}}, "/absent/c~1d"),
        ({"absent": {"c/d": 1}}, "/absent/c~1d"),
        ({"answered": {f"a/{n}": n + 1 for n in range(20_001)}}, "/answered"),
    ],
)
def test_what_is_no_such_answer_is_refused_with_its_place(changes: dict[str, Any], field: str) -> None:
    made = refused(raw_body(body(**{**WHOLE, **changes}), id="zdr=true", source="openrouter-facets"))
    assert (made.stage, made.field) == ("normalise", field)


def test_fields_that_are_not_known_are_counted() -> None:
    listing = admitted(raw_body(body(**WHOLE, further=1), id="zdr=true", source="openrouter-facets"))
    assert listing.leftovers == ("/further",)
