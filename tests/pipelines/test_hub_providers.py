"""Who runs a repository through the Hub, in either shape of its record."""

from typing import Any

import pytest

from pipelines.gates import default_gates
from pipelines.hub_providers import MOST_PROVIDERS
from pipelines.join import Joined
from pipelines.merge import gather
from pipelines.model_block import model_block
from pipelines.order import admit
from pipelines.reproof import mismatches
from schemas.listing import Quarantined
from tests.pipelines.hub import repository, repository_raw
from tests.pipelines.listings import ENDPOINT, admitted, passport, raw, raw_endpoints, record

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
    assert (first.locator, first.named_in, first.name_said, first.status_said) == (
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
    ("mapping", "field"),
    [
        ("brook", "/inferenceProviderMapping"),
        ({"brook": "live"}, "/inferenceProviderMapping/brook"),
        ({"brook": {"status": "live"}}, "/inferenceProviderMapping/brook/providerId"),
        ({"brook": {**LIVE, "status": ["live"]}}, "/inferenceProviderMapping/brook/status"),
        ({"<b>": LIVE}, "/inferenceProviderMapping/<b>"),
        ([LIVE], "/inferenceProviderMapping/0/provider"),
        ([{**LIVE, "provider": "a b"}], "/inferenceProviderMapping/0"),
    ],
)
def test_what_is_no_mapping_is_quarantined_with_its_field(mapping: Any, field: str) -> None:
    refused = admit(repository_raw(inferenceProviderMapping=mapping))
    assert isinstance(refused, Quarantined)
    assert refused.field == field


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
