import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from flows.maintenance.garbage import collect
from flows.maintenance.replicate import replicate
from flows.maintenance.scrub import Scrubber
from flows.publish.protocol import publish
from flows.publish.publication import Copies, Rendering
from flows.registry.listed_files import sha256_of
from flows.registry.page_list import EarlierPages
from flows.registry.reader import read_served
from flows.site.copied_pages import copied_from
from flows.site.pages import SitePages
from flows.site.rendering import copies_for, pages_for, rendering_for
from flows.store.base import Store
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.pages.groups import Group, group_page
from pipelines.pages.site import Site
from pipelines.passport.links import Issuer
from pipelines.registry import layout
from schemas.run import Published
from tests.support.pages import Page, objections
from tests.support.publications import AT, KEYS, SIGNER, Versions, publication, publisher, reader, serving

ISSUER = Issuer("registry.example", "https://registry.example")
RENDERING = rendering_for(ISSUER, SIGNER)
MANY = {f"acme-{number:03}": 1 for number in range(60)}
SOME = dict.fromkeys(list(MANY)[:16], 2)


def release(store: Store, versions: Versions, nonce: str, rendering: Rendering = RENDERING) -> Published:
    base = read_served(store, KEYS, AT)
    wanted = replace(publication(versions, base, run=f"run-{nonce}"), rendering=rendering)
    return publish(publisher(store, nonce), wanted, base=base, rebase=lambda _: wanted)


def html(store: Store) -> Iterator[tuple[str, bytes]]:
    for key in store.list():
        if layout.headers(key).content_type.startswith("text/html"):
            yield key, store.get(key).body


def stamps(root: Path) -> dict[str, bytes]:
    return {key: LocalStore(root).get(key).body for key in LocalStore(root).list()}


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    local = LocalStore(tmp_path / "public")
    release(local, MANY, "1")
    return local


def test_a_publication_writes_a_page_for_every_address_that_its_passports_promise(store: LocalStore) -> None:
    pages = dict(html(store))
    assert {"index.html", "docs", "trust", "compare", "submit", "status", "changes", "404.html", *MANY} <= pages.keys()
    assert {key: found for key, body in pages.items() if (found := objections(body))} == {}
    there = set(store.list())
    for key, body in pages.items():
        for url in Page(body).urls:
            if url.startswith(("http", "#")):
                continue
            path = url.partition("?")[0].partition("#")[0]
            up = "" if key == "404.html" else key.rpartition("/")[0] if path.startswith("../") else ""
            target = path.removeprefix("/").removeprefix("./").removeprefix("../")
            assert (target or "index.html") in there or (up and target in there), (key, url)


def test_every_page_is_in_the_signed_list_by_its_hash(store: LocalStore) -> None:
    listed = {entry.key: entry.sha256 for entry in EarlierPages.of(store, KEYS).files()}
    outside = {key for key in store.list() if not key.startswith(("registry/", "api/", ".well-known/"))}
    assert listed.keys() == outside
    assert {key for key, sha256 in listed.items() if hashlib.sha256(store.get(key).body).hexdigest() != sha256} == set()


def test_only_files_of_changed_passports_are_rewritten(store: LocalStore, tmp_path: Path) -> None:
    before = stamps(tmp_path / "public")
    release(store, SOME, "2")
    after = stamps(tmp_path / "public")
    rewritten = {key for key in after if before.get(key) != after[key]}
    assert set(SOME) <= rewritten
    assert not (MANY.keys() - SOME.keys()) & rewritten


def test_an_unchanged_run_rewrites_no_page_but_those_about_the_registry(store: LocalStore, tmp_path: Path) -> None:
    before = stamps(tmp_path / "public")
    release(store, {}, "2")
    after = stamps(tmp_path / "public")
    pages = {key for key in after if before.get(key) != after[key] and not key.startswith("registry/")}
    assert pages == {"status", "changes", "data/changes.json", "feeds/changes.atom"}


def test_pages_of_what_is_served_no_more_are_removed(store: LocalStore) -> None:
    base = read_served(store, KEYS, AT)
    assert base
    retained = [row for row in base.rows() if row.slug not in SOME]
    wanted = replace(serving(publication({}, base, run="run-2"), retained), rendering=RENDERING)
    publish(publisher(store, "2"), wanted, base=base, rebase=lambda _: wanted)
    assert not any(store.exists(slug) for slug in SOME)
    assert all(store.exists(row.slug) for row in retained)
    rows = orjson.loads(store.get("data/table/0.json").body)["rows"]
    assert rows == len(retained)


def test_without_its_list_or_with_a_damaged_one_everything_is_rendered_and_compared(store: LocalStore) -> None:
    listed = store.get(layout.PAGES_KEY).body
    store.put(layout.PAGES_KEY, listed.replace(b'"generation":1', b'"generation":7'))
    store.put("acme-020", b"<h1>not what was written")
    release(store, {}, "2")
    assert objections(store.get("acme-020").body) == []
    assert b"not what was written" not in store.get("acme-020").body


def test_another_address_of_the_site_renders_every_page_again(store: LocalStore) -> None:
    moved = rendering_for(Issuer("registry.example", "https://moved.example"), SIGNER)
    release(store, {}, "2", moved)
    assert all(b"https://moved.example" in store.get(slug).body for slug in MANY)


def test_a_page_that_was_changed_is_found_and_restored(store: LocalStore) -> None:
    for key in ("acme-003", "index.html", "assets/site.css"):
        store.put(key, b"defaced")
    copies, pages = copies_for(ISSUER), pages_for(Site(ISSUER), None)
    found = Scrubber(store, KEYS, AT, copies, pages=pages).scrub(10_000)
    assert {damage.key for damage in found.damages if damage.repaired} == {"acme-003", "index.html", "assets/site.css"}
    assert Scrubber(store, KEYS, AT, copies, pages=pages).scrub(10_000).damages == []
    store.put("status", b"defaced")
    (left,) = Scrubber(store, KEYS, AT, copies).scrub(10_000).damages
    assert (left.key, left.repaired) == ("status", False)
    assert "publish again" in left.reason


def test_garbage_collection_keeps_what_the_list_names_and_removes_older_lists(store: LocalStore) -> None:
    release(store, SOME, "2")
    collect(publisher(store, "gc"), generations=1, days=0)
    parts = set(store.list(layout.PAGE_LISTS))
    assert len(parts) == 2
    assert len(list(EarlierPages.of(store, KEYS).files())) > len(MANY)
    assert sum(release(store, {}, "3").written.values()) < 12


def test_a_mirror_has_the_same_pages_without_a_key(store: LocalStore) -> None:
    target = open_store("memory:///")
    rendering = Rendering(copies_for(ISSUER), {}, pages=copied_from(store))
    replicate(reader(store), target, rendering, nonce="copy")
    assert dict(html(target)) == dict(html(store))
    assert target.get(layout.PAGES_KEY).body == store.get(layout.PAGES_KEY).body
    release(store, SOME, "2")
    replicate(reader(store), target, rendering, nonce="copy-2")
    assert dict(html(target)) == dict(html(store))


def test_a_large_registry_is_rendered_shard_by_shard_to_the_same_pages(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.registry.slots._FEW", 2)
    large = LocalStore(tmp_path / "large")
    release(large, MANY, "1")
    few, many = dict(html(store)), dict(html(large))
    differing = {key for key in few | many if few.get(key) != many.get(key)}
    assert differing == {"index.html", "changes"}  # parts of the table; a delta is in the order of its shards
    assert len(list(large.list("data/table"))) == 16


def test_pages_are_rendered_only_of_passports_that_changed(store: LocalStore) -> None:
    loaded: list[str] = []

    def load(sha256: str) -> bytes:
        loaded.append(sha256)
        return reader(store).object(sha256)

    changed = dict(SitePages(Site(ISSUER), SIGNER, reader(store), load, afresh=False).changed())
    assert (loaded, changed) == ([], {})
    pages = SitePages(Site(ISSUER), SIGNER, reader(store), load, afresh=True)
    afresh = dict(pages.changed())
    assert len(loaded) == 2 * len(MANY), "once for the page, once for the exports"
    assert {key: sha256_of(store.get(key).body) for key in afresh} == {
        key: sha256_of(body) for key, body in afresh.items() if body
    }


def test_copies_alone_are_written_where_there_are_no_pages(tmp_path: Path) -> None:
    local = LocalStore(tmp_path / "public")
    release(local, SOME, "1", Rendering(lambda _, body, __: Copies(body)))
    assert dict(html(local)) == {}


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys of the pages of groups that are rendered."""
    found: list[str] = []

    def noted(site: Site, group: Group) -> bytes:
        found.append(group.key)
        return group_page(site, group)

    monkeypatch.setattr("flows.site.pages.group_page", noted)
    return found


def test_pages_of_groups_are_rendered_only_where_other_passports_are_served(
    store: LocalStore, rendered: list[str]
) -> None:
    release(store, {}, "2")
    assert rendered == []
    release(store, SOME, "3")
    assert rendered
    without_pages = Rendering(lambda _, body, __: Copies(body))
    release(store, dict.fromkeys(SOME, 3), "4", without_pages)
    rendered.clear()
    release(store, {}, "5")
    assert rendered, "the list is of generation 3"
    rendered.clear()
    release(store, {}, "6")
    assert rendered == []


def test_the_same_files_are_served_whether_or_not_pages_of_groups_are_rendered(
    tmp_path: Path, rendered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    served = {}
    for name, same in (("again", SitePages._is_same), ("anew", lambda _: False)):
        monkeypatch.setattr(SitePages, "_is_same", same)
        local = LocalStore(tmp_path / name)
        release(local, MANY, "1")
        rendered.clear()
        release(local, {}, "2")
        assert bool(rendered) is (name == "anew")
        release(local, SOME, "3")
        served[name] = stamps(tmp_path / name)
    assert served["again"] == served["anew"]


def test_a_damaged_part_of_the_list_loses_nothing_of_it_where_the_passports_are_the_same(store: LocalStore) -> None:
    listed = EarlierPages.of(store, KEYS).listed
    assert listed is not None
    (part,) = listed.passports
    store.put(layout.page_list_key(part.sha256), b"damaged")
    others = EarlierPages.of(store, KEYS).others().keys()
    release(store, {}, "2")
    again = EarlierPages.of(store, KEYS)
    assert again.listed is not None
    assert (again.listed.passports, again.others().keys()) == ((part,), others)
