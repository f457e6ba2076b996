from typing import Any

from pipelines.passport.model import FROM_CARDS
from schemas.listing import Fact
from schemas.passport.model import Model
from tests.support.listings import endpoints, listing, statement


def block(*listings: Any) -> dict[str, Any]:
    made: dict[str, Any] = statement(*listings)["artifact"]["model"]
    return made


def test_the_block_states_what_the_sources_do_and_null_where_none_does() -> None:
    assert block(listing()) == {
        "listing_id": "heron-lab/heron-7b",
        "canonical_slug": "heron-lab/heron-7b-2026-01",
        "aliases": [],
        "huggingface_id": "HeronLab/Heron-7B",
        "licence": None,
        "open_weights": None,
        "context_tokens": 65_536,
        "max_output_tokens": 16_384,
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "parameters": ["max_tokens", "seed", "temperature", "tools"],
        "knowledge_cutoff": None,
        "released_on": None,
        "listed_on": "2026-01-01",
        "expires_on": None,
        "prices": [
            {"kind": "prompt", "usd": "0.0000002", "unit": "prompt token"},
            {"kind": "completion", "usd": "0.0000006", "unit": "completion token"},
        ],
        "offers": [
            {
                "id": "heron-lab/heron-7b",
                "variant": "standard",
                "name": "Heron Lab: Heron 7B",
                "free": False,
                "context_tokens": 65_536,
                "max_output_tokens": 16_384,
                "expires_on": None,
                "prices": [
                    {"kind": "prompt", "usd": "0.0000002", "unit": "prompt token"},
                    {"kind": "completion", "usd": "0.0000006", "unit": "completion token"},
                ],
            }
        ],
        "providers": [],
        "parameter_count": 7_000_000_000,
        "gated": None,
        "base_models": [],
        "languages": [],
        "benchmarks": [],
        "popularity": None,
        "data_handling": None,
        "tool_call_success": None,
        "use_cases": [],
        "reasoning": None,
        "successor": None,
        "records": [{"source": "openrouter", "id": "heron-lab/heron-7b", "joined_by": "own"}],
    }


def test_offers_and_aliases_are_shown_with_their_own_figures() -> None:
    free = listing(
        id="heron-lab/heron-7b:free", name="Heron (free)", context_length=8192, expiration_date="2026-07-01",
        pricing={"prompt": "0", "completion": "0"},
    )  # fmt: skip
    made = block(listing(), free, listing(id="~heron-lab/latest", alias_target={"slug": "heron-lab/heron-7b"}))
    assert made["aliases"] == ["~heron-lab/latest"]
    assert made["expires_on"] is None
    offer = made["offers"][1]
    assert (offer["variant"], offer["free"], offer["context_tokens"], offer["expires_on"]) == (
        "free",
        True,
        8192,
        "2026-07-01",
    )


def test_modalities_have_one_order_and_unknown_ones_come_last() -> None:
    made = block(listing(**{"architecture.input_modalities": ["smell", "video", "file", "aura", "text"]}))
    assert made["input_modalities"] == ["text", "file", "video", "aura", "smell"]


def test_prices_show_their_conditions() -> None:
    overrides = [{"min_prompt_tokens": 200_000, "prompt": "4e-7"}, {"utc_start": 100, "utc_end": 400, "prompt": "1e-7"}]
    prices = block(listing(**{"pricing.overrides": overrides}))["prices"]
    assert [price.get("when") for price in prices] == [
        None, None, {"min_prompt_tokens": 200_000}, {"utc_start": 100, "utc_end": 400},
    ]  # fmt: skip


def test_providers_are_shown_with_status_uptime_and_prices() -> None:
    (provider,) = block(listing(), endpoints({"status": -2}))["providers"]
    assert provider == {
        "name": "Marsh",
        "tag": "marsh/fp8",
        "status": "degraded",
        "quantization": "fp8",
        "context_tokens": 65_536,
        "max_output_tokens": 16_384,
        "uptime_percent": "99.83",
        "prices": [
            {"kind": "prompt", "usd": "0.0000002", "unit": "prompt token"},
            {"kind": "completion", "usd": "0.0000006", "unit": "completion token"},
        ],
    }


def test_the_keys_are_those_of_the_schema_in_its_order() -> None:
    stated_by_cards = {"training_data", *FROM_CARDS}
    assert list(block(listing())) == [key for key in Model.model_fields if key not in stated_by_cards]


def test_what_a_card_states_of_its_making_is_there_with_its_quote() -> None:
    facts = (
        Fact("training_data:https://birds.example/songs", True, "bytes:0-9", "trained o", "pattern"),
        Fact("sampling_rate_hz", 16000, "bytes:10-19", "16kHz son", "pattern"),
    )
    primary = listing()
    model = block(primary.model_copy(update={"facts": (*primary.facts, *facts)}))
    assert (model["training_data"], model["sampling_rate_hz"]) == (["https://birds.example/songs"], 16000)
    assert "casing" not in model


def test_an_image_price_like_that_of_a_token_is_shown_with_its_doubt() -> None:
    pricing = {"prompt": "0.0000003", "completion": "0.0000025", "image": "0.0000003"}
    made = statement(listing(pricing=pricing), endpoints({"pricing": pricing}))
    model = made["artifact"]["model"]
    for at in (model, model["offers"][0], model["providers"][0]):
        assert [price["unit"] for price in at["prices"]] == ["prompt token", "completion token", "unclear"]
    (found,) = (conflict for conflict in made["conflicts"] if conflict["path"] == "/artifact/model/prices")
    assert [(side["value"], side["locator"]) for side in found["values"]] == [
        ("0.0000003", "/pricing/image"), ("0.0000003", "/pricing/prompt"),
    ]  # fmt: skip
    assert "input image" in found["values"][0]["scope"]
