"""The log's entries are read with the dates of their generations, and a log that departs from one seen is named."""

from datetime import timedelta
from pathlib import Path

import pytest

from flows.audit.logged import LogReading
from flows.store.base import Store
from flows.store.local import LocalStore
from flows.store.open import open_store
from schemas.times import timestamp
from schemas.verdict import Verdict
from tests.support.publications import AT, publish_versions, reader

SLUG = "acme-tern"
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return published(LocalStore(tmp_path), 3)


def published(store: Store, generations: int, first: int = 1) -> Store:
    for number in range(generations):
        publish_versions(
            store,
            {SLUG: first + number},
            nonce=str(number),
            clock=lambda number=number: AT + number * HOUR,  # type: ignore[misc]
        )
    return store


def test_each_entry_has_the_date_of_its_generation(store: Store) -> None:
    entries = list(LogReading(reader(store)).entries())
    assert [(one.place, one.stated["generation"], one.at) for one in entries] == [
        (number, number + 1, timestamp(AT + number * HOUR)) for number in range(3)
    ]
    assert {tuple(one.record()[name] for name in ("type", "slug", "cause", "status")) for one in entries} == {
        ("issued", SLUG, "first_seen", "active")
    }


def test_entries_begin_with_the_generation_that_was_made_at_an_instant_or_after(store: Store) -> None:
    reading = LogReading(reader(store))
    since = [AT - HOUR, AT, AT + HOUR, AT + 1.5 * HOUR, AT + 2.5 * HOUR]
    assert [reading.first_since(at) for at in since] == [0, 0, 1, 2, 3]


def test_a_log_that_only_grew_does_not_depart(store: Store) -> None:
    before = LogReading(reader(store))
    publish_versions(store, {SLUG: 9}, nonce="later", clock=lambda: AT + 3 * HOUR)
    assert LogReading(reader(store)).log.departure(before.size, before.log.root) is None


def test_a_log_that_went_back_or_is_another_departs(store: Store) -> None:
    seen = LogReading(reader(published(open_store("memory:///"), 3, first=5)))
    forked = LogReading(reader(store)).log.departure(seen.size, seen.log.root)
    assert forked
    assert (forked.verdict, "does not begin with the one seen before" in forked.reason) == (Verdict.EQUIVOCATION, True)
    back = LogReading(reader(store).at_generation(2)).log.departure(seen.size, seen.log.root)
    assert back
    assert "has 2 entries in its log, and 3 were seen before" in back.reason
