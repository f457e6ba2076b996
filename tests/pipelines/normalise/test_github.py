import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.formats.json_pointer import resolve
from pipelines.formats.record_reader import as_stated
from pipelines.merge.joins import joins_of
from pipelines.normalise.admit import admit
from schemas.listing import Fact, Listing, Quarantined, RawListing
from tests.support.json_values import VALUES, unhurried
from tests.support.listings import admitted, listing, raw_body, refused

NAME = "HeronLab/heron.cpp"
REPOSITORY: dict[str, Any] = {
    "id": 7,
    "full_name": NAME,
    "private": False,
    "owner": {"login": "HeronLab"},
    "html_url": "https://code.example/HeronLab/heron.cpp",
    "url": "https://api.code.example/repos/HeronLab/heron.cpp",
    "stargazers_count": 1234,
    "watchers": 1234,
    "forks_count": 0,
    "license": {"spdx_id": "MIT"},
    "pushed_at": "2026-05-31T22:01:02Z",
    "updated_at": "2026-06-01T00:00:00Z",
    "archived": False,
    "topics": ["birds"],
}


def raw(*, asked_as: str | None = None, listing_id: str = NAME, **changes: Any) -> RawListing:
    body = json.dumps({**REPOSITORY, **changes}, sort_keys=True)
    return raw_body(body, id=listing_id, source="github").model_copy(update={"asked_as": asked_as})


def test_a_repository_tells_how_popular_it_is_and_when_it_last_changed() -> None:
    read = admitted(raw())
    assert (read.kind, read.id, read.name, read.author) == ("code", NAME, "heron.cpp", "HeronLab")
    assert (read.slug, read.same_as) == ("heronlab--heron.cpp", ())
    assert read.facts == (
        Fact("code_id", "7", "/id", 7),
        Fact("stars", 1234, "/stargazers_count", 1234),
        Fact("forks", 0, "/forks_count", 0),
        Fact("last_commit", "2026-05-31T22:01:02.000Z", "/pushed_at", "2026-05-31T22:01:02Z"),
        Fact("archived", False, "/archived", False),
    )
    assert (read.leftovers, read.unfamiliar) == ((), ())


def test_every_fact_is_found_at_its_locator() -> None:
    came = raw()
    record = json.loads(came.body, parse_float=Decimal)
    assert all(as_stated(resolve(record, fact.locator)) == fact.as_stated for fact in admitted(came).facts)


def test_the_licence_of_the_code_is_none_of_the_weights() -> None:
    assert all("licen" not in fact.name for fact in admitted(raw()).facts)


def test_silence_is_no_fact() -> None:
    silent = dict.fromkeys(("id", "stargazers_count", "forks_count", "pushed_at", "archived"))
    assert admitted(raw(**silent)).facts == ()


@pytest.mark.parametrize(
    ("asked_as", "same_as"), [(None, ()), ("heron/old", ("github:heron/old",)), ("heronlab/HERON.cpp", ())]
)
def test_a_renamed_repository_names_its_old_name(asked_as: str | None, same_as: tuple[str, ...]) -> None:
    assert admitted(raw(asked_as=asked_as)).same_as == same_as


@pytest.mark.parametrize("named", [NAME.lower(), "heron/old"])
def test_code_is_joined_to_the_repository_that_names_it_under_its_new_or_its_old_name(named: str) -> None:
    one = listing()
    hosted = one.model_copy(
        update={
            "source": "huggingface",
            "id": "HeronLab/Heron-7B",
            "slug": "heronlab--heron-7b",
            "same_as": (f"github:{named}",),
        }
    )
    placed = joins_of([one, hosted]).passports_of(admitted(raw(asked_as="heron/old")))
    assert [(joined.slug, joined.by) for joined in placed] == [("heron-lab-heron-7b", "stated")]


def test_what_nobody_knows_is_counted_and_addresses_are_not() -> None:
    assert admitted(raw(aura=1, aura_url="https://code.example/aura")).leftovers == ("/aura",)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("full_name", value) for value in (None, 7, "", "heron", "a/b/c", "a/..", "../b", "-a/b", "a b/c", "a/b\n")),
        *(("stargazers_count", value) for value in ("7", -1, 0.5, True, 2**53)),
        ("forks_count", []),
        ("archived", "no"),
        *(
            ("pushed_at", value)
            for value in (
                7,
                "soon",
                "2026-05-31",
                "2026-05-31 22:01:02Z",
                "2026-02-30T00:00:00Z",
                "2026-05-31T24:01:02Z",
                "2026-05-31T22:01:02+02:00",
                "0001-01-01T00:00:00Z",
            )
        ),
    ],
)
def test_a_field_of_another_kind_is_quarantined_with_its_place(field: str, value: Any) -> None:
    refusal = refused(raw(**{field: value}))
    assert (refusal.stage, refusal.field) == ("normalise", f"/{field}")


def test_a_record_of_another_repository_is_quarantined() -> None:
    assert refused(raw(listing_id="HeronLab/crane")).field == "/full_name"
    assert isinstance(admit(raw(listing_id=NAME.lower())), Listing)


@unhurried
@given(VALUES, st.sampled_from([*REPOSITORY, "fork"]))
def test_whatever_a_field_holds_the_repository_is_read_or_quarantined(value: Any, field: str) -> None:
    assert isinstance(admit(raw(**{field: value})), Listing | Quarantined)
