import json
from typing import Any

import orjson
import pytest

from pipelines.enrich.status import ALIVE
from pipelines.formats.json_pointer import resolve
from pipelines.merge.gather import gather
from pipelines.merge.joins import Joined
from pipelines.normalise.huggingface.vocabulary import HUB_VOCABULARY
from pipelines.normalise.openrouter.vocabulary import VOCABULARY
from pipelines.passport.conflicts import conflicts
from pipelines.passport.document import draft
from pipelines.passport.unknowns import OF_ONE_MODEL, OF_READERS, OF_SELLERS, OF_WRITERS, READS, SOUGHT, VAGUE, WRITES
from schemas.listing import Listing
from tests.pipelines.normalise.test_modelsdev import entry
from tests.support.hub_records import absence, repository
from tests.support.listings import SEEN, TERMS, endpoints, listing, statement

FIGURES = ("/trust/community/model_downloads", "/trust/community/model_likes")


def test_two_figures_for_the_context_are_a_conflict_with_both_sides() -> None:
    (conflict,) = statement(listing(**{"top_provider.context_length": 32_768}))["conflicts"]
    assert conflict["path"] == "/artifact/model/context_tokens"
    assert [(side["value"], side["scope"], side["locator"]) for side in conflict["values"]] == [
        (65_536, "model", "/context_length"),
        (32_768, "top provider", "/top_provider/context_length"),
    ]
    assert {side["observed_at"] for side in conflict["values"]} == {SEEN}


def test_a_model_that_is_listed_past_its_announced_end_is_a_conflict() -> None:
    unfragile = statement(listing(expiration_date="2026-05-31"))
    (conflict,) = unfragile["conflicts"]
    assert conflict["path"] == "/artifact/status"
    assert [side["value"] for side in conflict["values"]] == ["heron-lab/heron-7b", "2026-05-31"]
    assert unfragile["artifact"]["status"] == "deprecated"


def conflicts_of(*records: Listing) -> list[dict[str, Any]]:
    one = listing()
    (joined,) = gather([one], joined=[Joined(one.slug, other, "stated") for other in records]).subjects
    found: list[dict[str, Any]] = json.loads(orjson.dumps(conflicts(joined, life=ALIVE)))
    return [conflict for conflict in found if conflict["path"] == "/artifact/model/open_weights"]


def test_open_weights_that_the_hub_does_not_show_are_a_conflict_with_both_sides() -> None:
    (conflict,) = conflicts_of(entry(), absence())
    assert [(side["value"], side["source"], side["scope"]) for side in conflict["values"]] == [
        (True, "modelsdev", "catalogue"), (401, "huggingface", "model repository, status of the answer"),
    ]  # fmt: skip


def test_weights_that_are_seen_or_that_nobody_calls_open_are_no_conflict() -> None:
    assert conflicts_of(entry()) == conflicts_of(absence()) == []
    assert conflicts_of(entry(open_weights=False), absence()) == []
    assert conflicts_of(entry(), absence(), repository()) == []


def test_sources_that_agree_are_no_conflict() -> None:
    assert statement(listing(), endpoints({}))["conflicts"] == []


def test_what_no_source_states_is_unknown_with_the_sources_that_were_asked() -> None:
    unfragile = statement(listing(hugging_face_id="", supported_parameters=[]), endpoints())
    reported = {unknown["path"]: unknown for unknown in unfragile["unknowns"]}
    assert {
        "/artifact/model/huggingface_id",
        "/artifact/model/parameters",
        "/artifact/model/providers",
    } <= reported.keys()
    assert reported["/artifact/model/licence"] == {
        "path": "/artifact/model/licence",
        "reason": "not_stated",
        "sources": ["openrouter", "openrouter-endpoints"],
    }
    assert unfragile["trust"]["coverage"] == {"stated": len(SOUGHT) - len(reported), "of": len(SOUGHT)}


def applying(unfragile: dict[str, Any]) -> set[str]:
    """Return the unknowns that apply to the model."""
    return {one["path"] for one in unfragile["unknowns"] if one["reason"] != "not_applicable"}


def reasons(*records: Listing) -> dict[str, tuple[str, list[str]]]:
    """Return path → reason and sources of each unknown of a model with other records about it."""
    one, *others = records
    (joined,) = gather([one], joined=[Joined(one.slug, other, "stated") for other in others]).subjects
    made = json.loads(orjson.dumps(draft(joined, TERMS).unfragile))
    return {one["path"]: (one["reason"], one["sources"]) for one in made["unknowns"]}


def test_providers_that_a_refresh_did_not_ask_for_were_not_asked() -> None:
    path = "/artifact/model/providers"
    assert reasons(listing())[path] == ("not_asked", ["openrouter-endpoints"])
    found = {one["path"]: one["reason"] for one in statement(listing(), endpoints())["unknowns"]}
    assert found[path] == "not_stated"


@pytest.mark.parametrize("path", ["/artifact/model/licence", *FIGURES])
def test_a_repository_that_nobody_asked_for_may_state_it(path: str) -> None:
    assert reasons(listing())[path] == ("not_asked", ["huggingface"])
    assert reasons(listing(hugging_face_id=""))[path][0] == "not_stated"
    assert reasons(listing(), absence())[path] == ("withheld", ["openrouter", "huggingface"])
    silent = repository(tags=[], downloads=None, likes=None)
    assert reasons(listing(), silent)[path] == ("not_stated", ["openrouter", "huggingface"])


@pytest.mark.parametrize("path", ["/artifact/model/licence", "/artifact/model/huggingface_id", *FIGURES])
def test_closed_weights_have_no_figures_of_the_hub(path: str) -> None:
    closed = listing(hugging_face_id="")
    assert reasons(closed, entry(open_weights=False))[path][0] == "not_applicable"
    assert reasons(closed, entry(open_weights=True))[path][0] == "not_stated"
    assert reasons(listing(), entry(open_weights=False)).get(path, ("",))[0] != "not_applicable"


def test_a_router_has_no_weights_training_price_or_provider_of_its_own() -> None:
    unfragile = statement(listing(hugging_face_id="", pricing={"prompt": "-1", "completion": "-1"}))
    found = {one["path"] for one in unfragile["unknowns"] if one["reason"] == "not_applicable"}
    assert found == {*OF_ONE_MODEL}
    of = len(SOUGHT) - len(OF_ONE_MODEL)
    assert unfragile["trust"]["coverage"] == {"stated": of - len(applying(unfragile)), "of": of}


def test_nobody_owes_a_price_of_what_the_hub_gives_away() -> None:
    unfragile = statement(repository())
    reported = applying(unfragile)
    assert "/artifact/model/context_tokens" in reported
    assert reported & set(OF_SELLERS) == set()
    of = len(SOUGHT) - len(OF_SELLERS)
    assert unfragile["trust"]["coverage"] == {"stated": of - len(reported), "of": of}


@pytest.mark.parametrize(
    ("task", "unasked"),
    [
        ("text-generation", ()), ("text-classification", OF_WRITERS), ("feature-extraction", OF_WRITERS),
        ("robotics", OF_READERS + OF_WRITERS), ("text-to-image", OF_READERS + OF_WRITERS), ("other", ()),
        ("telepathy", ()), (None, ()),
    ],
)  # fmt: skip
def test_what_says_nothing_of_what_a_model_does_is_not_sought(task: str | None, unasked: tuple[str, ...]) -> None:
    unfragile = statement(repository(pipeline_tag=task))
    stated = applying(unfragile)
    assert stated & {*OF_READERS, *OF_WRITERS} == {*OF_READERS, *OF_WRITERS} - {*unasked}
    assert unfragile["trust"]["coverage"]["of"] == len(SOUGHT) - len(OF_SELLERS) - len(unasked)


def test_an_embedding_that_is_sold_owes_no_maximum_output() -> None:
    changes: dict[str, Any] = {"architecture.output_modalities": ["embeddings"], "context_length": None}
    stated = applying(statement(listing(**changes)))
    assert stated & {*OF_READERS, *OF_WRITERS} == {*OF_READERS}


def test_outputs_that_no_reader_knows_say_nothing_of_what_a_model_does() -> None:
    def asked_of(*outputs: str) -> set[str]:
        unfragile = statement(listing(**{"architecture.output_modalities": [*outputs], "context_length": None}))
        owed = (one["path"] for one in unfragile["unknowns"] if one["reason"] != "not_applicable")
        return {*owed} & {*OF_READERS}

    assert (asked_of("video"), asked_of("telepathy"), asked_of("telepathy", "video")) == (set(), {*OF_READERS}, set())


def test_what_reads_and_writes_is_among_what_sources_say_that_a_model_does() -> None:
    assert WRITES < READS < (VOCABULARY | HUB_VOCABULARY) - VAGUE


def test_what_is_sought_is_stated_or_unknown_and_never_both() -> None:
    unfragile = statement(listing(), endpoints({}))
    unknown = {entry["path"] for entry in unfragile["unknowns"]}
    for path in SOUGHT:
        assert (resolve(unfragile, path) in (None, [])) is (path in unknown)
