"""Makes listings, subjects and passports of an invented model."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from pipelines.formats.json_pointer import resolve
from pipelines.formats.record_reader import as_stated
from pipelines.merge.gather import gather
from pipelines.merge.subject import Subject
from pipelines.normalise.admit import admit
from pipelines.order import Issuance, Issued, make
from pipelines.passport.document import IssueContext, draft
from pipelines.passport.links import Issuer
from pipelines.rules.gates import default_gates
from schemas.listing import Listing, Quarantined, RawListing
from schemas.registry import ShardRow
from tests.support.signed import KEYS, SIGNER

SEEN = "2026-06-01T09:00:00.000Z"
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
TERMS = IssueContext(Issuer("registry.example", "https://registry.example"), default_gates(), NOW, SIGNER.key_id)
LIST_URL = "https://openrouter.example/api/v1/models"

MODEL: dict[str, Any] = {
    "id": "heron-lab/heron-7b",
    "canonical_slug": "heron-lab/heron-7b-2026-01",
    "hugging_face_id": "HeronLab/Heron-7B",
    "name": "Heron Lab: Heron 7B",
    "created": 1_767_225_600,
    "description": "A small model that answers questions.",
    "context_length": 65_536,
    "architecture": {
        "modality": "text->text",
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "tokenizer": "Other",
        "instruct_type": None,
    },
    "pricing": {"prompt": "0.0000002", "completion": "0.0000006"},
    "top_provider": {"context_length": 65_536, "max_completion_tokens": 16_384, "is_moderated": False},
    "per_request_limits": None,
    "supported_parameters": ["max_tokens", "seed", "temperature", "tools"],
    "supported_voices": None,
    "default_parameters": {},
    "links": {"details": "/api/v1/models/heron-lab/heron-7b/endpoints"},
}

ENDPOINT: dict[str, Any] = {
    "provider_name": "Marsh",
    "tag": "marsh/fp8",
    "status": 0,
    "quantization": "fp8",
    "context_length": 65_536,
    "max_completion_tokens": 16_384,
    "uptime_last_30m": 99.83,
    "pricing": {"prompt": "0.0000002", "completion": "0.0000006", "discount": 0},
}


def record(**changes: Any) -> dict[str, Any]:
    """Return the model's record; a key with a dot changes a nested field: `record(**{"pricing.prompt": "0"})`."""
    made: dict[str, Any] = json.loads(json.dumps(MODEL))
    for key, value in changes.items():
        outer, _, inner = key.partition(".")
        if inner:
            made[outer][inner] = value
        else:
            made[outer] = value
    return made


def raw_body(body: str, *, id: str = MODEL["id"], source: str = "openrouter") -> RawListing:  # noqa: A002 - its name
    digest = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
    return RawListing(source=source, id=id, url=LIST_URL, observed_at=SEEN, body=body, content_sha256=digest)


def raw(made: dict[str, Any], source: str = "openrouter") -> RawListing:
    return raw_body(json.dumps(made, sort_keys=True, ensure_ascii=False), id=str(made.get("id", "")), source=source)


def raw_endpoints(*endpoints: dict[str, Any], id: str = MODEL["id"], **changes: Any) -> RawListing:  # noqa: A002
    made = {"id": id, "name": MODEL["name"], "endpoints": [{**ENDPOINT, **endpoint} for endpoint in endpoints]}
    return raw({**made, **changes}, "openrouter-endpoints")


def listing(**changes: Any) -> Listing:
    return admitted(raw(record(**changes)))


def endpoints(*made: dict[str, Any], id: str = MODEL["id"]) -> Listing:  # noqa: A002 - its name
    return admitted(raw_endpoints(*made, id=id))


def admitted(one: RawListing) -> Listing:
    judged = admit(one)
    assert isinstance(judged, Listing), judged
    return judged


def refused(one: RawListing) -> Quarantined:
    judged = admit(one)
    assert isinstance(judged, Quarantined), judged
    return judged


def subject(*listings: Listing) -> Subject:
    (only,) = gather(listings).subjects
    return only


def statement(*listings: Listing, terms: IssueContext = TERMS) -> dict[str, Any]:
    """Return `unfragile` of an unissued passport of these listings, as JSON."""
    unfragile: dict[str, Any] = json.loads(orjson.dumps(draft(subject(*listings), terms).unfragile))
    return unfragile


def issued(*listings: Listing, last: ShardRow | None = None, terms: IssueContext = TERMS) -> Issued:
    made = make(subject(*listings), last, Issuance(terms, SIGNER, KEYS, 1))
    assert isinstance(made, Issued), made
    return made


def passport(*listings: Listing, terms: IssueContext = TERMS) -> dict[str, Any]:
    """Return a signed passport: the object with `unfragile`."""
    document: dict[str, Any] = json.loads(issued(*listings, terms=terms).document)["passport"]
    return document


def unshown(unfragile: dict[str, Any], raws: Iterable[RawListing]) -> list[str]:
    """Return the paths of evidence that does not hold: another value at the locator, or a quote that is missing."""
    records = {one.content_sha256: json.loads(one.body, parse_float=Decimal) for one in raws}
    return [entry["path"] for entry in unfragile["evidence"] if not _holds(entry, unfragile, records)]


def _holds(entry: dict[str, Any], unfragile: dict[str, Any], records: dict[str, Any]) -> bool:
    if entry["asserted_by"] == "class":
        return bool(entry["method"] == "class" and entry["quote"])
    if entry["asserted_by"] == "issuer":
        return bool(resolve(unfragile, entry["locator"]) == entry["value"])
    found = resolve(records[entry["content_sha256"]], entry["locator"])
    if "quote" in entry:
        return entry["quote"] in found
    expected = list(reported) if isinstance(reported := as_stated(found), tuple) else reported
    return bool(expected == entry["value"] and type(expected) is type(entry["value"]))
