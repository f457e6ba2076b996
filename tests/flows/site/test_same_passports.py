from pathlib import Path

import pytest

from flows.registry.page_list import EarlierPages
from flows.registry.reader import Reader
from flows.site.same_passports import has_same_passports, shows_only_passports
from flows.store.local import LocalStore
from pipelines.registry.layout import delta_key
from schemas.registry import PageList, RevocationsRef
from tests.flows.site.test_pages import MANY, SOME, release
from tests.support.publications import KEYS, reader


def listed_in(store: LocalStore) -> PageList:
    found = EarlierPages.of(store, KEYS).listed
    assert found is not None
    return found


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    local = LocalStore(tmp_path / "public")
    release(local, MANY, "1")
    return local


@pytest.fixture
def first(store: LocalStore) -> PageList:
    """The list of the first generation; the second has the same passports."""
    listed = listed_in(store)
    release(store, {}, "2")
    return listed


def changed(read: Reader, **update: object) -> Reader:
    return read.at_snapshot(read.snapshot.model_copy(update=update))


def test_a_generation_without_changes_has_the_passports_of_its_parent(store: LocalStore, first: PageList) -> None:
    assert has_same_passports(reader(store), first)


def test_it_is_not_assumed_of_anything_else(store: LocalStore, first: PageList) -> None:
    read = reader(store)
    assert not has_same_passports(read, first.model_copy(update={"generation": 7}))
    assert not has_same_passports(read, first.model_copy(update={"snapshot_sha256": "0" * 64}))
    assert not has_same_passports(read, listed_in(store)), "the list of this very generation"
    assert not has_same_passports(read.at_generation(1), first), "it has no parent"
    assert not has_same_passports(changed(read, revocations=RevocationsRef(number=1, sha256="0" * 64)), first)
    assert not has_same_passports(changed(read, rules_sha256="0" * 64), first), "pages of groups state rules"
    store.delete(delta_key(2))
    assert not has_same_passports(read, first), "its delta is missing"


def test_a_changed_passport_is_in_the_delta(store: LocalStore) -> None:
    listed = listed_in(store)
    release(store, SOME, "2")
    assert not has_same_passports(reader(store), listed)


def test_pages_of_groups_the_table_and_the_front_page_show_only_passports_and_pages_of_days_do_not() -> None:
    same = [
        "index.html",
        "makers",
        "vocabulary",
        "maker/ada",
        "capability/a.b",
        "purpose/c",
        "failure/d",
        "data/table/0.json",
    ]
    others = ["status", "changes", "data/changes.json", "feeds/changes.atom", "sitemap.xml", "maker", "assets/site.css"]
    assert [key for key in same + others if shows_only_passports(key)] == same
