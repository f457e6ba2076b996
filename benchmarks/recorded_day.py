"""Builds in memory the passports of one recorded day, from all sources together: what the checks of statements read.

OpenRouter's list of the day, the endpoints that were recorded nearest to it, the recorded repositories of the Hub with
their cards, and models.dev's catalogue, joined as a run joins them. The recordings are in the folder
PASSPORTS_RECORDINGS (or beside the checkout).
"""

import hashlib
import json
import re
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from benchmarks.catalogues import models_dev, recordings
from pipelines.merge.facets import Facets
from pipelines.merge.gather import gather
from pipelines.merge.joins import joins_of
from pipelines.merge.subject import Subject
from pipelines.normalise.admit import admit
from pipelines.passport.document import IssueContext, draft
from pipelines.passport.links import Issuer
from pipelines.rules.gates import default_gates
from schemas.listing import Listing, RawListing
from schemas.times import timestamp

DAY = "2026-06-18"
NOW = datetime(2026, 6, 18, 8, 0, 0, tzinfo=UTC)
ENDPOINTS = "endpoints_2026-07-12.json"
TERMS = IssueContext(Issuer("unfragile.ai", "https://unfragile.ai"), default_gates(), NOW, "recorded-day")

Record = dict[str, Any]


class Built(NamedTuple):
    """One model of the day: its records joined, and what its passport states, as JSON."""

    subject: Subject
    unfragile: Record

    @property
    def name(self) -> str:
        """The id of the record that names the passport."""
        return self.subject.primary.id

    @property
    def capabilities(self) -> set[str]:
        """Names of the capabilities that the passport claims."""
        return {capability["name"] for capability in self.unfragile["capabilities"]}

    @property
    def limitations(self) -> list[str]:
        """The texts of all limitations: those of the capabilities, and those of a model of which none is known."""
        of_capabilities = [text for one in self.unfragile["capabilities"] for text in one["limitations"]]
        return list(dict.fromkeys([*of_capabilities, *self.unfragile["trust"]["failure_modes"]]))


@lru_cache(maxsize=1)
def built(facets: tuple[RawListing, ...] = ()) -> tuple[Built, ...]:
    """Return every model of the day, in order of slug, built once a process; `facets` are answers about all models."""
    listings = [one for raw in _raws() if isinstance(one := admit(raw), Listing)]
    joins = joins_of(listings)
    placed = [one for listing in listings for one in joins.passports_of(listing)]
    own = [one.listing for one in placed if one.by == "own"]
    answers = Facets(one for raw in facets if isinstance(one := admit(raw), Listing))
    subjects = gather(own, joined=[one for one in placed if one.by != "own"], facets=answers).subjects
    return tuple(Built(subject, json.loads(orjson.dumps(draft(subject, TERMS).unfragile))) for subject in subjects)


def card_texts() -> dict[str, str]:
    """Return repository → its recorded card: those of vendors, and of the community for recorded repositories."""
    return dict(_cards(set(_repositories())))


def models() -> list[Record]:
    """Return OpenRouter's records of the day."""
    return _records(f"models_{DAY}.json")


def _records(name: str) -> list[Record]:
    document = json.loads((recordings() / "openrouter" / name).read_bytes())
    return list(document if isinstance(document, list) else document.get("data") or document["models"])


def _raws() -> Iterator[RawListing]:
    listed = models()
    for record in listed:
        yield _raw("openrouter", record["id"], record)
    recorded = {record["id"]: record["endpoints"] for record in _records(ENDPOINTS)}
    for record in listed:
        if record["id"] in recorded:
            served = {"id": record["id"], "name": record["name"], "endpoints": recorded[record["id"]]}
            yield _raw("openrouter-endpoints", record["id"], served)
    items = _repositories()
    for repository, item in items.items():
        yield _raw("huggingface", repository, item)
    for repository, card in _cards(set(items)):
        yield _raw_text("huggingface-card", repository, card)
    for section, rows in models_dev().items():
        for key, entry in rows["models"].items():
            yield _raw("modelsdev", f"{section}/{key}", {section: {"models": {key: entry}}})


def _repositories() -> dict[str, Record]:
    """The recorded repositories by id, in the form of the Hub's list; a later recording replaces an earlier one."""
    hub = recordings() / "huggingface"
    lines = (hub / "models_full_2022-02_sample.jsonl").read_text("utf-8").splitlines()
    items = {item["modelId"]: {**item, "id": item["modelId"]} for item in map(json.loads, lines)}
    names = {"pipelineTag": "pipeline_tag", "libraryName": "library_name"}
    fields = ("id", "tags", "downloads", "likes", "createdAt", "lastModified", *names)
    for row in json.loads((hub / "trending_1000_latest.json").read_bytes())["models"]:
        items[row["id"]] = {names.get(key, key): row[key] for key in fields if row.get(key) is not None}
    return items


def _cards(repositories: set[str]) -> Iterator[tuple[str, str]]:
    """The recorded cards of these repositories, and of those that no list was recorded of."""
    hub = recordings() / "huggingface"
    with tarfile.open(hub / "cards_community" / "cards.tar.xz") as archive:
        for member in archive:
            name = member.name.removesuffix("/README.md")
            if member.isfile() and name in repositories and (opened := archive.extractfile(member)):
                yield name, opened.read().decode("utf-8", "replace")
    for spec in sorted(hub.glob("cards_azure_mit/*/spec.yaml")):
        address = r"huggingface\.co/([\w.\-]+/[\w.\-]+)/(?:blob|resolve)/"
        found, card = re.search(address, spec.read_text("utf-8", "replace")), spec.parent / "description.md"
        if found and card.exists():
            yield found[1], card.read_text("utf-8", "replace")


def _raw(source: str, record_id: str, record: Record) -> RawListing:
    return _raw_text(source, record_id, orjson.dumps(record, option=orjson.OPT_SORT_KEYS).decode())


def _raw_text(source: str, record_id: str, body: str) -> RawListing:
    digest = hashlib.sha256(body.encode()).hexdigest()
    url = f"https://recorded.example/{source}/{record_id}"
    return RawListing(
        source=source, id=record_id, url=url, observed_at=timestamp(NOW), body=body, content_sha256=digest
    )
