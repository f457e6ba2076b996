"""Publishing to a real S3 server: killed publishers, racing publishers, a killed server, and servers that lie."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.publish.publication import Step
from flows.store.base import ConflictError, StoreUnavailableError, StoreUnfitError
from flows.store.open import open_store
from flows.store.probe import probe
from pipelines.registry import layout
from tests.flows.publish.test_protocol import assert_whole
from tests.support.object_stores import Place, SeaweedFS, running
from tests.support.processes import run, start
from tests.support.publications import (
    SHARED,
    dump,
    passport,
    publish_counts,
    publish_often,
    publish_until,
    publish_versions,
    publish_with_a_stop,
    reader,
    repair_store,
    seed,
    shared_version,
)
from tests.support.s3_proxies import (
    CompareBareTags,
    ConflictsAreThere,
    DropsAnswers,
    IgnoresConditions,
    IgnoresSwaps,
    Proxy,
    proxied,
)
from tests.support.waiting import until

pytestmark = pytest.mark.store_server

FIRST = {"acme-tern": 1, "acme-gull": 1}
SECOND = {"acme-tern": 2, "acme-heron": 1}
MOMENTS = [(step, "begins") for step in Step if step not in {Step.PROBE, Step.LOCK, Step.DONE}]
MOMENTS += [(Step.POINTER, "ends"), (Step.COPIES, "ends")]


@pytest.fixture
def place(seaweedfs: SeaweedFS, tmp_path: Path) -> Place:
    return seaweedfs.place().below(tmp_path.name)


@pytest.mark.parametrize(("step", "moment"), MOMENTS)
def test_killed_at_any_step_the_next_run_ends_where_an_undisturbed_one_does(
    place: Place, step: Step, moment: str
) -> None:
    store, undisturbed = seed(place.open(), FIRST), seed(open_store("memory:///"), FIRST)
    publish_versions(undisturbed, SECOND, nonce="2")
    assert run(publish_until, place, SECOND, "2", step, moment) == -signal.SIGKILL
    repair_store(store)
    if reader(store).generation == 1:
        publish_versions(store, SECOND, nonce="2")
    assert dump(store) == dump(undisturbed)
    assert_whole(store)


def test_over_tls_it_is_the_same(seaweedfs: SeaweedFS, tmp_path: Path) -> None:
    """Checksums and the cutting into chunks differ there."""
    store = seed(seaweedfs.place(tls=True).below(tmp_path.name).open(), FIRST)
    assert publish_versions(store, SECOND, nonce="2").generation == 2
    assert_whole(store)
    large = bytes(range(256)) * 40_000
    assert store.create("registry/large.json", large)
    assert not store.create("registry/large.json", b"other")
    token = store.get("registry/large.json").token
    assert store.get("registry/large.json").body == large
    store.swap("registry/large.json", b"", token)
    with pytest.raises(ConflictError):
        store.swap("registry/large.json", b"late", token)
    assert store.get("registry/large.json").body == b""


@pytest.mark.parametrize("step", [Step.SNAPSHOT, Step.POINTER, Step.COPIES, Step.SITE, Step.APPLIED])
def test_a_publisher_that_was_stopped_overtaken_and_continued_changes_nothing_back(place: Place, step: Step) -> None:
    store = seed(place.open(), FIRST)
    stopped = start(publish_with_a_stop, place, {"acme-tern": 2, "acme-heron": 1}, "2", step)
    assert stopped.pid is not None
    stat = Path(f"/proc/{stopped.pid}/stat")
    until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")
    publish_versions(store, {"acme-gull": 3}, nonce="3")
    publish_versions(store, {"acme-gull": 4}, nonce="4")
    os.kill(stopped.pid, signal.SIGCONT)
    stopped.join()
    assert stopped.exitcode == 0
    served = reader(store)
    assert served.passport("acme-gull") == passport("acme-gull", 4)
    assert served.passport("acme-tern") == passport("acme-tern", 2)
    repair_store(store)
    assert_whole(store)


def test_racing_processes_lose_no_update_where_only_the_swap_decides(place: Place) -> None:
    store = seed(place.open(), FIRST)
    publishers = [start(publish_counts, place, name, 4) for name in "abc"]
    publishers.append(start(publish_often, place, "other", 4))
    for publisher in publishers:
        publisher.join()
    assert [publisher.exitcode for publisher in publishers] == [0, 0, 0, 0]
    assert shared_version(reader(store)) == 12
    assert {row.slug for row in reader(store).rows()} == {*FIRST, SHARED, *(f"other-{n}" for n in range(4))}
    repair_store(store)
    assert_whole(store)


@pytest.mark.slow
def test_without_its_condition_the_same_race_loses_updates(seaweedfs: SeaweedFS, tmp_path: Path) -> None:
    """The negative control: the race above has power, because this one fails."""
    straight = seaweedfs.unsigned().below(tmp_path.name)
    seed(straight.open(), FIRST)
    with proxied(IgnoresSwaps, seaweedfs.port) as port:
        publishers = [start(publish_counts, seaweedfs.unsigned(port).below(tmp_path.name), name, 4) for name in "abcd"]
        for publisher in publishers:
            publisher.join()
    assert shared_version(reader(straight.open())) < 16


def test_a_killed_server_is_reported_and_nothing_is_lost(tmp_path: Path) -> None:
    with running(SeaweedFS, tmp_path / "server") as server:
        store = seed(server.place().below("x").open(), FIRST)

        def kill(step: Step, _done: int, _total: int) -> None:
            if step is Step.SHARDS:
                server.kill()

        with pytest.raises(
            StoreUnavailableError, match=r"s3://passports/x: registry/.*no server answers at this address"
        ):
            publish_versions(store, SECOND, nonce="2", on_step=kill)
        server.start()
        assert reader(store).generation == 1
        assert_whole(store)
        assert publish_versions(store, SECOND, nonce="2").generation == 2
        assert_whole(store)


def test_a_permission_that_was_taken_away_is_reported_and_nothing_is_lost(seaweedfs: SeaweedFS, place: Place) -> None:
    seed(place.open(), FIRST)
    allowed_to_read = Place(place.url, seaweedfs.place("reader").environment).open()
    with pytest.raises(StoreUnavailableError, match=r"registry/objects/.*access refused: check the credentials"):
        publish_versions(allowed_to_read, SECOND, nonce="2")
    assert reader(allowed_to_read).generation == 1
    assert_whole(place.open())


def test_an_untrusted_certificate_and_a_closed_port_are_reported_with_their_remedy(seaweedfs: SeaweedFS) -> None:
    trusted = seaweedfs.place(tls=True)
    untrusted = Place(trusted.url, {**trusted.environment, "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt"})
    with pytest.raises(StoreUnavailableError, match="its certificate is not trusted: set SSL_CERT_FILE"):
        untrusted.open().get("a")
    with pytest.raises(StoreUnavailableError, match="no server answers at this address"):
        seaweedfs.unsigned(port=1).open().get("a")
    plain = {name: value for name, value in seaweedfs.unsigned().environment.items() if name != "AWS_ALLOW_HTTP"}
    with pytest.raises(StoreUnavailableError, match="set AWS_ALLOW_HTTP=true"):
        Place(trusted.url, plain).open().get("a")


@pytest.fixture
def lying(request: pytest.FixtureRequest, seaweedfs: SeaweedFS, tmp_path: Path) -> Iterator[Place]:
    kind: type[Proxy] = request.param
    with proxied(kind, seaweedfs.port) as port:
        yield seaweedfs.unsigned(port).below(tmp_path.name)


@pytest.mark.parametrize("lying", [IgnoresConditions], indirect=True)
def test_a_server_that_ignores_conditions_is_refused(lying: Place) -> None:
    store = lying.open()
    with pytest.raises(StoreUnfitError, match=r"ignores conditional writes .* 16 of 16 simultaneous creates succeeded"):
        publish_versions(store, FIRST)
    assert dump(store) == {}


@pytest.mark.slow
@pytest.mark.parametrize("lying", [IgnoresSwaps], indirect=True)
def test_a_server_that_only_creates_under_a_condition_is_published_to_by_creation(lying: Place) -> None:
    store = lying.open()
    publish_versions(store, FIRST, nonce="1")
    assert reader(store).pointer.commit == "create"
    publishers = [start(publish_counts, lying, name, 2) for name in "abc"]
    for publisher in publishers:
        publisher.join()
    assert [publisher.exitcode for publisher in publishers] == [0, 0, 0]
    assert shared_version(reader(store)) == 6
    publish_versions(store, SECOND, nonce="2")
    assert_whole(store)


@pytest.mark.parametrize("lying", [DropsAnswers, ConflictsAreThere, CompareBareTags], indirect=True)
def test_odd_servers_and_lost_answers_change_nothing(lying: Place) -> None:
    store = seed(lying.open(), FIRST)
    assert publish_versions(store, SECOND, nonce="2").generation == 2
    assert reader(store).pointer.commit == "swap"
    assert_whole(store)


@pytest.mark.parametrize("lying", [CompareBareTags], indirect=True)
def test_a_bare_tag_is_only_tried_for_the_version_that_is_there(lying: Place) -> None:
    store = lying.open()
    store.put(layout.POINTER_KEY, b"one")
    token = store.get(layout.POINTER_KEY).token
    store.swap(layout.POINTER_KEY, b"two", token)
    with pytest.raises(ConflictError):
        store.swap(layout.POINTER_KEY, b"three", token)
    assert store.get(layout.POINTER_KEY).body == b"two"


@pytest.mark.parametrize("lying", [CompareBareTags], indirect=True)
def test_a_server_that_compares_bare_tags_passes_the_race(lying: Place) -> None:
    assert probe(lying.open(), nonce="n") == "swap"
