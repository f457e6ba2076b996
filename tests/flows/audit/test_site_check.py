from pathlib import Path

import pytest

from flows.audit.site_check import check_site
from flows.store.base import MAX_BLOB_BYTES, Blob, TooLargeError
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.registry.export_keys import (
    BULK_KEYS,
    MOST_EXPORT_BYTES,
    PASSPORT_LINES_KEY,
    PASSPORT_TABLE_KEY,
    SITEMAP_KEY,
    badge_key,
    dsse_key,
    feed_key,
)
from pipelines.registry.layout import INDEX_KEY, LLMS_KEY, PAGE_LISTS, PAGES_KEY, SCHEMA_KEY, page_key, search_key
from tests.flows.site.test_pages import MANY, SOME, release
from tests.support.listeners import web_server
from tests.support.publications import reader

SLUG = "acme-003"
VERIFIER = "assets/verify/verify.js"


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    local = LocalStore(tmp_path / "public")
    release(local, MANY, "1")
    return local


def index_of(store: LocalStore) -> str:
    search = reader(store).snapshot.search
    assert search
    return search_key(search.sha256)


def test_a_site_that_nobody_changed_is_as_it_was_signed(store: LocalStore) -> None:
    found = check_site(reader(store))
    assert found.faults == []
    assert found.files > 6 * len(MANY)


def test_every_file_that_was_changed_or_removed_is_named(store: LocalStore) -> None:
    changed = {page_key(SLUG), badge_key(SLUG), feed_key(SLUG), dsse_key(SLUG), PASSPORT_TABLE_KEY, index_of(store)}
    changed |= {INDEX_KEY, VERIFIER, SCHEMA_KEY, LLMS_KEY}
    for key in changed:
        store.put(key, store.get(key).body + b" ")
    store.delete(SITEMAP_KEY)
    faults = check_site(reader(store)).faults
    assert {key for key, _ in faults} == changed | {SITEMAP_KEY}
    assert {finding.verdict for _, finding in faults} == {"copy_differs"}
    assert all(key in finding.reason and "publish again" in finding.reason for key, finding in faults)


def test_a_site_behind_a_web_server_is_compared_likewise(store: LocalStore) -> None:
    with web_server(Path(store.name)) as url:
        assert check_site(reader(open_store(url))).faults == []
        for key in (PASSPORT_LINES_KEY, index_of(store)):
            store.put(key, store.get(key).body + b" ")
        assert {key for key, _ in check_site(reader(open_store(url))).faults} == {PASSPORT_LINES_KEY, index_of(store)}


def test_a_file_larger_than_any_of_ours_differs_and_is_not_read_to_its_end(store: LocalStore) -> None:
    asked = dict[str, int]()

    class Noting(LocalStore):
        def get(self, key: str, *, max_bytes: int = MAX_BLOB_BYTES) -> Blob:
            if key == page_key(SLUG):
                raise TooLargeError(key)
            return super().get(key, max_bytes=max_bytes)

        def save(self, key: str, path: Path, *, max_bytes: int) -> None:
            asked[key] = max_bytes
            super().save(key, path, max_bytes=10 if key == PASSPORT_TABLE_KEY else max_bytes)

    found = check_site(reader(Noting(Path(store.name)))).faults
    assert {key for key, _ in found} == {page_key(SLUG), PASSPORT_TABLE_KEY}
    search = reader(store).snapshot.search
    assert search
    assert asked == dict.fromkeys(BULK_KEYS, MOST_EXPORT_BYTES) | {index_of(store): search.size_bytes}


def test_a_list_that_is_missing_forged_or_of_another_generation_is_a_finding_and_no_pass(store: LocalStore) -> None:
    earlier = store.get(PAGES_KEY).body
    store.delete(PAGES_KEY)
    ((key, finding),) = check_site(reader(store)).faults
    assert (key, "there is no signed list" in finding.reason) == (PAGES_KEY, True)
    store.put(PAGES_KEY, earlier.replace(b'"generation":1', b'"generation":9'))
    ((key, finding),) = check_site(reader(store)).faults
    assert (key, finding.verdict) == (PAGES_KEY, "copy_differs")
    release(store, SOME, "2")
    store.put(PAGES_KEY, earlier)
    ((key, finding),) = check_site(reader(store)).faults
    assert (key, "is of generation 1, and served is 2" in finding.reason) == (PAGES_KEY, True)


def test_a_damaged_part_of_the_list_hides_no_page(store: LocalStore) -> None:
    parts = list(store.list(PAGE_LISTS))
    store.put(parts[0], b"damaged")
    (fault, *others) = check_site(reader(store)).faults
    assert (fault[0], others) == (parts[0], [])
    assert "the files that it lists cannot be checked" in fault[1].reason
