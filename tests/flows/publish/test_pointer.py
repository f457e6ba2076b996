"""The pointer waits for whoever collects garbage, and no longer than the lease of that."""

from datetime import datetime, timedelta

import pytest

from flows.publish.pointer import COLLECTION_LEASE, is_collecting, wait_for_collection
from flows.publish.publication import PublicationError
from flows.registry.signed_files import seal
from flows.store.base import Store
from flows.store.open import open_store
from pipelines.registry import layout
from schemas.registry import Pointer
from schemas.times import timestamp
from tests.support.publications import AT, KEYS, SIGNER, publish_versions, reader

A_MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def store() -> Store:
    made = open_store("memory:///")
    publish_versions(made, {"acme-tern": 1})
    return made


def collecting(store: Store, until: datetime | None) -> Pointer:
    """Say in the pointer until when garbage is being collected."""
    changes = {"collecting_until": timestamp(until) if until else None}
    pointer = reader(store).pointer.model_copy(update=changes)
    store.put(layout.POINTER_KEY, seal(pointer, SIGNER))
    return pointer


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds of each wait, which takes no time here."""
    waits: list[float] = []
    monkeypatch.setattr("flows.publish.pointer.time.sleep", waits.append)
    return waits


def test_garbage_is_being_collected_until_the_instant_that_the_pointer_names(store: Store) -> None:
    pointer = collecting(store, AT)
    assert is_collecting(pointer, AT - A_MOMENT)
    assert not is_collecting(pointer, AT)
    assert not is_collecting(collecting(store, None), AT)


def test_a_collection_keeps_publishers_waiting_ten_minutes_at_most() -> None:
    assert COLLECTION_LEASE.total_seconds() == 600


def test_what_is_served_is_read_at_once_where_nothing_is_collected(store: Store, slept: list[float]) -> None:
    assert wait_for_collection(store, KEYS, lambda: AT).generation == 1
    assert slept == []


def test_a_publisher_checks_every_second_and_goes_on_from_what_is_served_then(
    store: Store, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    collecting(store, AT + timedelta(minutes=5))

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            collecting(store, None)
            publish_versions(store, {"acme-gull": 1}, nonce="2")

    monkeypatch.setattr("flows.publish.pointer.time.sleep", sleep)
    assert wait_for_collection(store, KEYS, lambda: AT).generation == 2
    assert slept == [1.0, 1.0, 1.0]


def test_a_collector_that_is_dead_is_waited_for_until_its_lease_ends(store: Store, slept: list[float]) -> None:
    collecting(store, AT + timedelta(seconds=90))
    served = wait_for_collection(store, KEYS, lambda: AT + timedelta(seconds=len(slept)))
    assert (served.generation, len(slept)) == (1, 90)


def test_a_publisher_whose_clock_stands_still_gives_up_after_the_lease(store: Store, slept: list[float]) -> None:
    collecting(store, AT + A_MOMENT)
    with pytest.raises(PublicationError, match=r"still being collected at 2026-06-15T12:00:00\.000Z: check the clocks"):
        wait_for_collection(store, KEYS, lambda: AT)
    assert len(slept) == 601


def test_a_publication_waits_and_builds_anew_on_what_was_served_meanwhile(
    store: Store, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    collecting(store, AT + timedelta(minutes=5))
    gull = {"acme-gull": 1}

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        collecting(store, None)
        publish_versions(store, gull, nonce="2")

    monkeypatch.setattr("flows.publish.pointer.time.sleep", sleep)
    assert publish_versions(store, {"acme-tern": 2}, nonce="3").generation == 3
    assert {row.slug: row.generation for row in reader(store).rows()} == {"acme-gull": 2, "acme-tern": 3}
    assert slept == [1.0]
