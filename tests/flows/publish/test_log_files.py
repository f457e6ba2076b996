"""What is at the keys of the log was served: what a run adds is in a folder of its own until the pointer has moved."""

from dataclasses import replace
from pathlib import Path

import pytest

from flows.maintenance.garbage import collect
from flows.publish.protocol import publish
from flows.publish.publication import Step
from flows.registry.log import RegistryLog
from flows.registry.reader import read_served
from flows.store.base import Store
from flows.store.local import LocalStore
from pipelines.registry.layout import log_key
from schemas.verdict import Verdict
from tests.support.publications import AT, KEYS, publication, publish_versions, publisher, reader, repair_store

SLUG = "acme-tern"
PENDING = "registry/log/pending"


class KilledError(Exception):
    """Ends a publication at a step."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = LocalStore(tmp_path)
    publish_versions(made, {SLUG: 1, "acme-gull": 1}, nonce="1")
    return made


def tiles(store: Store) -> dict[str, bytes]:
    return {key: store.get(key).body for key in store.list(log_key("tile"))}


def publish_until(store: Store, version: int, step: Step) -> None:
    """Publish, and stop where a step begins."""

    def die(at: Step, done: int, _: int) -> None:
        if at is step and done == 0:
            raise KilledError

    with pytest.raises(KilledError):
        publish_versions(store, {SLUG: version}, nonce=str(version), on_step=die)


def verdicts(store: Store) -> set[Verdict]:
    log = RegistryLog(reader(store))
    return {log.check(row.slug).verdict for row in log.reader.rows()}


def test_what_a_publisher_that_lost_added_never_comes_to_the_keys_of_the_log(store: Store) -> None:
    before = tiles(store)
    publish_until(store, 2, Step.POINTER)
    assert (tiles(store), len(list(store.list(PENDING)))) == (before, 2)
    lost = [store.get(key).body for key in store.list(PENDING)]
    publish_versions(store, {SLUG: 3}, nonce="3")
    assert not set(lost) & set(tiles(store).values())
    assert verdicts(store) == {Verdict.OK}
    collect(publisher(store, "gc"), generations=9, days=9)
    assert list(store.list(PENDING)) == []


def test_readers_find_what_a_run_added_until_it_is_at_its_key(store: Store) -> None:
    publish_until(store, 2, Step.DELTA)
    assert reader(store).generation == 2
    assert not store.exists(log_key("tile/0/000.p/3"))
    assert verdicts(store) == {Verdict.OK}
    collect(publisher(store, "gc"), generations=9, days=9)
    assert verdicts(store) == {Verdict.OK}, "garbage is not what readers of the served generation need"
    repair_store(store)
    assert (store.exists(log_key("tile/0/000.p/3")), list(store.list(PENDING))) == (True, [])
    assert verdicts(store) == {Verdict.OK}


def test_a_publisher_finishes_the_log_that_it_builds_on(store: Store) -> None:
    """Whoever overtakes a publisher at work, or follows one that was killed: its readers look into one folder alone."""
    publish_until(store, 2, Step.DELTA)
    base = read_served(store, KEYS, AT)
    wanted = publication({SLUG: 3}, base, run="run-3")

    def look(step: Step, done: int, _: int) -> None:
        if step is Step.DELTA and done == 0:
            assert store.exists(log_key("tile/0/000.p/3"))
            assert verdicts(store) == {Verdict.OK}

    publish(replace(publisher(store, "3"), on_step=look), wanted, base=base, rebase=lambda _: wanted)
    assert reader(store).generation == 3
    assert verdicts(store) == {Verdict.OK}
