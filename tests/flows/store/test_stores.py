"""Every kind of store keeps the same promises."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import obstore
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.config.interrupts import TERMINATED
from flows.store.base import (
    ConflictError,
    KeyRefusedError,
    MissingKeyError,
    Store,
    StoreAddressError,
    StoreUnavailableError,
    StoreUnfitError,
    TooLargeError,
    find,
)
from flows.store.local import LocalStore
from flows.store.open import open_store
from flows.store.pool import _CALLS_A_WORKER, batches, each
from flows.store.probe import RACERS, probe
from flows.store.remote import ObjectStore
from pipelines.registry.layout import POINTER_KEY, headers
from tests.support.listeners import web_server
from tests.support.object_stores import SERVED, place_for
from tests.support.publications import CreatesOnly
from tests.support.waiting import LIMIT_S


@pytest.fixture(params=["local", "memory", *SERVED])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return place_for(request, tmp_path).open()


def test_what_was_put_is_read_back_and_can_be_put_anew(store: Store) -> None:
    store.put("registry/a.json", b"one")
    store.put("registry/a.json", b"two")
    assert store.get("registry/a.json").body == b"two"
    assert store.exists("registry/a.json")


def test_a_file_is_put_in_pieces_and_replaces_what_was_there(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "file"
    for body in (b"one" * 2**20, b""):
        path.write_bytes(body)
        store.put_from("exports/a.parquet", path)
        assert store.get("exports/a.parquet").body == body


def test_what_is_not_there_is_missing_and_the_error_names_store_and_key(store: Store) -> None:
    assert not store.exists("registry/none.json")
    assert find(store, "registry/none.json") is None
    with pytest.raises(MissingKeyError) as caught:
        store.get("registry/none.json")
    assert store.name in str(caught.value)
    assert "registry/none.json" in str(caught.value)


def test_create_writes_once(store: Store) -> None:
    assert store.create("registry/a.json", b"one")
    assert not store.create("registry/a.json", b"two")
    assert store.get("registry/a.json").body == b"one"


def test_swap_replaces_only_the_version_that_was_read(store: Store) -> None:
    store.put(POINTER_KEY, b"one")
    token = store.get(POINTER_KEY).token
    store.swap(POINTER_KEY, b"two", token)
    with pytest.raises(ConflictError, match="another publisher"):
        store.swap(POINTER_KEY, b"three", token)
    assert store.get(POINTER_KEY).body == b"two"


def test_swap_does_not_bring_a_deleted_key_back(store: Store) -> None:
    store.put(POINTER_KEY, b"one")
    token = store.get(POINTER_KEY).token
    store.delete(POINTER_KEY)
    with pytest.raises(ConflictError):
        store.swap(POINTER_KEY, b"two", token)
    assert not store.exists(POINTER_KEY)


def test_deleting_twice_is_deleting(store: Store) -> None:
    store.put("a/b", b"")
    store.delete("a/b")
    store.delete("a/b")
    store.delete("never/there")
    assert list(store.list()) == []


def test_keys_are_listed_in_order_below_their_folder(store: Store) -> None:
    for key in ("b", "a/c/d", "a-b", "a/b", ".well-known/jwks.json"):
        store.put(key, b"x")
    assert list(store.list()) == [".well-known/jwks.json", "a-b", "a/b", "a/c/d", "b"]
    assert list(store.list("a")) == ["a/b", "a/c/d"]
    assert list(store.list("none")) == []


def test_more_than_was_asked_for_is_not_read(store: Store) -> None:
    store.put("a", b"12345")
    assert store.get("a", max_bytes=5).body == b"12345"
    with pytest.raises(TooLargeError, match="larger than 4 bytes"):
        store.get("a", max_bytes=4)


@pytest.mark.parametrize("key", ["../a", "/a", "a//b", "a/../b", "", ".tmp/a", "a\x00"])
def test_no_method_takes_a_hostile_key(store: Store, key: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: store.get(key),
        lambda: store.exists(key),
        lambda: store.create(key, b""),
        lambda: store.swap(key, b"", "{}"),
        lambda: store.put(key, b""),
        lambda: store.delete(key),
        lambda: list(store.list(key or "/")),
    ]
    for call in calls:
        with pytest.raises(KeyRefusedError):
            call()


@given(body=st.binary(max_size=2000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)
def test_any_bytes_come_back(store: Store, body: bytes) -> None:
    store.put("a/b", body)
    assert store.get("a/b").body == body


def test_of_many_creates_one_wins_and_readers_see_it_whole(store: Store) -> None:
    start = Barrier(8)

    def create(number: int) -> bytes | None:
        body = bytes([number]) * 100_000
        start.wait()
        return body if store.create("a", body) else None

    with ThreadPoolExecutor(8) as pool:
        winners = [body for body in pool.map(create, range(8)) if body]
    assert winners == [store.get("a").body]


def test_counting_by_swaps_loses_no_count(store: Store) -> None:
    store.put("count", b"0")

    def count(_: int) -> None:
        while True:
            blob = store.get("count")
            try:
                store.swap("count", str(int(blob.body) + 1).encode(), blob.token)
            except ConflictError:
                continue
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(60)))
    assert store.get("count").body == b"60"


def test_the_probe_passes_and_leaves_nothing(store: Store) -> None:
    assert probe(store, nonce="n") == "swap"
    assert list(store.list()) == []


def test_barrier_and_lock_are_there_to_be_used(store: Store) -> None:
    with store.lock():
        store.put("a", b"x")
        store.barrier()
    assert list(store.list()) == ["a"]


class IgnoresConditions(LocalStore):
    """As some servers do: they take the header and write all the same."""

    def create(self, key: str, body: bytes) -> bool:
        self.put(key, body)
        return True

    def swap(self, key: str, body: bytes, expected: str) -> None:
        del expected
        self.put(key, body)


class ChecksThenWrites(LocalStore):
    """Passes alone and fails in a race."""

    start = Barrier(RACERS)

    def create(self, key: str, body: bytes) -> bool:
        if self.exists(key):
            return False
        self.start.wait()
        self.put(key, body)
        return True


def test_a_store_that_ignores_conditions_is_found_out(tmp_path: Path) -> None:
    store = IgnoresConditions(tmp_path)
    with pytest.raises(StoreUnfitError, match=r"cannot be published to.*16 of 16 simultaneous creates"):
        probe(store, nonce="n")
    assert list(store.list()) == []


def test_a_store_that_only_creates_under_a_condition_commits_by_that(tmp_path: Path) -> None:
    store = CreatesOnly(tmp_path)
    assert probe(store, nonce="n") == "create"
    assert list(store.list()) == []


def test_a_store_that_only_fails_in_a_race_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(StoreUnfitError, match="of 16 simultaneous creates succeeded"):
        probe(ChecksThenWrites(tmp_path), nonce="n")


def test_an_address_opens_the_store_it_names(tmp_path: Path) -> None:
    assert open_store(f"file://{tmp_path}/a%20b").name == f"{tmp_path}/a b"
    assert isinstance(open_store(str(tmp_path)), LocalStore)
    assert open_store("s3://bucket/folder").name == "s3://bucket/folder"
    with pytest.raises(StoreAddressError, match="unknown kind of store ftp://"):
        open_store("ftp://host/x")


def test_a_store_out_of_reach_says_so_without_showing_secrets() -> None:
    store = open_store("http://user:hush@127.0.0.1:9/registry?sig=hush")
    with pytest.raises(StoreUnavailableError) as caught:
        store.get("a")
    assert "hush" not in f"{caught.value} {store!r} {store.name} {caught.value.__cause__}"
    assert caught.value.__suppress_context__


def test_objects_carry_the_headers_of_their_key() -> None:
    store = ObjectStore.at("memory:///")
    store.put("acme-tern", b"<p>")
    store.create(POINTER_KEY, b"{}")
    for key in ("acme-tern", POINTER_KEY):
        attributes = obstore.get(store._client, key).attributes
        assert (attributes["Content-Type"], attributes["Cache-Control"]) == headers(key)


def test_a_directory_behind_a_web_server_can_be_read_but_not_written(tmp_path: Path) -> None:
    LocalStore(tmp_path).put("registry/runs/a.json", b"{}")
    with web_server(tmp_path) as url:
        store = open_store(url)
        assert store.get("registry/runs/a.json").body == b"{}"
        assert store.exists("registry/runs/a.json")
        assert find(store, "registry/runs/b.json") is None
        with pytest.raises(StoreUnfitError, match=url):
            store.put("registry/runs/a.json", b"mine")
        assert store.get("registry/runs/a.json").body == b"{}"


@pytest.mark.parametrize("workers", [1, 4])
def test_many_calls_give_their_results_in_order_and_their_first_error(workers: int) -> None:
    assert list(each(lambda number: number * 2, range(100), workers=workers)) == list(range(0, 200, 2))
    with pytest.raises(ZeroDivisionError):
        list(each(lambda number: 1 // (number - 50), range(100), workers=workers))


def test_items_are_drawn_while_calls_are_in_flight_and_no_further_ahead_than_the_bound() -> None:
    begun, drawn = Event(), list[int]()

    def items() -> Iterator[int]:
        for number in range(100):
            assert number == 0 or begun.wait(5), "the first call waits for items that it does not need"
            drawn.append(number)
            yield number

    results = each(lambda _: begun.set(), items(), workers=2)
    next(results)  # fails where a batch is drawn before its first call
    assert len(drawn) <= 2 * _CALLS_A_WORKER
    assert len(list(results)) == len(drawn) - 1 == 99


def test_batches_leave_nothing_out() -> None:
    assert list(batches(range(7), 3)) == [(0, 1, 2), (3, 4, 5), (6,)]


NO_ROOM = """
import resource, sys, threading
from pathlib import Path
from flows.store.local import LocalStore
from flows.store.probe import probe
resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))
threading.stack_size(2**28)
probe(LocalStore(Path(sys.argv[1])), nonce="0" * 32)
"""


def test_threads_that_cannot_be_started_end_the_probe(tmp_path: Path) -> None:
    command = [sys.executable, "-c", NO_ROOM, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert "StoreError: 16 threads are needed, and one cannot be started" in done.stderr


INTERRUPTED = """
import os, signal, sys, threading
from pathlib import Path
from flows.config.interrupts import ending_at_once
from flows.store.local import LocalStore
from flows.store.probe import probe

def interrupt(*_):
    sys.setprofile(None)
    os.kill(os.getpid(), signal.SIGTERM)

with ending_at_once():
    threading.setprofile(interrupt)  # called in the first racer's thread, before the others have begun
    probe(LocalStore(Path(sys.argv[1])), nonce="0" * 32)
"""


def test_a_probe_that_is_interrupted_ends_though_not_all_racers_have_begun(tmp_path: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path)]
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == TERMINATED
