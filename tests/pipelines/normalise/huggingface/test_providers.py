"""Who runs a repository through the Hub, in either shape of its record."""

from typing import Any

import pytest

from pipelines.audit.mismatches import mismatches
from pipelines.merge.gather import gather
from pipelines.merge.joins import Joined
from pipelines.normalise.admit import admit
from pipelines.normalise.huggingface.providers import MOST_PROVIDERS
from pipelines.passport.model import model_block
from pipelines.rules.gates import default_gates
from schemas.listing import Quarantined
from tests.support.hub_records import repository, repository_raw
from tests.support.listings import ENDPOINT, admitted, passport, raw, raw_endpoints, record

LIVE = {"status": "live", "providerId": "heron/7b-fast", "task": "conversational"}
BY_NAME = {"reedbed": LIVE, "brook": {**LIVE, "providerId": "h7"}, "pond": {**LIVE, "status": "staging"}}
LISTED = [{"provider": name, **entry} for name, entry in BY_NAME.items()]


@pytest.mark.parametrize(
    ("mapping", "at", "named_in"),
    [(BY_NAME, "/inferenceProviderMapping/brook", "status"), (LISTED, "/inferenceProviderMapping/1", "provider")],
)
def test_those_that_run_it_now_are_named_in_one_order(mapping: Any, at: str, named_in: str) -> None:
    listing = repository(inferenceProviderMapping=mapping)
    assert [(provider.name, provider.tag, provider.status) for provider in listing.providers] == [
        ("brook", "h7", "up"),
        ("reedbed", "heron/7b-fast", "up"),
    ]
    first = listing.providers[0]
    assert (first.locator, first.named_in, first.name_as_stated, first.status_as_stated) == (
        at,
        named_in,
        "live" if named_in == "status" else "brook",
        "live",
    )
    assert "/inferenceProviderMapping" not in "".join(listing.leftovers)


@pytest.mark.parametrize("mapping", [None, {}, [], [{"provider": "brook", "type": "tag-filter", "status": "live"}]])
def test_nobody_runs_it(mapping: Any) -> None:
    assert repository(inferenceProviderMapping=mapping).providers == ()


def test_a_new_word_for_a_status_is_seen_and_runs_nothing() -> None:
    listing = repository(inferenceProviderMapping={"brook": {**LIVE, "status": "paused"}})
    assert (listing.providers, listing.unfamiliar) == ((), ("provider_status:paused",))


def test_more_than_anybody_reads_are_cut() -> None:
    many = {f"pond-{number:03}": LIVE for number in range(MOST_PROVIDERS + 5)}
    assert len(repository(inferenceProviderMapping=many).providers) == MOST_PROVIDERS


@pytest.mark.parametrize(
    ("name", "entry", "reason"),
    [
        ("pond", "live", "pond"),
        ("pond", None, "pond"),
        ("pond", {"status": "live"}, "pond/providerId"),
        ("pond", {**LIVE, "providerId": "a\u202eb"}, "pond/providerId"),
        ("pond", {**LIVE, "status": ["live"]}, "pond/status"),
        ("pond", {"providerId": "p"}, "pond/status"),
        ("<b>", LIVE, "?"),
        ("x" * 70, LIVE, "?"),
    ],
)
def test_an_odd_entry_is_named_and_costs_no_other(name: str, entry: Any, reason: str) -> None:
    shapes: list[Any] = [{name: entry, "brook": LIVE}]
    if isinstance(entry, dict):
        shapes.append([{"provider": name, **entry}, {"provider": "brook", **LIVE}])
    for mapping in shapes:
        listing = repository(inferenceProviderMapping=mapping)
        assert [(provider.name, provider.tag) for provider in listing.providers] == [("brook", "heron/7b-fast")]
        assert listing.unfamiliar == (f"provider_entry:{reason}",)


@pytest.mark.parametrize("odd", ["live", 7, None, [LIVE]])
def test_what_is_no_entry_in_a_list_is_counted_once(odd: Any) -> None:
    listing = repository(inferenceProviderMapping=[odd, odd, LIVE, {**LIVE, "provider": "brook"}])
    assert [provider.locator for provider in listing.providers] == ["/inferenceProviderMapping/3"]
    assert listing.unfamiliar == ("provider_entry:?", "provider_entry:?/provider")


@pytest.mark.parametrize("mapping", ["brook", 7, True])
def test_what_is_no_mapping_is_quarantined_with_its_field(mapping: Any) -> None:
    refused = admit(repository_raw(inferenceProviderMapping=mapping))
    assert isinstance(refused, Quarantined)
    assert refused.field == "/inferenceProviderMapping"


def test_a_passport_of_a_record_with_an_odd_entry_is_proved() -> None:
    raws = [repository_raw(inferenceProviderMapping={**BY_NAME, "<b>": LIVE})]
    document = passport(*map(admitted, raws))
    assert [one["name"] for one in document["unfragile"]["artifact"]["model"]["providers"]] == ["brook", "reedbed"]
    assert mismatches(document, raws, gates=default_gates()) == []


@pytest.mark.parametrize("mapping", [BY_NAME, LISTED])
def test_a_passport_says_who_runs_it_and_proves_it(mapping: Any) -> None:
    raws = [repository_raw(inferenceProviderMapping=mapping)]
    document = passport(*map(admitted, raws))
    providers = document["unfragile"]["artifact"]["model"]["providers"]
    assert [(one["name"], one["tag"], one["status"], one["prices"]) for one in providers] == [
        ("brook", "h7", "up", []),
        ("reedbed", "heron/7b-fast", "up", []),
    ]
    assert mismatches(document, raws, gates=default_gates()) == []


def test_a_seller_is_believed_of_its_own_endpoints() -> None:
    hub = Joined("heron-lab-heron-7b", repository(inferenceProviderMapping=BY_NAME), "stated")
    sold = [admitted(raw(record())), admitted(raw_endpoints(ENDPOINT))]
    (with_both,) = gather(sold, joined=[hub]).subjects
    assert [one["name"] for one in model_block(with_both)["providers"]] == [ENDPOINT["provider_name"]]
    (with_one,) = gather(sold[:1], joined=[hub]).subjects
    assert [one["name"] for one in model_block(with_one)["providers"]] == ["brook", "reedbed"]
