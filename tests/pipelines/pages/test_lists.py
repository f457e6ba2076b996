import re
from typing import Any

import orjson
import pytest

from flows.store.keys import checked_site_key
from pipelines.pages import addresses
from pipelines.pages.front import FIRST_ROWS, Vocabulary, front_page
from pipelines.pages.groups import MOST_MAKERS, MOST_MEMBERS, Groups, group_page, makers_pages, vocabulary_page
from pipelines.pages.passport.page import passport_page
from pipelines.pages.plain import plain_pages
from pipelines.pages.registry.changes import changes_files, generation_of
from pipelines.pages.site import Site
from pipelines.pages.summary import Summary, by_use, summary_of
from pipelines.pages.table import table_part
from pipelines.pages.templating import assets
from pipelines.passport.links import Issuer
from pipelines.registry.layout import headers
from pipelines.rules.rulebook import rulebook
from tests.support.contract.documents import full, minimal
from tests.support.pages import Page, objections

SITE = Site(Issuer("registry.example", "https://registry.example"))
SLUG = "acme-tern-1.5"
HOSTILE = '<script>alert(1)</script>"&\u202e'


def summary(number: int = 0, **changes: Any) -> Summary:
    return summary_of(SLUG, full())._replace(**({"slug": f"acme-{number:05}", "name": f"Tern {number}"} | changes))


def grouped(*summaries: Summary) -> Groups:
    groups = Groups(("capability", "purpose", "maker", "failure"))
    for one in summaries:
        groups.add(one)
    return groups


@pytest.mark.parametrize("document", [minimal(), full()])
def test_a_summary_survives_being_stored(document: dict[str, Any]) -> None:
    made = summary_of(SLUG, document)
    again = Summary(**orjson.loads(orjson.dumps(made._asdict())))
    assert table_part([again]) == table_part([made])
    assert sorted(grouped(again).by_key) == sorted(grouped(made).by_key)


def test_the_table_says_every_row_in_columns() -> None:
    table = orjson.loads(table_part([summary(1, free=True), summary(2), summary(3)._replace(slug="api")]))
    columns, lists = table["columns"], table["lists"]
    assert table["rows"] == 3
    assert columns["slug"] == ["acme-00001", "acme-00002", "api"]
    assert columns["free"] == [1, 0, 0]
    assert {len(values) for values in columns.values()} == {3}
    assert [lists["capabilities"][place] for place in columns["capabilities"][0]] == [
        "capability://tool.use.integration.function.calling"
    ] * 2
    assert table["pages"].keys() == {"api"}


def test_a_row_of_the_table_is_small() -> None:
    many = [summary(number) for number in range(1000)]
    assert len(table_part(many)) < 200 * len(many)


def test_the_front_page_is_within_its_budget_however_large_the_registry_is() -> None:
    long = [summary(number, name="W" * 100, maker="M" * 100) for number in range(FIRST_ROWS)]
    vocabulary = [(f"capability://a.b.c.{number}", f"capability {number}") for number in range(80)]
    by_kind: Vocabulary = {"purposes": vocabulary[:40], "capabilities": vocabulary}
    body = front_page(SITE, long, by_kind, passports=100_000, parts=16)
    loaded = sum(len(assets()[f"assets/{name}"]) for name in ("site.css", "table.js", "ages.js", "favicon.svg"))
    assert objections(body) == []
    assert len(body) + loaded < 150_000
    assert Page(body).tags["tr"] == FIRST_ROWS + 1


def test_the_front_page_comes_in_the_order_of_use() -> None:
    first = sorted([summary(1, rank=None, score=90), summary(2, rank=7), summary(3, rank=2)], key=by_use)
    assert [one.slug for one in first] == ["acme-00003", "acme-00002", "acme-00001"]


def test_the_page_of_a_group_has_nothing_that_changes_from_day_to_day() -> None:
    for key, group in grouped(summary(1)).by_key.items():
        later = summary(1, score=1, rank=3, tokens_in="99", signed="2027-01-01T00:00:00.000Z", context=5, risk="high")
        assert group_page(SITE, group) == group_page(SITE, grouped(later).by_key[key])
        assert objections(group_page(SITE, group)) == []


def test_a_group_of_very_many_lists_the_most_used_and_counts_all() -> None:
    many = grouped(*(summary(number, rank=5000 - number) for number in range(MOST_MEMBERS + 50)))
    (group,) = many.of("purpose")
    slugs = {member.slug for member in group.members}
    assert (group.count, len(slugs)) == (MOST_MEMBERS + 50, MOST_MEMBERS)
    assert "acme-00449" in slugs
    assert "acme-00000" not in slugs
    assert len(many.of("maker")[0].members) == MOST_MEMBERS + 50


def test_pages_of_hostile_names_are_harmless() -> None:
    hostile = summary(1, maker=HOSTILE, name=HOSTILE, licence=HOSTILE)
    groups = grouped(hostile)
    pages = [group_page(SITE, group) for group in groups.by_key.values()]
    pages += dict(makers_pages(SITE, [(HOSTILE, addresses.maker_page(HOSTILE), 1)])).values()
    pages.append(vocabulary_page(SITE, groups))
    named: Vocabulary = {"purposes": [], "capabilities": [(HOSTILE, HOSTILE)]}
    pages.append(front_page(SITE, [hostile], named, passports=1, parts=1))
    assert [objections(page) for page in pages] == [[]] * len(pages)
    assert not any(b"<script>alert" in page for page in pages)


def test_an_index_of_many_makers_is_of_several_pages_that_list_each_once() -> None:
    makers = [(f"{'abz4'[number % 4]}{number:05}", f"maker/{number}", 1) for number in range(4 * MOST_MAKERS + 8)]
    pages = dict(makers_pages(SITE, makers))
    assert len(pages) == 1 + 4 * 2
    assert {checked_site_key(key) for key in pages} == pages.keys()
    assert max(len(page) for page in pages.values()) < 100_000
    listed = [url for key, page in pages.items() if key != "makers" for url in Page(page).urls]
    assert [page for _, page, _ in makers if listed.count(f"../{page}") != 1] == []
    assert {f"./{key}" for key in pages} - {"./makers"} <= set(Page(pages["makers"]).urls)
    assert [key for key, _ in makers_pages(SITE, makers[:MOST_MAKERS])] == ["makers"]


@pytest.mark.parametrize("maker", ["acme", "Acme", "a/b", "../../etc", HOSTILE, "x" * 300, "\u202e", "api", "a.json"])
def test_every_name_of_a_maker_gives_a_key(maker: str) -> None:
    key = addresses.maker_page(maker)
    assert checked_site_key(key) == key
    assert headers(key).content_type == "text/html; charset=utf-8"


def test_a_maker_with_a_letter_that_only_becomes_latin_has_a_page_of_its_own() -> None:
    assert addresses.maker_page("\u212aimi") != addresses.maker_page("kimi")
    assert addresses.maker_page("Kimi") == addresses.maker_page("kimi")


def test_a_uri_resolves_at_its_page() -> None:
    assert addresses.capability_page("capability://tool.use.calling") == "capability/tool.use.calling"
    assert addresses.purpose_page("purpose://code.editing.coding") == "purpose/code.editing.coding"
    assert headers("capability/data.processing.analysis.json").content_type == "text/html; charset=utf-8"


def test_the_plain_pages_are_well_formed_and_the_one_for_missing_ones_works_at_any_depth() -> None:
    pages = dict(plain_pages(Site(Issuer("registry.example", "https://registry.example/sub")), "k" * 43))
    assert {"compare", "docs", "record", "submit", "trust", "verify", "404.html", "robots.txt"} == pages.keys()
    assert [objections(body) for key, body in pages.items() if key != "robots.txt"] == [[]] * 7
    assert b'href="/sub/assets/site.css"' in pages["404.html"]
    assert all(checked_site_key(key) for key in pages)


def test_the_page_of_docs_explains_every_component_of_a_score_where_passports_lead_to() -> None:
    docs = dict(plain_pages(SITE, "k" * 43))["docs"]
    assert docs.count(b'id="score"') == 1
    weights = full()["passport"]["unfragile"]["trust"]["rank_breakdown"]["weights"]
    explained = Page(docs).text.partition("How the score is made")[2]
    assert [name for name in weights if name.replace("_", " ") not in explained] == []
    assert "./docs#score" in Page(passport_page(SITE, SLUG, full())).urls


def test_changes_are_shown_by_cause_and_their_texts_are_harmless() -> None:
    change = {
        "slug": SLUG,
        "cause": "source_changed",
        "status": "active",
        "differences": [["/a", HOSTILE, "2"]],
        "more": 0,
    }
    one = generation_of(2, "2026-06-15T12:00:00.000Z", {"source_changed": 1}, [change])
    files = changes_files(SITE, [one])
    assert objections(files["changes"]) == []
    assert orjson.loads(files["data/changes.json"])["generations"][0]["changes"][0]["slug"] == SLUG
    assert objections(changes_files(SITE, [])["changes"]) == []


def test_the_changes_of_a_large_publication_say_how_many_more_there_are_and_where() -> None:
    new = {"cause": "first_seen", "status": "active", "differences": [], "more": 0}
    changes = [new | {"slug": f"acme-{number}"} for number in range(100)]
    counts = {"first_seen": 317, "refreshed": 40}
    page = Page(changes_files(SITE, [generation_of(3, "2026-06-15T12:00:00.000Z", counts, changes)])["changes"])
    assert "and 287 more, all in the delta" in page.text
    assert "registry/deltas/3.jsonl.zst" in page.urls


def test_the_indexes_and_the_pages_of_failure_modes_are_in_words() -> None:
    text = Page(vocabulary_page(SITE, grouped(summary()))).text
    assert "Capabilities" in text
    assert "Capabilitys" not in text
    groups = grouped(summary(modes=[mode.id for mode in rulebook().failure_modes.failure_mode]))
    pages = {group.name: Page(group_page(SITE, group)).text for group in groups.of("failure")}
    assert "announced to be removed from the listing on … " in pages["announced-end"]
    assert not [name for name, page in pages.items() if re.search(r"\{[a-z]|limit:|expires_on", page)]


def test_an_announced_end_is_in_the_table_and_on_the_front_page() -> None:
    ending = summary(1, ends="2026-07-01", status="deprecated")
    table = orjson.loads(table_part([ending, summary(2, ends="")]))
    assert [table["lists"]["ends"][place] for place in table["columns"]["ends"]] == ["2026-07-01", ""]
    body = front_page(SITE, [ending], {"purposes": [], "capabilities": []}, passports=1, parts=1)
    assert "deprecated ends 2026-07-01" in Page(body).text
