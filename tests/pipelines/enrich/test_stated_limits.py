"""What texts state against a model: worded, quoted, in order, and before what is true of the class."""

from pipelines.enrich.limitations import MOST_PLAIN, MOST_QUOTES
from pipelines.enrich.templates import LONGEST_QUOTED
from pipelines.passport.trust import LONGEST_LIST
from tests.support.claims import evidence_of, unfragile_of
from tests.support.hub_records import card, repository
from tests.support.listings import listing

STATED = "its description states that it can be wrong or make things up"
STATED_BY_CARD = "its card states that it can be wrong or make things up"
CLASS = "like all generative language models it can state falsehoods with confidence"


def test_a_failure_mode_stated_in_words_is_shown_by_each_quote_and_stands_for_its_twin_of_the_class() -> None:
    unfragile = unfragile_of(
        listing(description="Heron may hallucinate."), card("## Limitations\n\nIt may state false facts as if true.\n")
    )
    limitations = unfragile["capabilities"][0]["limitations"]
    assert CLASS not in limitations
    shown = evidence_of(unfragile, f"/capabilities/0/limitations/{limitations.index(STATED)}")
    assert [(entry["source"], entry["quote"]) for entry in shown] == [
        ("openrouter", "Heron may hallucinate."),
        ("huggingface-card", "It may state false facts as if true."),
    ]
    assert all("OWASP.LLM09:2025" in entry["taxonomy"] for entry in shown)
    assert CLASS in unfragile_of(listing())["capabilities"][0]["limitations"]


def test_quotes_of_one_failure_mode_are_few_and_all_different() -> None:
    text = "## Limitations\n\n" + "".join(f"It may invent facts about birds of type {n % 8}.\n\n" for n in range(20))
    unfragile = unfragile_of(listing(description="A bird. It may hallucinate."), card(text))
    shown = evidence_of(
        unfragile, f"/capabilities/0/limitations/{unfragile['capabilities'][0]['limitations'].index(STATED)}"
    )
    assert len({entry["quote"] for entry in shown}) == len(shown) == MOST_QUOTES


def test_what_fields_state_comes_before_words_and_words_before_sentences_and_those_before_the_class() -> None:
    description = "It does not support images. It may hallucinate. It is uncensored."
    limitations = unfragile_of(
        listing(description=description, knowledge_cutoff="2024-06", supported_parameters=["tools"])
    )["capabilities"][0]["limitations"]
    plain = 'its description states: "It does not support images."'
    at = [next(n for n, text in enumerate(limitations) if part in text) for part in ("2024-06", "no seed", STATED)]
    assert at == sorted(at)
    assert limitations[at[-1] :] == [
        STATED, "its description calls it uncensored; it may do what other models decline", plain,
    ]  # fmt: skip


def test_a_sentence_that_no_mode_covers_is_quoted_with_where_it_is() -> None:
    text = "## Limitations\n\n**Note:** It cannot [read](/x) maps of wetlands.\n"
    unfragile = unfragile_of(listing(description="It does not support images."), card(text))
    limitations = unfragile["capabilities"][0]["limitations"]
    assert 'its description states: "It does not support images."' in limitations
    at = limitations.index('its card states: "It cannot read maps of wetlands."')
    (shown,) = evidence_of(unfragile, f"/capabilities/0/limitations/{at}")
    assert (shown["source"], shown["quote"]) == ("huggingface-card", "It cannot [read](/x) maps of wetlands.")
    assert "taxonomy" not in shown


def test_sentences_at_the_same_place_of_two_texts_are_both_quoted() -> None:
    one = "## Limitations\n\nIt cannot read maps of wetlands.\n"
    limitations = unfragile_of(listing(), card(one), card(one.replace("wet", "dry"), of="HeronLab/Heron-7B-it"))
    assert [text for text in limitations["capabilities"][0]["limitations"] if "maps" in text] == [
        'its card states: "It cannot read maps of wetlands."', 'its card states: "It cannot read maps of drylands."',
    ]  # fmt: skip


def test_sentences_are_few_and_bounded_and_each_is_shown() -> None:
    lines = [f"It cannot read maps of type {n} with {'very ' * 60}small print.\n\n" for n in range(12)]
    unfragile = unfragile_of(listing(), card("## Limitations\n\n" + "".join(lines)))
    limitations = unfragile["capabilities"][0]["limitations"]
    quoted = [n for n, text in enumerate(limitations) if text.startswith("its card states")]
    assert len(quoted) == MOST_PLAIN
    assert all(len(limitations[n]) <= LONGEST_QUOTED for n in quoted)
    assert all(len(evidence_of(unfragile, f"/capabilities/0/limitations/{n}")) == 1 for n in quoted)


def test_an_end_comes_before_what_cards_state_and_all_of_it_is_with_the_capabilities() -> None:
    lines = "".join(f"It cannot read maps of type {n}.\n\n" for n in range(12))
    words = (
        "It may invent facts. It may be biased. It may be offensive. It can leak personal data. It may repeat itself."
    )
    unfragile = unfragile_of(
        listing(expiration_date="2026-07-01", knowledge_cutoff="2024-06", **{"top_provider.context_length": 1024}),
        card(f"## Limitations\n\n{words}\n\n{lines}"),
    )
    listed = unfragile["trust"]["failure_modes"]
    assert "announced to be removed" in listed[0]
    assert all("its card" in text for text in listed[1:LONGEST_LIST])
    assert len(listed) == LONGEST_LIST + 2
    assert any("top provider serves 1,024 tokens" in text for text in unfragile["capabilities"][0]["limitations"])


def test_a_model_of_no_known_ability_still_says_how_it_fails() -> None:
    unfragile = unfragile_of(
        repository(pipeline_tag=None, tags=[], gated="manual"),
        card("## Limitations\n\nIt may state false facts as if true. It cannot read maps of wetlands.\n"),
    )
    assert unfragile["capabilities"] == []
    listed = unfragile["trust"]["failure_modes"]
    assert STATED_BY_CARD in listed
    assert 'its card states: "It cannot read maps of wetlands."' in listed
    assert all(evidence_of(unfragile, f"/trust/failure_modes/{n}") for n in range(len(listed)))
    assert not [entry for entry in unfragile["evidence"] if not entry["path"].startswith("/")]
