"""What each source answers, and what is read of it: one folder a source in tests/sources.

`answers.json` holds what is asked of the spider (`arguments`) and what is at which address of the source, a text as
it is and anything else as JSON; elsewhere it answers 404. `expected.json` holds what must come of it, in any order,
as a source's answers may overtake one another.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.formats.json_pointer import resolve
from pipelines.formats.record_reader import as_stated, parse_record
from schemas.crawl import AdmittedLine
from schemas.listing import Fact
from schemas.sources import CRAWLS
from tests.support.spiders.scripted_server import Answer, Crawled, answering, crawl_of

FOLDER = Path(__file__).resolve().parents[1] / "sources"


def crawled(source: str, folder: Path) -> Crawled:
    asked = json.loads((FOLDER / source / "answers.json").read_text("utf-8"))
    bodies = {path: body.encode() if isinstance(body, str) else body for path, body in asked["answers"].items()}
    with answering({path: [Answer(200, body)] for path, body in bodies.items()}) as served:
        return crawl_of(source, served.url, folder, **asked["arguments"])


def read(line: AdmittedLine) -> dict[str, Any]:
    listing = line.listing
    reported = {
        "source": listing.source,
        "id": listing.id,
        "kind": listing.kind,
        "facts": {fact.name: fact.value for fact in listing.facts},
        "prices": {price.kind: price.usd for price in listing.prices},
        "providers": [provider.name for provider in listing.providers],
        "same_as": listing.same_as,
        "leftovers": listing.leftovers,
        "unfamiliar": listing.unfamiliar,
    }
    return {key: value for key, value in reported.items() if value}


def _named(record: dict[str, Any]) -> tuple[str, str]:
    return record["source"], record["id"]


def is_stated(body: str, fact: Fact) -> bool:
    """Whether what a fact is shown by is what its locator leads to."""
    if fact.locator.startswith("bytes:"):
        start, _, end = fact.locator.removeprefix("bytes:").partition("-")
        return body.encode()[int(start) : int(end)] == str(fact.as_stated).encode()
    reported = resolve(parse_record(body), fact.locator)
    return (
        str(fact.as_stated) in str(reported)
        if fact.method in ("section", "pattern")
        else as_stated(reported) == fact.as_stated
    )


@pytest.mark.parametrize("source", CRAWLS)
def test_a_source_is_read_as_expected_and_every_fact_is_where_its_locator_says(source: str, tmp_path: Path) -> None:
    came = crawled(source, tmp_path)
    expected = json.loads((FOLDER / source / "expected.json").read_text("utf-8"))
    reported = {
        "complete": came.report.complete,
        "records": sorted((read(line) for line in came.admitted), key=_named),
        "quarantined": [{"id": one.id, "stage": one.stage, "field": one.field} for one in came.quarantined],
    }
    assert json.loads(json.dumps(reported)) == {**expected, "records": sorted(expected["records"], key=_named)}
    assert not [
        (line.raw.id, fact)
        for line in came.admitted
        for fact in line.listing.facts
        if not is_stated(line.raw.body, fact)
    ]


def test_every_source_has_its_folder_and_no_other_is_there() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(CRAWLS)
