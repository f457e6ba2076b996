"""Beginnings of published passports, beside ours of the same models; docs/fragments.md holds every difference."""

import json
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipelines.artifact import Issuer, artifact_block
from pipelines.life import life_of
from pipelines.merge import gather
from tests.pipelines.listings import admitted, raw
from tests.recordings import openrouter_models, recordings_dir

DAY = "2026-04-22"
TABLE = Path(__file__).resolve().parents[1] / "docs" / "fragments.md"
COMPARED = ("id", "slug", "name", "type", "url", "page_url", "categories", "tags", "pricing", "status", "verified")


class Difference(NamedTuple):
    slug: str
    field: str
    published: str
    ours: str


def told() -> dict[Difference, str]:
    """The rows of the table with their reasons."""
    rows = [line.strip("|").split("|") for line in TABLE.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip().strip("`") for cell in row] for row in rows[1:]]
    return {Difference(*row[:4]): row[4] for row in cells}


def fragments() -> list[dict[str, Any]]:
    lines = (recordings_dir() / "data/passports/fragments.jsonl").read_text("utf-8").splitlines()
    return [fragment for fragment in map(json.loads, lines) if fragment["id"].startswith("openrouter-")]


def test_every_row_says_why() -> None:
    assert len(told()) > 10
    assert all(len(reason) > 10 for reason in told().values())
    assert {difference.field for difference in told()} <= set(COMPARED)


@pytest.mark.recordings
def test_published_artifact_blocks_differ_from_ours_only_where_the_table_says_so() -> None:
    subjects = {one.slug: one for one in gather(admitted(raw(model)) for model in openrouter_models(DAY)).subjects}
    found = set()
    for published in fragments():
        subject = subjects[published["slug"]]
        life = life_of(subject, date.fromisoformat(DAY))
        ours = artifact_block(subject, issuer=Issuer("unfragile.ai", "https://unfragile.ai"), life=life)
        found |= {
            Difference(published["slug"], field, json.dumps(published[field]), json.dumps(ours[field]))
            for field in COMPARED
            if ours[field] != published[field]
        }
    assert found == told().keys()
