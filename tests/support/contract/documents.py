"""Two valid documents to change: one of the format before evidence was added, one with every addition."""

from typing import Any

from tests.support.contract.additions import (
    SCRAPED_AT,
    SHA256,
    SIGNED_AT,
    asserted_by_class,
    asserted_by_issuer,
    assessment,
    claim,
    freshness,
    model,
    purpose,
    quoted,
    score_basis,
    structured,
)

SIGNATURE = "A" * 85 + "Q=="
KEY_ID = "k" * 42 + "A"


def minimal() -> dict[str, Any]:
    """Return a document with what every passport of the format has."""
    return {
        "passport": {
            "unfragile": {
                "@version": "1.0",
                "version": "2026-05",
                "artifact": _artifact(),
                "capabilities": [_capability(0), _capability(1)],
                "trust": _trust(),
                "distribution": {
                    "claim_url": "https://registry.example/submit?claim=acme-tern-1.5",
                    "compare_url": "https://registry.example/compare?artifact=acme-tern-1.5",
                },
            },
            "signature": SIGNATURE,
            "signedAt": SIGNED_AT,
            "signedBy": "registry.example",
            "version": 1,
        },
        "_links": {
            "self": "https://registry.example/api/v1/passport/acme-tern-1.5",
            "artifact": "https://registry.example/acme-tern-1.5",
            "verify": "https://registry.example/api/v1/verify?slug=acme-tern-1.5",
            "publicKey": "https://registry.example/api/v1/trust-passport-public-key",
            "spec": "https://registry.example/trust",
            "schema": "https://registry.example/schema.json",
            "docs": "https://registry.example/docs",
        },
        "_log": {"index": 1, "size": 2, "proof": ["A" * 43 + "="]},
    }


def full() -> dict[str, Any]:
    """Return a document with all that our passports add to the format."""
    document = minimal()
    passport = document["passport"]
    passport |= {
        "algorithm": "Ed25519",
        "keyId": KEY_ID,
        "payloadType": "application/vnd.unfragile.trust-passport+json",
        "expiresAt": "2026-07-15T14:50:47.607Z",
    }
    passport["unfragile"] = statement = _with_purposes(passport["unfragile"])
    statement["artifact"]["model"] = model()
    statement["trust"] |= {
        "freshness": freshness(),
        "coverage": {"stated": 14, "of": 17},
        "score_basis": score_basis(),
        "assessment": assessment(),
    }
    statement |= {
        "evidence": [structured(), quoted(), asserted_by_class(), asserted_by_issuer()],
        "conflicts": [{"path": "/artifact/model/context_tokens", "values": [claim(131072), claim(32768)]}],
        "unknowns": [{"path": "/artifact/model/licence", "reason": "not_stated", "sources": ["openrouter"]}],
        "provenance": {"pipeline": "passports/0.1.0", "rules_sha256": SHA256, "cause": "first_seen"},
    }
    return document


def _with_purposes(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a statement with purposes, where the format has them: after the capabilities."""
    keys = list(statement)
    keys.insert(keys.index("capabilities") + 1, "purposes")
    return {key: statement[key] if key in statement else [purpose()] for key in keys}


def _artifact() -> dict[str, Any]:
    return {
        "id": "openrouter-acme-tern-1.5",
        "slug": "acme-tern-1.5",
        "name": "Acme: Tern 1.5",
        "type": "model",
        "url": "https://openrouter.ai/models/acme~tern-1.5",
        "page_url": "https://registry.example/acme-tern-1.5",
        "categories": ["chatbots-assistants"],
        "tags": ["acme", "api-access", "text"],
        "pricing": {"model": "paid", "free": False, "starting_price": "$1.50e-7 per prompt token"},
        "status": "active",
        "verified": False,
    }


def _capability(number: int) -> dict[str, Any]:
    return {
        "id": f"openrouter-acme-tern-1.5__cap_{number}",
        "uri": "capability://tool.use.integration.function.calling",
        "name": "function calling",
        "description": "Answers with calls of the functions that the request describes.",
        "intents": ["let the model use my own functions"],
        "best_for": [],
        "limitations": ["calls are not checked against the described schema"],
        "requires": ["an API key"],
        "input_types": ["text"],
        "output_types": ["text"],
        "categories": ["tool-use-integration", "automation-workflow"],
        "confidence": 0.9,
        "matches": 0,
        "success_rate": 0,
    }


def _trust() -> dict[str, Any]:
    return {
        "score": 24,
        "verified": False,
        "data_access_risk": "moderate",
        "permissions": ["an API key"],
        "failure_modes": ["calls are not checked against the described schema", "no observed match outcomes yet"],
        "rank_breakdown": {
            "adoption": 0.05,
            "quality": 0.41,
            "ecosystem": 0.24,
            "match_graph": 0.25,
            "freshness": 1,
            "weights": {"adoption": 0.35, "quality": 0.2, "ecosystem": 0.1, "match_graph": 0.3, "freshness": 0.05},
        },
        "observed_outcomes": {
            "matches": 0,
            "success_rate": 0,
            "avg_confidence": 0,
            "top_intents": [],
            "last_matched_at": None,
        },
        "maintenance": {
            "status": "active",
            "updated_at": SCRAPED_AT,
            "last_scraped_at": SCRAPED_AT,
            "last_commit": None,
        },
        "community": {
            "stars": None,
            "forks": None,
            "weekly_downloads": None,
            "model_downloads": 120,
            "model_likes": 3,
        },
    }
