import copy
from typing import Any

import feedparser
import pytest
from lxml import etree

from pipelines.exports.feeds import MOST_ENTRIES, MOST_OF_ONE, changes_feed, passport_feed
from tests.pipelines.exports.documents import HOSTILE_TEXTS, SITE, SLUG, spoilt
from tests.support.contract.documents import full

AT = "2026-06-15T12:00:00.000Z"


def parsed(body: bytes) -> Any:
    etree.fromstring(body)
    found = feedparser.parse(body, sanitize_html=False)
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "atom10"
    for element in (found.feed, *found.entries):
        assert element.id.startswith("https://registry.example/")
        assert element.title
        assert element.updated_parsed
    assert len({entry.id for entry in found.entries}) == len(found.entries)
    return found


def issued(document: dict[str, Any], generation: int, before: dict[str, Any] | None, earlier: bytes | None) -> bytes:
    return passport_feed(SITE, SLUG, generation, document, before=before, earlier=earlier)


def test_a_passports_feed_says_what_each_issue_changed_and_retains_the_earlier_ones() -> None:
    first = issued(full(), 3, None, None)
    later = copy.deepcopy(full())
    later["passport"]["signedAt"] = "2026-07-01T00:00:00.000Z"
    later["passport"]["unfragile"]["artifact"]["model"]["context_tokens"] = 262_144
    later["passport"]["unfragile"]["provenance"]["cause"] = "source_changed"
    second = issued(later, 5, full(), first)
    found = parsed(second)
    assert [entry.id.rpartition("/")[2] for entry in found.entries] == [f"{n}.jsonl.zst#{SLUG}" for n in (5, 3)]
    assert "context: 131,072 → 262,144 tokens" in found.entries[0].content[0].value
    assert found.feed.updated == "2026-07-01T00:00:00.000Z"
    assert issued(later, 5, None, second) == second, "an entry that is there stays as it is"


def test_a_passports_feed_is_bounded() -> None:
    body: bytes | None = None
    for generation in range(1, MOST_OF_ONE + 5):
        body = issued(full(), generation, None, body)
    assert body
    assert len(parsed(body).entries) == MOST_OF_ONE


def generation(number: int, changes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"generation": number, "at": AT, "counts": {"source_changed": len(changes)}, "changes": changes}


def change(slug: str, **more: Any) -> dict[str, Any]:
    known = {"cause": "source_changed", "status": "active", "differences": [["context", "1", "2"]], "more": 0}
    return {"slug": slug, **known, **more}


def test_the_feed_of_all_has_each_generation_and_its_changes() -> None:
    gone = change("gone", cause="removed", status=None, differences=[])
    found = parsed(changes_feed(SITE, [generation(2, [change("a"), gone]), generation(1, [change("a", more=3)])]))
    assert [entry.title for entry in found.entries] == [
        "Generation 2: 2 a source changed", "a: a source changed", "gone: removed",
        "Generation 1: 1 a source changed", "a: a source changed",
    ]  # fmt: skip
    assert found.entries[2].link == "https://registry.example/changes?slug=gone", "it has no page any more"
    assert "and 3 more" in found.entries[4].content[0].value
    many = [generation(number, [change(f"s-{place}") for place in range(99)]) for number in range(9, 0, -1)]
    assert len(parsed(changes_feed(SITE, many)).entries) == MOST_ENTRIES
    assert parsed(changes_feed(SITE, [])).entries == []


@pytest.mark.parametrize("by", HOSTILE_TEXTS)
def test_hostile_texts_are_text(by: str) -> None:
    before, after = full(), spoilt(full(), by)
    body = issued(after, 2, before, issued(before, 1, None, None))
    found = parsed(body)
    assert len(found.entries) == 2
    assert len(body) < 100_000
    shown = etree.HTML(found.entries[0].content[0].value)
    assert {one.tag for one in shown.iter()} <= {"html", "body", "ul", "li"}
    differences = [[by[:500], by[:500], by[:500]]]
    assert len(parsed(changes_feed(SITE, [generation(1, [change("a", differences=differences)])])).entries) == 2
