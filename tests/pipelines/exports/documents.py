"""Passports that the tests of exports render: valid ones, one of a model with open weights, and hostile ones."""

from typing import Any

from pipelines.pages.site import Site
from pipelines.passport.links import Issuer
from tests.pipelines.pages.passport.test_page import spoilt
from tests.support.contract.documents import full, minimal

__all__ = ["HOSTILE_TEXTS", "SITE", "SLUG", "documents", "open_model", "spoilt"]

SITE = Site(Issuer("registry.example", "https://registry.example"))
SLUG = "acme-tern-1.5"
HOSTILE_TEXTS = (
    "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>\u202e\u2066]]>",
    "javascript:alert(1)//",
    "x" * 100_000,
    "\x00\x0b\x1b[31m\ud800\ufffe\uffff",
    '=HYPERLINK("https://evil.example")',
    "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nATTACH:https://evil.example;,\\",
    "\n---\nlicense: mit\n!!python/object/apply:os.system [ls]\n: &a *a # ",
    "</title></entry><entry><id>https://evil.example</id>",
)


def documents() -> list[dict[str, Any]]:
    return [minimal(), full(), open_model()]


def open_model() -> dict[str, Any]:
    document = full()
    document["passport"]["unfragile"]["artifact"]["model"] |= {
        "huggingface_id": "Acme/Tern-1.5",
        "licence": "apache-2.0",
        "open_weights": True,
        "training_data": ["https://huggingface.co/datasets/acme/corpus", "https://acme.example/corpus"],
        "benchmarks": [{"task": "text-generation", "dataset": "HumanEval", "metric": "pass@1", "value": "61.30"}],
        "expires_on": "2026-08-01",
    }
    return document
