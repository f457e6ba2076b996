import json
from typing import Any

import pytest

from pipelines.views.passport import passport_pairs
from schemas.verdict import Finding, Verdict
from tests.support.listings import issued, listing


def parts(passport: dict[str, Any]) -> dict[str, list[tuple[str, object]]]:
    """Title → pairs, as a passport of this content reads."""
    row = issued(listing()).row
    return dict(passport_pairs(passport, row, Finding(Verdict.OK, "it holds")))


def made(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(issued(listing(**changes)).document)["passport"]
    return document


def test_each_failure_mode_of_the_catalogue_says_how_it_shows_and_what_to_do() -> None:
    stated = [str(text) for _, text in parts(made(knowledge_cutoff="2024-06"))["how it fails"]]
    assert all(("shows as: " in text) == ("what to do: " in text) for text in stated)
    assert any(
        "shows as: outdated answers, given with confidence\n  what to do: supply current facts" in text
        for text in stated
    )
    assert not any("what to do" in text for text in stated[-2:])  # the issuer's own: nobody verified, nobody tried it


def test_each_capability_says_how_certain_it_is_held_to_be() -> None:
    reported = dict(parts(made(supported_parameters=["tools"]))["what it can do"])
    basis = "156 of 157 such claims confirmed by the makers' own entries in models.dev or LiteLLM's table (2026-05-01)"
    assert str(reported["tool calling"]).endswith(f"\n  confidence: 0.99 ({basis})")
    reported = dict(parts(made(supported_parameters=["seed"]))["what it can do"])
    assert str(reported["seeded sampling"]).endswith("\n  confidence: not measured (stated)")


def test_a_price_of_tokens_reads_by_the_million_too() -> None:
    prices = [text for name, text in parts(made(**{"pricing.request": "0.01"}))["what it is"] if name == "price"]
    assert prices == [
        "$0.0000002 per prompt token ($0.2 a million)",
        "$0.0000006 per completion token ($0.6 a million)",
        "$0.01 per request",
    ]


def test_a_price_in_an_unclear_unit_is_no_price_per_image() -> None:
    prices = [text for name, text in parts(made(**{"pricing.image": "0.0000002"}))["what it is"] if name == "price"]
    assert prices[-1] == "$0.0000002 for image input, in a unit that is unclear"


@pytest.mark.parametrize(
    ("value", "scope", "text"),
    [
        (True, "catalogue", "yes"), (False, "catalogue", "no"), (["text", "image"], "listing", "text, image"),
        ("2025-10-07", "listing, the day of its time", "2025-10-07"), (8192, "listing", "8192"),
    ],
)  # fmt: skip
def test_sides_of_a_disagreement_read_as_a_person_would_say_them(value: object, scope: str, text: str) -> None:
    passport = made()
    side = {"value": value, "scope": scope, "source": "heron"}
    passport["unfragile"]["conflicts"] = [{"path": "/artifact/model/released_on", "values": [side, side]}]
    (stated,) = parts(passport)["where sources disagree"]
    assert stated == ("released on", f"{text} ({scope}, heron) against {text} ({scope}, heron)")


def test_the_first_line_says_what_the_model_is_for() -> None:
    text = "Heron 7B is a coding model. It is built for agents."
    read = parts(made(description=text))
    assert next(iter(read.values()))[0] == ("for", "coding, agents")
    assert read["what it is for"] == [
        ("coding", '"Heron 7B is a coding model."\n  quoted: openrouter /description'),
        ("agents", '"It is built for agents."\n  quoted: openrouter /description'),
    ]


def test_what_no_source_states_the_model_to_be_for_is_not_made_up() -> None:
    read = parts(made(description="A small model."))
    assert next(iter(read.values()))[0] == ("for", "not stated")
    assert "what it is for" not in read


def test_what_is_not_known_is_shown_with_its_reason() -> None:
    reported = dict(parts(made(hugging_face_id=""))["what no source states"])
    assert reported["its source was not asked"] == "providers"
    assert "licence" in str(reported["not stated"])
