"""The examples of docs/exports.md on the demo's recording, and its exports by the libraries that read them."""

import re
from pathlib import Path
from typing import Any

import duckdb
import feedparser
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from huggingface_hub import ModelCard
from icalendar import Calendar
from lxml import etree

from pipelines.exports.columns import PASSPORT_COLUMNS, STATEMENT_COLUMNS
from pipelines.registry.export_keys import CHANGES_FEED_KEY, ENDS_KEY
from tests.support.house import ROOT

DOCS = (ROOT / "docs/exports.md").read_text("utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", DOCS, re.DOTALL)


def asked(published: Path, query: str) -> list[tuple[Any, ...]]:
    return duckdb.sql(query.replace("'exports/", f"'{published}/exports/")).fetchall()


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_the_docs_has_an_answer(published: Path, query: str) -> None:
    assert len(asked(published, query)) > 0


def test_the_docs_name_every_column() -> None:
    assert [column.name for column in PASSPORT_COLUMNS if not re.search(rf"\b{column.name}\b", DOCS)] == []
    table = DOCS[DOCS.index("| column of `statements.parquet`") : DOCS.index("## One passport")]
    named = [name for row in re.findall(r"^\| ([a-z_0-9, ]+) \|", table, re.MULTILINE) for name in row.split(", ")]
    assert sorted(named) == sorted(column.name for column in STATEMENT_COLUMNS)


def test_statements_lead_to_the_records_that_the_registry_stores(published: Path) -> None:
    query = "SELECT count(*), count(content_sha256), count(DISTINCT slug) FROM 'exports/statements.parquet'"
    ((statements, with_record, passports),) = asked(published, f"{query} WHERE asserted_by NOT IN ('class', 'issuer')")
    assert statements == with_record > 20 * passports > 0


def test_every_export_of_the_recording_is_valid(published: Path) -> None:
    bills = [path.read_text("utf-8") for path in (published / "exports/bom").iterdir()]
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert len(bills) > 20
    assert [found for bill in bills if (found := validator.validate_str(bill))] == []
    for path in (published / "exports/card").iterdir():
        assert ModelCard(path.read_text("utf-8"), ignore_metadata_errors=False).data
    for path in (published / "badge").iterdir():
        assert etree.parse(path).getroot().tag.endswith("svg")
    feeds = sorted((published / "feeds").glob("*.atom"))
    assert (published / CHANGES_FEED_KEY) in feeds
    assert [path for path in feeds if feedparser.parse(path.read_bytes()).bozo] == []
    calendar = Calendar.from_ical((published / ENDS_KEY).read_bytes())
    assert len(calendar.walk("VEVENT")) > 0
