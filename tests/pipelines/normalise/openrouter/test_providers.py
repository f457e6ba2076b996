import json
from typing import Any

import pytest

from pipelines.formats.json_pointer import resolve
from pipelines.formats.record_reader import as_stated
from schemas.listing import Fact
from tests.support.facets import MARSH, providers
from tests.support.listings import admitted, refused


def test_a_provider_states_where_it_is_and_what_its_terms_are() -> None:
    raw = providers(MARSH)
    listing = admitted(raw)
    assert listing.facts == (
        Fact("provider:Marsh", "Marsh", "/providers/Marsh/name", "Marsh"),
        Fact("headquarters:Marsh", "SE", "/providers/Marsh/headquarters", "SE"),
        Fact("datacenters:Marsh", ("FI", "SE"), "/providers/Marsh/datacenters", ("SE", "FI")),
        Fact("terms_url:Marsh", MARSH["terms_of_service_url"], "/providers/Marsh/terms_of_service_url",
             MARSH["terms_of_service_url"]),
        Fact("privacy_url:Marsh", MARSH["privacy_policy_url"], "/providers/Marsh/privacy_policy_url",
             MARSH["privacy_policy_url"]),
    )  # fmt: skip
    assert listing.leftovers == listing.unfamiliar == ()
    assert all(as_stated(resolve(json.loads(raw.body), fact.locator)) == fact.as_stated for fact in listing.facts)


@pytest.mark.parametrize("nothing", [None, "", []])
def test_what_a_provider_does_not_state_is_no_fact(nothing: object) -> None:
    listing = admitted(providers({"name": "Marsh", **dict.fromkeys(FIELDS, nothing)}))
    assert [fact.name for fact in listing.facts] == ["provider:Marsh"]
    assert listing.unfamiliar == ()


FIELDS = ("headquarters", "datacenters", "terms_of_service_url", "privacy_policy_url")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("headquarters", "Sweden"), ("headquarters", 1), ("datacenters", ["SE", "north"]), ("datacenters", "SE"),
        ("datacenters", ["SE"] * 51), ("terms_of_service_url", "javascript:alert(1)"),
        ("terms_of_service_url", "https://marsh.example/" + "x" * 500), ("privacy_policy_url", ["https://a.example"]),
        ("privacy_policy_url", "https://marsh.example/a b"),
    ],
)  # fmt: skip
def test_a_field_that_is_unfit_states_nothing_and_is_counted(field: str, value: object) -> None:
    listing = admitted(providers({**MARSH, field: value}))
    assert len(listing.facts) == 4
    assert len(listing.unfamiliar) == 1
    assert listing.unfamiliar[0].endswith(":Marsh")


@pytest.mark.parametrize("made", [{"name": " "}, {"name": "Mar\nsh"}])
def test_a_provider_without_a_fit_name_is_refused(made: dict[str, Any]) -> None:
    assert refused(providers(made)).field.endswith("/name")
