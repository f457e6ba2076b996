import pytest

from pipelines.normalise.refusals import called_uncensored
from tests.support.hub_records import card, repository
from tests.support.listings import listing, statement

SAYS = "its name or its tags call it {}; it may do what other models decline"


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Heron-7B-Uncensored", "uncensored"), ("heron_7b_UNCENSORED_v2", "uncensored"),
        ("SuperHeronUncensored7B", "uncensored"), ("heron-7b-abliterated", "abliterated"),
        ("heron-7b-it-abliterix", "abliterix"), ("iterative-abliteration", "abliteration"),
        ("heron-7B-it-heretic-ara", "heretic"), ("heron_HERETIC_7b", "heretic"), ("decensored", "decensored"),
        ("heron-OBLITERATED", "obliterated"),
        ("Heron-7B", None), ("heretical-texts", None), ("censored", None), ("literate-heron", None), ("", None),
    ],
)  # fmt: skip
def test_the_word_that_says_that_refusals_were_removed(name: str, word: str | None) -> None:
    assert called_uncensored(name) == word


@pytest.mark.parametrize(
    ("changes", "word", "locator"),
    [
        ({"id": "Fen/Heron-7B-Uncensored"}, "uncensored", "/id"),
        ({"tags": ["gguf", "abliterated"]}, "abliterated", "/tags/1"),
        ({"id": "Fen/Heron-heretic", "tags": ["uncensored"]}, "heretic", "/id"),
        ({"id": "Uncensored-Birds/Heron-7B"}, None, None),
        ({"tags": ["base_model:fen/owl-uncensored", "dataset:fen/uncensored"]}, None, None),
    ],
)  # fmt: skip
def test_a_repository_that_calls_itself_so_fails_so(
    changes: dict[str, object], word: str | None, locator: str | None
) -> None:
    unfragile = statement(repository(**changes))
    listed = unfragile["trust"]["failure_modes"]
    stated = [place for place, text in enumerate(listed) if "other models decline" in text]
    assert [listed[place] for place in stated] == ([SAYS.format(word)] if word else [])
    paths = [f"/trust/failure_modes/{place}" for place in stated]
    shown = [entry["locator"] for entry in unfragile["evidence"] if entry["path"] in paths]
    assert shown == ([locator] if locator else [])


@pytest.mark.parametrize(
    ("changes", "locator"),
    [({"name": "Fen: Heron Uncensored"}, "/name"), ({"id": "fen/heron-abliterated"}, "/id")],
)
def test_a_listing_that_calls_itself_so_fails_so(changes: dict[str, str], locator: str) -> None:
    one = listing(**changes)
    assert [fact.locator for fact in one.facts if fact.name == "called_uncensored"] == [locator]
    assert any("other models decline" in text for text in statement(one)["trust"]["failure_modes"])


def test_what_a_text_states_in_words_is_not_stated_twice() -> None:
    one = listing(name="Fen: Heron Uncensored", description="Heron is an abliterated version of Owl.")
    assert [text for text in statement(one)["trust"]["failure_modes"] if "decline" in text] == [
        "its description calls it uncensored; it may do what other models decline"
    ]


def test_a_card_that_calls_it_abliterated_says_so() -> None:
    one = card("# Heron\n\nThis is an abliterated version of Owl.\n")
    assert [fact.name for fact in one.facts] == ["limit:uncensored"]
