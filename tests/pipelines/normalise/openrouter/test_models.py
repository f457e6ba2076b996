import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.normalise.openrouter.models import QUOTED_TAIL
from schemas.crawl import CRAWL_LINE, AdmittedLine
from schemas.listing import Fact
from tests.support.listings import admitted, listing, raw, record, statement


def facts(**changes: Any) -> dict[str, Fact]:
    return {fact.name: fact for fact in listing(**changes).facts}


@pytest.mark.parametrize(
    "name", ["Qwen: Qwen-Max ", " Heron", "Heron\u200b 7B", "<b>Heron</b>", "Heron [7B](x)", "\U0001f426"]
)
def test_a_name_is_retained_verbatim(name: str) -> None:
    assert listing(name=name).name == name


@pytest.mark.parametrize(
    ("changes", "kind", "base_id", "variant"),
    [
        ({}, "model", "heron-lab/heron-7b", None),
        ({"id": "heron-lab/heron-7b:free"}, "variant", "heron-lab/heron-7b", "free"),
        ({"id": "heron-lab/heron-7b:batch"}, "variant", "heron-lab/heron-7b", "batch"),
        ({"pricing": {"prompt": "-1", "completion": "-1"}}, "router", "heron-lab/heron-7b", None),
        ({"architecture.tokenizer": "Router"}, "router", "heron-lab/heron-7b", None),
        ({"id": "~heron-lab/latest", "architecture.tokenizer": "Router"}, "alias", "heron-lab/latest", None),
        ({"id": "~heron-lab/latest"}, "alias", "heron-lab/latest", None),
        ({"id": "~heron-lab/latest", "alias_target": {"slug": "heron-lab/heron-7b"}}, "alias",
        "heron-lab/heron-7b", None),
        ({"id": "~heron-lab/x", "alias_target": {"slug": "heron-lab/heron-7b:free"}}, "alias",
        "heron-lab/heron-7b", None),
        ({"id": "heron-lab/old-name", "alias_target": {"slug": "heron-lab/heron-7b"}}, "alias",
        "heron-lab/heron-7b", None),
    ],
)  # fmt: skip
def test_models_routers_variants_and_aliases_are_distinguished(
    changes: dict[str, Any], kind: str, base_id: str, variant: str | None
) -> None:
    one = listing(**changes)
    assert (one.kind, one.base_id, one.variant) == (kind, base_id, variant)
    assert one.slug == base_id.replace("/", "-")
    assert one.author == base_id.partition("/")[0]


def test_facts_are_shown_with_their_places_and_words() -> None:
    read = facts()
    assert read["context_tokens"] == Fact("context_tokens", 65_536, "/context_length", 65_536)
    assert read["parameter:tools"] == Fact("parameter:tools", True, "/supported_parameters/3", "tools")
    assert read["listed_on"] == Fact("listed_on", "2026-01-01", "/created", 1_767_225_600)
    assert read["moderated"].value is False


def test_a_tokenizer_is_a_router_only_where_it_says_so() -> None:
    assert facts(**{"architecture.tokenizer": "Router"})["router"] == Fact(
        "router", True, "/architecture/tokenizer", "Router"
    )
    assert "router" not in facts()


def test_silence_is_no_fact() -> None:
    read = facts(
        context_length=None, hugging_face_id="", supported_parameters=[], **{"architecture.input_modalities": []}
    )
    assert read.keys().isdisjoint(
        {"context_tokens", "hugging_face_id", "parameters", "input_modalities", "knowledge_cutoff", "expires_on"}
    )


@pytest.mark.parametrize("stated", [None, 0])
def test_a_maximum_output_that_is_not_stated_says_so_in_the_words_of_the_source(stated: int | None) -> None:
    read = facts(**{"top_provider.max_completion_tokens": stated})
    assert "max_output_tokens" not in read
    assert read["max_output_unstated"].as_stated == stated


@pytest.mark.parametrize(
    ("stated", "value"), [("2024-06-30", "2024-06-30"), ("2024-06", "2024-06"), ("", None), (None, None)]
)
def test_a_knowledge_cutoff_is_a_day_a_month_or_unknown(stated: str | None, value: str | None) -> None:
    cutoff = facts(knowledge_cutoff=stated).get("knowledge_cutoff")
    assert (cutoff.value if cutoff else None) == value


@pytest.mark.parametrize(
    ("end", "stated"),
    [("2026-06-29", True), ("2036-05-28", True), ("2036-05-29", False), ("2098-12-31", False), ("9999-01-01", False)],
)
def test_an_end_ten_years_ahead_is_a_placeholder_and_no_end(end: str, *, stated: bool) -> None:
    assert ("expires_on" in facts(expiration_date=end)) is stated


def test_a_placeholder_is_shown_as_an_end_nowhere() -> None:
    unfragile = statement(listing(expiration_date="2098-12-31"))
    assert unfragile["artifact"]["status"] == "active"
    assert "2098" not in json.dumps(unfragile)


def test_the_day_of_listing_is_no_release() -> None:
    unfragile = statement(listing())
    model = unfragile["artifact"]["model"]
    assert (model["listed_on"], model["released_on"]) == ("2026-01-01", None)
    shown = {entry["path"]: entry.get("value") for entry in unfragile["evidence"]}
    assert shown["/artifact/model/listed_on"] == 1_767_225_600
    assert "/artifact/model/released_on" not in shown


def test_unknown_words_and_fields_are_retained_and_counted_and_never_fatal() -> None:
    one = listing(
        supported_parameters=["tools", "telepathy"],
        aura={"colour": "blue"},
        reasoning={"mandatory": True, "style": "terse", "supported_efforts": ["high", "heroic"]},
        **{"architecture.output_modalities": ["text", "smell"], "architecture.depth": 3, "pricing.telepathy": "0.5"},
    )
    assert set(one.unfamiliar) == {"output:smell", "parameter:telepathy", "reasoning_effort:heroic", "price:telepathy"}
    assert set(one.leftovers) == {"/aura", "/architecture/depth", "/reasoning/style"}
    assert {"parameter:telepathy", "output:smell"} <= {fact.name for fact in one.facts}


def test_a_description_is_cleaned_and_its_cut_is_quoted_word_for_word() -> None:
    written = "\u202eA bird\x00 that says much, and then some more of what it has always \u2066said about..."
    read = facts(description=written)
    assert read["description"].value == "A bird that says much, and then some more of what it has always said about..."
    quote = read["description_truncated"].as_stated
    assert quote == "said about..."
    assert isinstance(quote, str)
    assert quote in written
    assert len(quote) <= QUOTED_TAIL


@pytest.mark.parametrize("ends_with", [".", "done", "more . .", ""])
def test_a_description_that_is_whole_is_not_called_cut(ends_with: str) -> None:
    assert "description_truncated" not in facts(description=f"A bird {ends_with}")


@given(st.permutations(["text", "image", "file", "audio"]), st.permutations(["a", "b", "c", "tools"]))
def test_the_order_of_the_source_changes_no_fact(inputs: list[str], parameters: list[str]) -> None:
    one = listing(supported_parameters=parameters, **{"architecture.input_modalities": inputs})
    two = listing(supported_parameters=sorted(parameters), **{"architecture.input_modalities": sorted(inputs)})
    assert [fact[:2] for fact in one.facts] == [fact[:2] for fact in two.facts]


def test_a_word_that_occurs_twice_is_one_fact() -> None:
    read = [
        fact
        for fact in listing(supported_parameters=["tools", "seed", "tools"]).facts
        if fact.name == "parameter:tools"
    ]
    assert read == [Fact("parameter:tools", True, "/supported_parameters/0", "tools")]


def test_a_listing_survives_the_crawl_file() -> None:
    came = raw(record(knowledge_cutoff="2024-06", **{"pricing.overrides": [{"min_prompt_tokens": 9, "prompt": "0.1"}]}))
    line = AdmittedLine(raw=came, listing=admitted(came))
    assert CRAWL_LINE.validate_json(line.model_dump_json()) == line
    assert json.loads(line.model_dump_json())["listing"]["slug"] == "heron-lab-heron-7b"


def test_what_a_description_states_is_quoted_where_it_is() -> None:
    description = "A **bird**. It may hallucinate. It supports tool calling. It does not support images. It is in be..."
    read = {fact.name: fact for fact in listing(description=description).facts if fact.method == "pattern"}
    of_description = ["limit:confabulation", "described:tool calling", "limit:plain-58", "description_truncated"]
    assert list(read) == [*of_description, "parameter_count"]
    assert read["limit:plain-58"] == Fact(
        "limit:plain-58", "It does not support images.", "/description", "It does not support images.", "pattern"
    )
    assert all(str(read[name].as_stated) in description for name in of_description)


def test_what_a_description_states_is_no_unfamiliar_word() -> None:
    assert listing(description="It may hallucinate. It supports tool calling.").unfamiliar == ()


@pytest.mark.parametrize(("listing_id", "moves"), [("heron-lab/heron-latest", True), ("heron-lab/heron-7b", False)])
def test_an_id_that_stands_for_the_newest_model_is_marked(listing_id: str, *, moves: bool) -> None:
    found = [fact for fact in listing(id=listing_id).facts if fact.name == "moving_id"]
    assert [(fact.locator, fact.as_stated) for fact in found] == ([("/id", listing_id)] if moves else [])


def test_a_description_is_believed_of_the_weights_before_the_name() -> None:
    facts = {fact.name: fact for fact in listing(description="Heron 7B is an open-weight, 7.2B-parameter model.").facts}
    assert facts["parameter_count"][1:3] == (7_200_000_000, "/description")
    assert facts["open_weights"][1:3] == (True, "/description")
    assert {fact.name: fact for fact in listing().facts}["parameter_count"][1:4] == (7_000_000_000, "/name", "7B")


def test_an_id_states_the_number_of_weights_where_the_name_does_not() -> None:
    counts = [fact for fact in listing(name="Heron Lab: Heron").facts if fact.name == "parameter_count"]
    assert counts == [Fact("parameter_count", 7_000_000_000, "/id", "7b", "pattern")]
    assert not [fact for fact in listing(id="a/heron-8x7b", name="Heron").facts if fact.name == "parameter_count"]
