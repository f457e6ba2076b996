"""The bill of materials of a model, CycloneDX 1.6 as JSON, from what its passport states of the model itself.

It has no prices, dates or providers, so that it changes only when the model does; it leads to the signed passport.
"""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import orjson

from pipelines.exports.licences import spdx_id
from pipelines.exports.tasks import task_of
from pipelines.pages.passport.facts import maker_of
from pipelines.pages.site import Site
from pipelines.pages.words import QUOTE, href, line
from pipelines.registry.export_keys import dsse_key
from pipelines.registry.layout import page_key, passport_copy_key
from pipelines.rules.rulebook import rulebook
from schemas.sources import HUB

Json = dict[str, Any]

SCHEMA: Final = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_REPOSITORY: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_UUID_BYTES: Final = 16


def bom(site: Site, slug: str, document: Json) -> bytes:
    """Return the bill of materials of a signed passport; `document` has its envelope."""
    passport = document["passport"]
    unfragile = passport["unfragile"]
    signed = {"dsse": site.address(dsse_key(slug))} if "keyId" in passport else {}
    component = _component(site, slug, unfragile, signed)
    stated = {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": _serial(component),
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "passports"}]},
            "supplier": {"name": site.name, "url": [site.address("index.html")]},
            "component": component,
        },
    }
    return orjson.dumps(stated, option=orjson.OPT_INDENT_2)


def _component(site: Site, slug: str, unfragile: Json, signed: dict[str, str]) -> Json:
    artifact = unfragile["artifact"]
    model: Json = artifact.get("model") or {}
    maker = line(maker_of(artifact))
    references = [
        ("website", href(artifact["url"])),
        ("model-card", site.address(page_key(slug))),
        ("evidence", site.address(passport_copy_key(slug))),
        ("attestation", signed.get("dsse", "")),
    ]
    found: Json = {
        "type": "machine-learning-model",
        "bom-ref": slug,
        "group": maker,
        "name": line(artifact["name"]),
        "version": line(model.get("canonical_slug") or ""),
        "licenses": _licences(model),
        "purl": _purl(model.get("huggingface_id")),
        "externalReferences": [{"type": kind, "url": url} for kind, url in references if url],
        "pedigree": {"ancestors": list(_ancestors(model))},
        "modelCard": _card(unfragile, model),
        "properties": [{"name": f"passports:{name}", "value": value} for name, value in _properties(model)],
    }
    if not found["pedigree"]["ancestors"]:
        del found["pedigree"]
    return {name: value for name, value in found.items() if value}


def _card(unfragile: Json, model: Json) -> Json:
    uses = [line(one["name"]) for one in unfragile.get("purposes") or ()]
    parameters: Json = {
        "task": task_of(model) or "",
        "datasets": [
            {"type": "dataset", "name": line(url), "contents": {"url": url}}
            for url in filter(None, map(href, model.get("training_data") or ()))
        ],
        "inputs": [{"format": line(one)} for one in model.get("input_modalities", ())],
        "outputs": [{"format": line(one)} for one in model.get("output_modalities", ())],
    }
    considerations = {
        "useCases": sorted(set(uses)),
        "technicalLimitations": sorted(set(_limitations(unfragile))),
    }
    metrics = [
        {"type": line(one["metric"]), "value": line(one["value"]), "slice": line(one["dataset"] or "not named")}
        for one in model.get("benchmarks") or ()
    ]
    return {
        "modelParameters": {name: value for name, value in parameters.items() if value},
        **({"quantitativeAnalysis": {"performanceMetrics": metrics}} if metrics else {}),
        "considerations": {name: value for name, value in considerations.items() if value},
    }


def _limitations(unfragile: Json) -> Iterator[str]:
    """Yield the limitations of the model's kind, and those that its card or description states in words.

    Those that a record's values show, such as prices and moderation, are about an offer of it.
    """
    of_kind = {mode.text for mode in rulebook().failure_modes.failure_mode if not mode.stated}
    quoted = {entry["path"] for entry in unfragile.get("evidence") or () if "quote" in entry and entry["url"]}
    for place, text in enumerate(unfragile["trust"]["failure_modes"]):
        if text in of_kind or f"/trust/failure_modes/{place}" in quoted:
            yield line(text, QUOTE)
    for capability in unfragile["capabilities"]:
        yield from (line(text, QUOTE) for text in capability["limitations"] if text in of_kind)


def _licences(model: Json) -> list[Json]:
    licence = model.get("licence")
    if not licence:
        return []
    spdx = spdx_id(licence)
    return [{"license": {"id": spdx} if spdx else {"name": line(licence)}}]


def _ancestors(model: Json) -> Iterator[Json]:
    for one in model.get("base_models") or ():
        purl = _purl(one["id"])
        yield {
            "type": "machine-learning-model",
            "name": line(one["id"]),
            **({"purl": purl} if purl else {}),
            "properties": [{"name": "passports:relation", "value": line(one["relation"])}],
        }


def _properties(model: Json) -> Iterator[tuple[str, str]]:
    weights = model.get("open_weights")
    for name, value in (
        ("open_weights", None if weights is None else str(weights).lower()),
        ("parameter_count", model.get("parameter_count")),
        ("knowledge_cutoff", model.get("knowledge_cutoff")),
        ("released_on", model.get("released_on")),
        ("gated", model.get("gated")),
    ):
        if value is not None:
            yield name, line(value)
    yield from (("language", line(one)) for one in model.get("languages") or ())


def _purl(repository: str | None) -> str:
    """Return the package URL of a repository on the Hub; "" where there is none, or its name is no repository's."""
    owner, _, name = (repository or "").partition("/")
    fits = owner and name and _REPOSITORY.issuperset(owner + name)
    return f"pkg:{HUB}/{owner}/{name}" if fits else ""


def _serial(component: Json) -> str:
    """Return the UUID of what the bill states: equal content has the same (RFC 9562, version 8)."""
    digest = bytearray(hashlib.sha256(orjson.dumps(component)).digest()[:_UUID_BYTES])
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"urn:uuid:{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
