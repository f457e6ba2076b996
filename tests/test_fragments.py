"""Beginnings of published passports, beside ours of the same models; docs/fragments.md holds every difference."""

import json
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipelines.enrich.status import status_of
from pipelines.formats.slugs import hub_slug
from pipelines.merge.gather import gather
from pipelines.merge.subject import Subject
from pipelines.passport.artifact import artifact_block
from pipelines.passport.links import Issuer
from tests.support.listings import admitted, raw
from tests.support.recordings import hub_items, openrouter_models, recordings_dir

DAY = "2026-04-22"
HUB_RECORDED = 1
"""Published passports of repositories on the Hub whose record we have."""
TABLE = Path(__file__).resolve().parents[1] / "docs" / "fragments.md"
COMPARED = ("id", "slug", "name", "type", "url", "page_url", "categories", "tags", "pricing", "status", "verified")


class Difference(NamedTuple):
    slug: str
    field: str
    published: str
    ours: str


def reasons() -> dict[Difference, str]:
    """The rows of the table with their reasons."""
    rows = [line.strip("|").split("|") for line in TABLE.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip().strip("`") for cell in row] for row in rows[1:]]
    return {Difference(*row[:4]): row[4] for row in cells}


def fragments() -> list[dict[str, Any]]:
    lines = (recordings_dir() / "data/passports/fragments.jsonl").read_text("utf-8").splitlines()
    return [fragment for fragment in map(json.loads, lines) if fragment["id"].startswith(("openrouter-", "hf-model-"))]


def subjects_of(slugs: set[str]) -> dict[str, Subject]:
    """Ours of the same models, as far as they were recorded."""
    models = [raw(model) for model in openrouter_models(DAY)]
    models += [raw(item, "huggingface") for item in hub_items() if hub_slug(item["id"]) in slugs]
    return {one.slug: one for one in gather(map(admitted, models)).subjects if one.slug in slugs}


def test_every_row_says_why() -> None:
    assert len(reasons()) > 10
    assert all(len(reason) > 10 for reason in reasons().values())
    assert {difference.field for difference in reasons()} <= set(COMPARED)


@pytest.mark.recordings
def test_published_artifact_blocks_differ_from_ours_only_where_the_table_says_so() -> None:
    subjects = subjects_of({published["slug"] for published in fragments()})
    assert sum(subject.primary.source == "huggingface" for subject in subjects.values()) == HUB_RECORDED
    found = set()
    for published in fragments():
        subject = subjects.get(published["slug"])
        if subject is None:
            assert published["id"].startswith("hf-model-")
            continue
        life = status_of(subject, date.fromisoformat(DAY))
        ours = artifact_block(subject, issuer=Issuer("unfragile.ai", "https://unfragile.ai"), life=life)
        found |= {
            Difference(published["slug"], field, json.dumps(published[field]), json.dumps(ours[field]))
            for field in COMPARED
            if ours[field] != published[field]
        }
    assert found == reasons().keys()
