"""Builds the passports of one recorded day from all recorded sources together, in memory.

The day is OpenRouter's list of 2026-06-18 with the endpoints recorded on 2026-07-12, the recorded repositories of the
Hub with all recorded cards, and models.dev. `recordings()` says where the recordings are.
"""

import hashlib
import json
import re
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from benchmarks.catalogues import models_dev, recordings
from pipelines.merge.gather import gather
from pipelines.merge.joins import in_order
from pipelines.merge.subject import Subject
from pipelines.normalise.admit import admit
from pipelines.passport.document import IssueContext, draft
from pipelines.passport.issue import issue
from pipelines.passport.links import Issuer
from pipelines.rules.gates import default_gates
from schemas.listing import Listing, RawListing
from schemas.times import timestamp
from tests.support.recordings import hub_items, openrouter_models

DAY = "2026-06-18"
NOW = datetime(2026, 6, 18, 12, 0, tzinfo=UTC)
URLS = {
    "openrouter": "https://openrouter.ai/api/v1/models",
    "openrouter-endpoints": "https://openrouter.ai/api/v1/models/{}/endpoints",
    "huggingface": "https://huggingface.co/api/models/{}",
    "huggingface-card": "https://huggingface.co/{}/resolve/main/README.md",
    "modelsdev": "https://models.dev/api.json",
}

_CARD_OF = re.compile(r"huggingface\.co/([\w.\-]+/[\w.\-]+)/(?:blob|resolve)/")


def raw_records() -> Iterator[RawListing]:
    """Yield every recorded record of the day, as a crawl stores it."""
    models = openrouter_models(DAY)
    yield from (_record("openrouter", model["id"], model) for model in models)
    served = json.loads((recordings() / "openrouter/endpoints_2026-07-12.json").read_bytes())
    endpoints = {one["id"]: one["endpoints"] for one in served["models"]}
    for model in models:
        if found := endpoints.get(model["id"]):
            held = {key: model.get(key) for key in ("id", "name", "created", "description", "architecture")}
            yield _record("openrouter-endpoints", model["id"], {**held, "endpoints": found})
    items = {item["id"]: item for item in hub_items()}
    yield from (_record("huggingface", name, item) for name, item in items.items())
    yield from (_text(name, text) for name, text in cards().items())
    for section, of_section in models_dev().items():
        for name, entry in of_section["models"].items():
            yield _record("modelsdev", f"{section}/{name}", {section: {"models": {name: entry}}})


def cards() -> dict[str, str]:
    """Return repository → its recorded card: those of vendors and of the community."""
    found, hub = {}, recordings() / "huggingface"
    with tarfile.open(hub / "cards_community/cards.tar.xz") as archive:
        for member in archive:
            held = archive.extractfile(member)
            if held and member.name.endswith("/README.md"):
                found[member.name.removesuffix("/README.md")] = held.read().decode("utf-8", "replace")
    for spec in sorted(hub.glob("cards_azure_mit/*/spec.yaml")):
        named, card = _CARD_OF.search(spec.read_text("utf-8", "replace")), spec.parent / "description.md"
        if named and card.exists():
            found[named[1]] = card.read_text("utf-8", "replace")
    return found


@lru_cache(maxsize=1)
def subjects() -> tuple[Subject, ...]:
    """Return the models of the day, each with all its records."""
    listings = [listing for raw in raw_records() if isinstance(listing := admit(raw), Listing)]
    joins, own, joined = in_order(listings), [], []
    for listing in listings:
        for one in joins.passports_of(listing):
            if one.by == "own":
                own.append(listing)
            else:
                joined.append(one)
    return gather(own, joined=joined).subjects


def statements() -> Iterator[dict[str, Any]]:
    """Yield `unfragile` of each passport of the day, as JSON."""
    terms = IssueContext(Issuer("unfragile.ai", "https://unfragile.ai"), default_gates(), NOW, "recorded")
    for subject in subjects():
        yield orjson.loads(orjson.dumps(issue(draft(subject, terms), "first_seen", None, terms)))


def _record(source: str, record_id: str, record: dict[str, Any]) -> RawListing:
    return _raw(source, record_id, orjson.dumps(record, option=orjson.OPT_SORT_KEYS).decode())


def _text(repository: str, text: str) -> RawListing:
    return _raw("huggingface-card", repository, text)


def _raw(source: str, record_id: str, body: str) -> RawListing:
    return RawListing(
        source=source,
        id=record_id,
        url=URLS[source].format(record_id),
        observed_at=timestamp(NOW),
        body=body,
        content_sha256=hashlib.sha256(body.encode()).hexdigest(),
    )
