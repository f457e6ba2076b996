"""The ten failure modes of the trust block: in the order of their ranks, with those that are one line there."""

from typing import Any

import pytest

from pipelines.enrich.ranking import WordedLimit, ranked
from pipelines.rules.rulebook import rulebook
from pipelines.views.remedies import mode_of
from tests.support.claims import evidence_of, unfragile_of
from tests.support.hub_records import card, repository
from tests.support.listings import endpoints, listing, statement

CLASS = "like all generative language models it can state falsehoods with confidence"
ONE_LINE = "instructions hidden in what it reads can steer it: text that makes it call tools, documents, images"


def places(texts: list[str], *parts: str) -> list[int]:
    return [next(place for place, text in enumerate(texts) if part in text) for part in parts]


def test_each_rank_comes_before_the_next() -> None:
    unfragile = statement(
        listing(
            expiration_date="2026-07-01",
            description="It may hallucinate. It does not support images.",
            supported_parameters=["tools", "seed"],
            **{"pricing.overrides": [{"min_prompt_tokens": 9000, "prompt": "1e-6"}]},
        ),
        endpoints({"context_length": 8_192}),
    )
    listed = unfragile["trust"]["failure_modes"]
    order = places(
        listed, "announced to be removed", "make things up", "support images", "no endpoint that is up", "one provider",
        "longer than 9,000", "builder identity",
    )  # fmt: skip
    assert order == sorted(order)


def test_what_a_licence_forbids_comes_before_what_is_stated_and_that_before_the_class() -> None:
    made = unfragile_of(
        repository(tags=["license:cc-by-nc-4.0"], gated="manual"),
        card("## Limitations\n\nIt may repeat stereotypes. It cannot read maps of wetlands.\n"),
    )
    listed = made["trust"]["failure_modes"]
    order = places(listed, "non-commercial", "accept its owner's terms", "stereotypes", "wetlands", "builder identity")
    assert order == sorted(order)
    assert order[0] == 0


def test_a_past_end_comes_before_everything() -> None:
    limits = [WordedLimit(mode.id, mode.id) for mode in reversed(rulebook().failure_modes.failure_mode)]
    lines = [line.text for line in ranked([WordedLimit(None, "a sentence"), *limits])]
    assert lines[:2] == ["past-announced-end", "announced-end"]
    assert lines.index("licence-unclear") < lines.index("harmful-content") < lines.index("a sentence")
    assert lines.index("a sentence") < lines.index("low-uptime") < lines.index("knowledge-ends")
    general = {mode.id for mode in rulebook().failure_modes.failure_mode if not mode.stated}
    assert {*lines[lines.index("not-reproducible") + 2 :]} <= general
    assert lines[lines.index("not-reproducible") + 1].startswith("instructions hidden")
    assert len(lines) == len({*lines}) == len(limits) + 1 - 5


def test_injections_are_one_line_with_all_their_terms_and_each_is_with_its_capability() -> None:
    made = statement(
        listing(supported_parameters=["tools"], **{"architecture.input_modalities": ["text", "image", "file"]})
    )
    listed = made["trust"]["failure_modes"]
    assert [text for text in listed if "steer" in text] == [ONE_LINE]
    (shown,) = evidence_of(made, f"/trust/failure_modes/{listed.index(ONE_LINE)}")
    assert (shown["locator"], shown["quote"], shown["method"]) == ("/merged/injections", ONE_LINE, "class")
    assert {"NIST.AI.600-1:2.9", "OWASP.LLM06:2025", "MITRE.ATLAS:AML.T0053"} <= {*shown["taxonomy"]}
    with_capabilities = [text for one in made["capabilities"] for text in one["limitations"] if "can steer it" in text]
    assert with_capabilities == [
        "instructions hidden in an image can steer it",
        "instructions inside a document can steer it",
    ]
    found = mode_of(ONE_LINE)
    assert found is not None
    assert "least rights" in found.remedy


def test_a_single_injection_keeps_its_own_sentence() -> None:
    listed = statement(listing(supported_parameters=[], **{"architecture.input_modalities": ["text", "image"]}))[
        "trust"
    ]
    assert "instructions hidden in an image can steer it" in listed["failure_modes"]


@pytest.mark.parametrize(("description", "cut"), [("A heron that…", True), ("A heron that waits.", False)])
def test_a_description_that_is_cut_off_is_an_unknown_and_no_failure_mode(description: str, cut: bool) -> None:
    made, whole = statement(listing(description=description)), statement(listing(description="A heron."))
    unknown = {"path": "/trust/failure_modes", "reason": "cut_off", "sources": ["openrouter"]}
    assert (unknown in made["unknowns"]) is cut
    quotes: list[Any] = [entry["quote"] for entry in evidence_of(made, "/trust/failure_modes")]
    assert quotes == ([description] if cut else [])
    assert made["trust"]["failure_modes"] == whole["trust"]["failure_modes"]
    assert made["trust"]["coverage"] == whole["trust"]["coverage"]
