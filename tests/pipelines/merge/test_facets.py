import pytest

from pipelines.merge.facets import Facets
from schemas.facets import FACETS
from schemas.listing import Listing
from tests.support.facets import HERON, MARSH, facet, providers, rankings
from tests.support.hub_records import repository
from tests.support.listings import admitted, endpoints, listing


def facts_of(one: Listing, *raws: object, served: Listing | None = None) -> dict[str, object]:
    found = Facets(admitted(raw) for raw in raws).of(one, served)  # type: ignore[arg-type]
    return {fact.name: fact.value for joined in found for fact in joined.listing.facts}


@pytest.mark.parametrize(
    ("query", "within", "without"),
    [
        ("sort=top-weekly", {"usage_rank": 2, "usage_of": 2}, {}),
        ("category=marketing/seo", {"use_case:marketing/seo": True}, {}),
        ("zdr=true", {"zero_retention": True}, {"zero_retention": False, "retained": True}),
        ("endpoints/zdr", {"zero_retention": True}, {}),
        ("region=eu", {"region:eu": True}, {}),
        ("distillable=true", {"distillable": True}, {"distillable": False}),
        ("min_tool_success_rate=0.95", {"tool_success_reached:0.95": True}, {"tool_success_missed:0.95": True}),
    ],
)
def test_a_model_is_in_an_answer_or_listed_and_absent_from_it(
    query: str, within: dict[str, object], without: dict[str, object]
) -> None:
    assert facts_of(listing(), facet(query, ["ada/tern", HERON])) == within
    assert facts_of(listing(), facet(query, ["ada/tern"], [HERON])) == without


def test_of_a_model_that_was_not_listed_when_an_answer_came_it_says_nothing() -> None:
    assert facts_of(listing(), *(facet(one.id, ["ada/tern"], ["ada/owl"]) for one in FACETS if one.within)) == {}


def test_absence_says_nothing_of_a_router_or_of_a_repository() -> None:
    router = listing(**{"architecture.tokenizer": "Router"})
    assert router.kind == "router"
    assert facts_of(router, facet("zdr=true", ["ada/tern"], [HERON])) == {}
    assert facts_of(repository(), facet("zdr=true", [repository().id])) == {}


def test_only_the_offer_that_names_the_passport_counts() -> None:
    assert facts_of(listing(), facet("zdr=true", [f"{HERON}:free"])) == {}
    free = listing(id=f"{HERON}:free")
    assert facts_of(free, facet("zdr=true", [f"{HERON}:free"])) == {"zero_retention": True}


def test_providers_are_those_of_the_models_endpoints() -> None:
    served = endpoints({}, {"provider_name": "Nowhere"})
    other = {**MARSH, "name": "Fen"}
    assert facts_of(listing(), providers(MARSH, other), served=served) == {
        "provider:Marsh": "Marsh",
        "headquarters:Marsh": "SE",
        "datacenters:Marsh": ("FI", "SE"),
        "terms_url:Marsh": MARSH["terms_of_service_url"],
        "privacy_url:Marsh": MARSH["privacy_policy_url"],
    }
    assert facts_of(listing(), providers(MARSH)) == {}


def test_tokens_are_those_of_the_permanent_name_and_the_variant() -> None:
    week = rankings({"heron-lab/heron-7b-2026-01": "12", "heron-lab/heron-7b-2026-01:free": "3"})
    as_of = "2026-05-31T02:00:00.000Z"
    assert facts_of(listing(), week) == {"usage_tokens": 12, "usage_as_of": as_of}
    assert facts_of(listing(id=f"{HERON}:free"), week) == {"usage_tokens": 3, "usage_as_of": as_of}
    assert facts_of(listing(canonical_slug=None), week) == {}


def test_answers_come_in_one_order_and_an_unknown_one_is_left_out() -> None:
    raws = [facet("endpoints/zdr", [HERON]), facet("zdr=true", [HERON]), facet("mood=good", [HERON])]
    found = Facets(map(admitted, raws)).of(listing(), None)
    assert [joined.listing.id for joined in found] == ["zdr=true", "endpoints/zdr"]
