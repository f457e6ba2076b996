"""The licence that a card declares, against the one by which the Hub finds the repository."""

from typing import Any

import pytest

from pipelines.audit.mismatches import mismatches
from pipelines.rules.gates import default_gates
from tests.pipelines.merge.test_resolve import believed, shown, together
from tests.support.hub_records import RECORD, absence_raw, card, facts, fenced, repository, repository_raw
from tests.support.listings import admitted, listing, passport

AT = "/artifact/model/licence"
DECLARED, TAG = (
    ("mit", "huggingface", "model repository"),
    ("license:apache-2.0", "huggingface", "model repository, tag"),
)
CARD = ("license: mit", "huggingface-card", "model card")
MIT = {"cardData": {"license": "mit"}}


def tagged(*licences: str) -> list[str]:
    return [*RECORD["tags"][:5], *(f"license:{licence}" for licence in licences)]


def test_a_tag_that_says_otherwise_than_the_card_is_a_conflict_with_both_sides() -> None:
    alone = together(repository(**MIT))
    assert (believed(alone, "licence"), shown(alone)) == (("mit", "huggingface"), [(AT, [DECLARED, TAG])])
    sold = together(listing(), repository(**MIT), card(fenced("license: mit")))
    assert believed(sold, "licence") == ("mit", "huggingface-card")
    assert shown(sold) == [(AT, [CARD, TAG])]


def test_a_tag_that_agrees_with_what_is_believed_disputes_only_the_record() -> None:
    one = together(listing(), repository(**MIT), card(fenced("license: apache-2.0")))
    assert shown(one) == [(AT, [("license: apache-2.0", "huggingface-card", "model card"), DECLARED])]


@pytest.mark.parametrize(
    ("declared", "tags"),
    [
        ({"license": "mit"}, ["mit"]),
        ({"license": "MIT"}, ["mit"]),
        ({"license": ["mit", "apache-2.0"]}, ["apache-2.0", "mit"]),
        ({"license": "other", "license_name": "marsh-1"}, ["other"]),
        ({"license": "other", "license_name": "marsh-1"}, ["marsh-1"]),
        ({"license": "mit"}, []),
        ({"license": "mit"}, ["other"]),
        ({}, ["apache-2.0"]),
        ({"license": 7}, ["apache-2.0"]),
    ],
)
def test_what_agrees_or_says_nothing_is_no_conflict(declared: dict[str, Any], tags: list[str]) -> None:
    assert shown(together(repository(cardData=declared, tags=tagged(*tags)))) == []


def test_only_a_tag_that_differs_is_retained_as_a_fact_of_its_own() -> None:
    stated = facts(repository(**MIT))["licence_tag"]
    assert (stated.value, stated.locator, stated.as_stated) == ("apache-2.0", "/tags/5", "license:apache-2.0")
    assert "licence_tag" not in facts(repository(cardData={"license": "apache-2.0"}))
    assert "licence_tag" not in facts(repository())


def test_a_listing_whose_repository_is_not_shown_has_no_tag_to_differ() -> None:
    assert shown(together(listing(), admitted(absence_raw()))) == []


def test_a_passport_with_such_a_conflict_is_proved_and_a_lost_side_is_found() -> None:
    raws = [repository_raw(**MIT)]
    document = passport(*map(admitted, raws))
    (conflict,) = document["unfragile"]["conflicts"]
    assert [(side["value"], side["locator"]) for side in conflict["values"]] == [
        ("mit", "/cardData/license"),
        ("license:apache-2.0", "/tags/5"),
    ]
    assert mismatches(document, raws, gates=default_gates()) == []
    document["unfragile"]["conflicts"] = []
    assert [found.path for found in mismatches(document, raws, gates=default_gates())] == ["/conflicts" + AT]
