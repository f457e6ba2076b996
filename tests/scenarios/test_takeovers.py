"""Repositories that come to lie under names of others; every passport is proved at the end of each day."""

import json

from tests.support.hub_history import CARD, GPL, NEW_CARD, THEIRS, Hub, gone, repository

TAKEN_OVER = repository("Marsh/Heron-7B", THEIRS, **GPL)


def test_an_old_name_that_is_handed_on_is_another_repository(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"))
    hub.day(1, repository("Fen/Heron-7B"))
    handed_on = repository("Marsh/Heron-7B", THEIRS, tags=["license:gpl-3.0"])
    hub.day(2, repository("Fen/Heron-7B"), handed_on, cards={"Marsh/Heron-7B": NEW_CARD})
    assert hub.records("marsh-heron-7b")[1:] == [("huggingface", "Fen/Heron-7B")]
    assert hub.records("marsh--heron-7b") == [("huggingface", "Marsh/Heron-7B"), ("huggingface-card", "Marsh/Heron-7B")]


def test_a_repository_that_was_made_anew_takes_the_place_after_a_day_and_is_joined_to_nothing(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"), repository("Marsh/Curlew", "c" * 24))
    anew = (repository("Marsh/Heron-7B", THEIRS), repository("Marsh/Curlew", "d" * 24, tags=["license:gpl-3.0"]))
    done = hub.day(1, *anew)
    refused = {(one.id, one.field) for one in done.report.quarantined}
    assert refused == {("Marsh/Curlew", "/_id"), ("Marsh/Heron-7B", "/_id")}
    assert hub.unfragile("marsh--curlew")["artifact"]["model"]["licence"] == "mit"
    for number in (2, 3):
        assert hub.day(number, *anew).report.quarantined == ()
        assert hub.unfragile("marsh--curlew")["artifact"]["model"]["licence"] == "gpl-3.0"
        assert hub.unfragile("marsh-heron-7b")["artifact"]["model"]["licence"] is None
        reported = hub.unfragile("marsh-heron-7b")["trust"]["failure_modes"]
        assert any("another one has that name now" in text for text in reported)
        assert hub.statuses()["marsh--heron-7b"] == "active"


def test_what_was_made_anew_and_renamed_then_brings_nothing_to_who_named_the_first(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"))
    for number in (1, 2):
        hub.day(number, TAKEN_OVER)
    hub.day(3, repository("Evil/X", THEIRS, **GPL))
    assert ("huggingface", "Evil/X") not in hub.records("marsh-heron-7b")


def test_what_took_a_name_that_was_left_and_is_renamed_then_is_not_followed(hub: Hub) -> None:
    followed = repository("Fen/Heron-7B")
    hub.day(0, repository("Marsh/Heron-7B"))
    hub.day(1, followed)
    hub.day(2, followed, TAKEN_OVER)
    hub.day(3, followed, repository("Evil/X", THEIRS, **GPL))
    assert hub.records("marsh-heron-7b")[1:] == [("huggingface", "Fen/Heron-7B")]


def test_the_card_of_what_is_refused_is_refused_too(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"), cards={"Marsh/Heron-7B": CARD})
    hub.day(1, TAKEN_OVER, cards={"Marsh/Heron-7B": NEW_CARD})
    assert "birds" in json.dumps(hub.unfragile("marsh-heron-7b"))
    assert "fish" not in json.dumps(hub.unfragile("marsh-heron-7b"))


def test_the_card_of_the_first_is_not_that_of_what_took_its_place(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Curlew"), cards={"Marsh/Curlew": CARD})
    for number in (1, 2):
        hub.day(number, repository("Marsh/Curlew", THEIRS, **GPL))
    assert hub.records("marsh--curlew") == [("huggingface", "Marsh/Curlew")]


def test_what_took_a_place_and_went_brings_nothing_either(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"))
    for number in (1, 2):
        hub.day(number, TAKEN_OVER, cards={"Marsh/Heron-7B": NEW_CARD})
    for number in (3, 4):
        hub.day(number, gone("Marsh/Heron-7B"))
    assert ("huggingface-card", "Marsh/Heron-7B") not in hub.records("marsh-heron-7b")


def test_a_name_that_was_taken_when_the_repository_was_long_gone_is_reported(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"))
    for number in (1, 2):
        hub.day(number, gone("Marsh/Heron-7B"))
    hub.day(3, TAKEN_OVER)
    assert "another one has that name now" in hub.modes()


def test_a_renamed_repository_that_was_made_anew_is_shown_to_who_knew_it_before(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"))
    hub.day(1, repository("Fen/Heron-7B"))
    for number in (2, 3):
        hub.day(number, repository("Fen/Heron-7B", THEIRS, **GPL))
    assert "another one has that name now" in hub.modes()
    assert hub.records("fen--heron-7b") == [("huggingface", "Fen/Heron-7B")]


def test_a_passport_does_not_lead_to_what_took_the_new_name(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Curlew"))
    for number, name in enumerate(("Marsh/Bittern", "Marsh/Rail"), 1):
        hub.day(number, repository(name))
    for number in (3, 4):
        hub.day(number, repository("Marsh/Rail", THEIRS, **GPL))
    assert "called" not in hub.modes("marsh--curlew")
    assert "another repository has its name now" in hub.modes("marsh--curlew")
