"""Repositories that are renamed: followed by their lasting id; every passport is proved at the end of each day."""

from tests.support.hub_history import CARD, GPL, HERON, NEW_CARD, THEIRS, Hub, gone, repository


def test_a_repository_that_others_sell_is_followed_to_another_owner_and_its_old_record_is_left(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"), cards={"Marsh/Heron-7B": CARD})
    moved = repository("Fen/Heron-7B-Chat", tags=["safetensors", "license:apache-2.0"])
    hub.day(1, moved, cards={"Fen/Heron-7B-Chat": NEW_CARD})
    assert hub.records("marsh-heron-7b")[1:] == [
        ("huggingface", "Fen/Heron-7B-Chat"),
        ("huggingface-card", "Fen/Heron-7B-Chat"),
    ]
    assert hub.unfragile("marsh-heron-7b")["artifact"]["model"]["licence"] == "apache-2.0"
    assert hub.statuses() == {"marsh-heron-7b": "active"}, "neither name has a passport of its own"
    hub.day(2, moved, cards={"Fen/Heron-7B-Chat": NEW_CARD})
    assert ("huggingface", "Fen/Heron-7B-Chat") in hub.records("marsh-heron-7b"), "the next crawl knows of it"


def test_a_passport_under_the_old_name_says_where_the_repository_is_now(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Curlew"), cards={"Marsh/Curlew": CARD})
    assert hub.statuses() == {"marsh--curlew": "active", "marsh-heron-7b": "active"}
    hub.day(1, repository("Marsh/Curlew-1B"), cards={"Marsh/Curlew-1B": CARD})
    assert hub.statuses() == {"marsh--curlew": "delisted", "marsh--curlew-1b": "active", "marsh-heron-7b": "active"}
    left = hub.unfragile("marsh--curlew")
    shown = [(one["locator"], one["value"]) for one in left["evidence"] if one["path"] == "/artifact/status"]
    assert shown == [("/found", "Marsh/Curlew-1B")]
    assert any("renamed to Marsh/Curlew-1B" in text for text in left["trust"]["failure_modes"])
    hub.day(2, repository("Marsh/Curlew"), cards={"Marsh/Curlew": CARD})
    assert hub.statuses() == {"marsh--curlew": "active", "marsh--curlew-1b": "delisted", "marsh-heron-7b": "active"}


def test_a_name_that_leads_to_another_repository_joins_nothing(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"))
    hub.day(1, repository("Marsh/Bittern", THEIRS, asked_as="Marsh/Heron-7B"))
    assert ("huggingface", "Marsh/Bittern") not in hub.records("marsh-heron-7b")
    assert ("huggingface", "Marsh/Heron-7B") in hub.records("marsh-heron-7b"), "one observation is not enough"
    hub.day(2, repository("Marsh/Bittern", THEIRS, asked_as="Marsh/Heron-7B"))
    assert ("huggingface", "Marsh/Bittern") in hub.records("marsh--bittern")
    assert hub.unfragile("marsh-heron-7b")["artifact"]["model"]["licence"] is None


def test_a_redirect_is_remembered_when_the_list_alone_brings_the_repository(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B-Chat", asked_as="Marsh/Heron-7B"))
    hub.day(1, repository("Marsh/Heron-7B-Chat"))
    assert ("huggingface", "Marsh/Heron-7B-Chat") in hub.records("marsh-heron-7b")
    hub.day(2, repository("Marsh/Heron-7B-Chat"), repository("Marsh/Heron-7B", THEIRS))
    assert ("huggingface", "Marsh/Heron-7B-Chat") in hub.records("marsh-heron-7b")
    assert hub.records("marsh--heron-7b") == [("huggingface", "Marsh/Heron-7B")]


def test_a_passport_of_its_own_is_kept_up_when_a_seller_comes_to_name_the_repository(hub: Hub) -> None:
    unnamed = {**HERON, "hugging_face_id": ""}
    hub.day(0, repository("Marsh/Heron-7B"), cards={"Marsh/Heron-7B": CARD}, heron=unnamed)
    assert hub.statuses() == {"marsh--heron-7b": "active", "marsh-heron-7b": "active"}
    changed = repository("Marsh/Heron-7B", tags=["safetensors", "license:apache-2.0"])
    hub.day(1, changed, cards={"Marsh/Heron-7B": NEW_CARD})
    for slug in hub.statuses():
        assert hub.unfragile(slug)["artifact"]["model"]["licence"] == "apache-2.0"
        assert ("huggingface-card", "Marsh/Heron-7B") in hub.records(slug)


def test_a_repository_that_went_after_it_was_renamed_is_shown_to_who_knew_it_before(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"))
    hub.day(1, repository("Fen/Heron-7B"))
    for number in (2, 3, 4):
        hub.day(number, gone("Fen/Heron-7B"))
    assert "does not show the repository" in hub.modes()


def test_names_that_move_up_one_after_the_other_are_followed(hub: Hub) -> None:
    egret = repository("Marsh/Egret-Old", "c" * 24, **GPL)
    hub.day(0, repository("Marsh/Heron-7B"), repository("Marsh/Egret", "c" * 24, **GPL))
    hub.day(1, repository("Marsh/Heron-7B"), egret)
    hub.day(2, repository("Marsh/Egret", asked_as="Marsh/Heron-7B"), egret)
    assert ("huggingface", "Marsh/Egret") in hub.records("marsh-heron-7b")


def test_an_answer_that_was_spelt_otherwise_gives_way_to_the_observation_that_found_it(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Curlew"))
    hub.day(0.25, gone("marsh/curlew"))
    hub.day(1, repository("Fen/Curlew"))
    assert "renamed to Fen/Curlew" in hub.modes("marsh--curlew")


def test_a_passport_of_its_own_that_was_kept_up_is_delisted_when_the_repository_goes(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"), heron={**HERON, "hugging_face_id": ""})
    hub.day(1, repository("Marsh/Heron-7B"))
    for number in (2, 3):
        hub.day(number, gone("Marsh/Heron-7B"))
    assert hub.statuses() == {"marsh--heron-7b": "delisted", "marsh-heron-7b": "active"}


def test_a_renamed_repository_that_had_a_passport_has_one_under_its_new_name_however_small(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Curlew"))
    hub.day(1, repository("Marsh/Curlew-1B", downloads=7))
    assert hub.statuses() == {"marsh--curlew": "delisted", "marsh--curlew-1b": "active", "marsh-heron-7b": "active"}
