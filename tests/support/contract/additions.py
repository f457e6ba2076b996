"""What our passports add to the format: the parts of a full document."""

from typing import Any

SHA256 = "0f" * 32
SCRAPED_AT = "2026-06-14T06:00:00.250Z"
SIGNED_AT = "2026-06-15T14:50:47.607Z"
PRICE = {"kind": "prompt", "usd": "0.00000015", "unit": "prompt token"}


def model() -> dict[str, Any]:
    return {
        "listing_id": "acme/tern-1.5",
        "canonical_slug": "acme/tern-1.5-0619",
        "aliases": ["~acme/tern-latest"],
        "huggingface_id": None,
        "licence": None,
        "open_weights": None,
        "context_tokens": 131072,
        "max_output_tokens": None,
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "parameters": ["temperature", "tools"],
        "knowledge_cutoff": "2024-06",
        "released_on": "2025-06-19",
        "expires_on": None,
        "prices": [PRICE, PRICE | {"usd": "0.0000003", "when": {"min_prompt_tokens": 200000}}],
        "offers": [
            {
                "id": "acme/tern-1.5:free",
                "variant": "free",
                "name": "Acme: Tern 1.5 (free)",
                "free": True,
                "context_tokens": 32768,
                "max_output_tokens": None,
                "expires_on": "2026-12-31",
                "prices": [],
            }
        ],
        "providers": [
            {
                "name": "Acme",
                "tag": "acme/fp8",
                "status": "up",
                "quantization": "fp8",
                "context_tokens": 131072,
                "max_output_tokens": 8192,
                "uptime_percent": "99.87",
                "prices": [PRICE | {"when": {"utc_start": 100, "utc_end": 400}}],
            }
        ],
        "parameter_count": 7_241_732_096,
        "gated": None,
        "base_models": [{"id": "Acme/Tern-1.5-Base", "relation": "finetune"}],
        "languages": ["en"],
        "benchmarks": [{"task": "text-generation", "dataset": None, "metric": "pass@1", "value": "61.30"}],
        "records": [{"source": "openrouter", "id": "acme/tern-1.5", "joined_by": "own"}],
        "training_data": ["https://acme.example/corpus"],
        "sampling_rate_hz": 16000,
        "casing": "uncased",
        "max_sequence_tokens": 512,
    }


def purpose() -> dict[str, Any]:
    return {
        "id": "code-editing",
        "uri": "purpose://code.generation.editing.code.editing",
        "name": "code editing",
        "description": "Merging a proposed change into a file of code.",
        "category": "code-generation-editing",
        "intents": ["apply this patch to a file"],
    }


def freshness() -> dict[str, Any]:
    source = {
        "source": "openrouter",
        "last_scraped_at": SCRAPED_AT,
        "due_after": "2026-06-15T06:00:00.250Z",
        "stale_after": "2026-06-17T06:00:00.250Z",
        "verdict": "due",
    }
    return {"evaluated_at": SIGNED_AT, "sources": [source]}


def score_basis() -> dict[str, Any]:
    return {
        "signals": [{"name": "model_likes", "value": 0.41}, {"name": "tokens_week", "value": 1}],
        "checks": 11,
        "unmet": ["states a licence"],
        "without_data": ["match_graph"],
        "score_min": 17,
        "score_max": 47,
    }


def assessment() -> dict[str, Any]:
    up = {"providers_up": 1, "best_uptime_percent": "99.87", "tool_calls_succeed": "0.95"}
    licence = {"licence": None, "unrestricted": None, "open_weights": True, "on_request": False, "card": True}
    lasting = {"last_scraped_at": SCRAPED_AT, "status": "active", "days_left": -3}
    return {
        "availability": {"value": 0.75, "inputs": up},
        "provenance": {"value": 1, "inputs": {"publishers": 2, "facts": 15, "corroborated": 3, "conflicts": 1}},
        "openness": {"value": 0, "inputs": licence},
        "currency": {"value": 0.5, "inputs": lasting},
        "safety_statements": {"value": None, "inputs": {"limits_of_card": None}},
    }


def _evidence(path: str, locator: str, stated: dict[str, Any], method: str, asserted_by: str) -> dict[str, Any]:
    sourceless = asserted_by in ("class", "issuer")
    return {
        "path": path,
        "source": "openrouter",
        "url": None if sourceless else "https://openrouter.ai/api/v1/models",
        "locator": locator,
        **stated,
        "method": method,
        "asserted_by": asserted_by,
        "observed_at": SCRAPED_AT,
        "content_sha256": None if sourceless else SHA256,
    }


def structured() -> dict[str, Any]:
    path = "/artifact/model/context_tokens"
    return _evidence(path, "/context_length", {"value": 131072}, "structured", "openrouter")


def quoted() -> dict[str, Any]:
    quote = {"quote": "Calls are not validated."}
    found = _evidence("/capabilities/0/limitations/0", "/description", quote, "section", "openrouter")
    return found | {"taxonomy": ["reliability"]}


def asserted_by_class() -> dict[str, Any]:
    return _evidence("/trust/data_access_risk", "", {"value": None}, "class", "class")


def asserted_by_issuer() -> dict[str, Any]:
    return _evidence("/trust/failure_modes/1", "", {"value": [0, None, "none", 0.5]}, "structured", "issuer")


def claim(context_tokens: int) -> dict[str, Any]:
    return {
        "value": context_tokens,
        "source": "openrouter",
        "scope": "acme/tern-1.5",
        "locator": "/context_length",
        "observed_at": SCRAPED_AT,
    }
