import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from flows.audit.copy_check import check_copy
from flows.publish.immutable_files import write_objects, write_report
from flows.publish.pointer import POINTER_LIFE
from flows.publish.protocol import publish
from flows.publish.publication import Publication, PublicationError, Rendering, Step
from flows.registry.published import applied_generation
from flows.registry.reader import read_served
from flows.registry.signed_files import read_page_list
from flows.store.base import ConflictError, KeyRefusedError, Store, StoreUnavailableError, StoreUnfitError
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.registry import layout
from schemas.times import timestamp
from tests.support.object_stores import Place, place_for
from tests.support.processes import run, start
from tests.support.publications import (
    AT,
    KEYS,
    SITE,
    CreatesOnly,
    copies,
    dump,
    passport,
    publication,
    publish_often,
    publish_until,
    publish_versions,
    publisher,
    reader,
    repair_store,
    row,
    serving,
    sha256,
)

FIRST = {"acme-tern": 1, "acme-gull": 1, "api": 1}


@pytest.fixture(params=["local", "memory", "creates"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "creates":
        return CreatesOnly(tmp_path / "public")
    return place_for(request, tmp_path).open()


@pytest.fixture
def local(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "public")


PAGES_AND_APPLIED = {"pages": 1, "page list": 1, "applied": 1}


def assert_whole(store: Store) -> None:
    """Everything that is served is there, genuine, and the same whichever way it is asked for."""
    served = reader(store)
    for slug in [found.slug for found in served.rows()]:
        assert served.check(slug).verdict == "ok"
        assert check_copy(served, slug).verdict == "ok"
        assert store.get(layout.page_key(slug)).body == copies(slug, served.passport(slug)).page
    assert store.get("status").body == b"".join(f"{row.slug} {row.object}\n".encode() for row in served.rows())
    listed = read_page_list(store, KEYS)
    assert listed
    assert (listed[0].generation, listed[0].snapshot_sha256) == (served.generation, served.snapshot_sha256)
    assert applied_generation(store) == served.generation


def test_a_first_publication_is_served_whole(store: Store) -> None:
    published = publish_versions(store, FIRST)
    assert published.generation == 1
    assert published.written == {
        "objects": 3,
        "sources": 1,
        "rules": 1,
        "report": 1,
        "shards": 1,
        "search": 1,
        "snapshot": 1,
        "log": 3,
        "delta": 1,
        "copies": 6,
        "site": 3,
        "pages": 1,
        "page list": 1,
        "applied": 1,
    }
    assert_whole(store)
    assert {found.generation for found in reader(store).rows()} == {1}
    assert store.get("schema.json").body == SITE["schema.json"]


def test_the_next_publication_writes_what_changed_and_no_more(store: Store) -> None:
    publish_versions(store, FIRST, nonce="1")
    published = publish_versions(store, {"acme-tern": 2}, nonce="2")
    assert published == (
        2,
        {
            "objects": 1,
            "report": 1,
            "shards": 1,
            "search": 1,
            "snapshot": 1,
            "log": 3,
            "delta": 1,
            "copies": 2,
        }
        | PAGES_AND_APPLIED,
    )
    assert_whole(store)
    assert {found.slug: found.generation for found in reader(store).rows()} == {
        "acme-tern": 2,
        "acme-gull": 1,
        "api": 1,
    }


def test_an_unchanged_run_writes_no_passport_and_no_copy(store: Store) -> None:
    publish_versions(store, FIRST, nonce="1")
    before = dump(store)
    published = publish_versions(store, FIRST, nonce="2")
    assert published == (2, {"report": 1, "snapshot": 1, "delta": 1, "page list": 1, "applied": 1})
    rewritten = {key for key, body in dump(store).items() if before.get(key) != body}
    assert rewritten == {
        layout.POINTER_KEY,
        layout.APPLIED_KEY,
        layout.PAGES_KEY,
        layout.snapshot_key(2),
        layout.delta_key(2),
        layout.run_key("run-2"),
    }


def test_a_passport_that_is_served_no_more_loses_its_copies(store: Store) -> None:
    publish_versions(store, FIRST, nonce="1")
    base = read_served(store, KEYS, AT)
    assert base is not None
    fewer = publication({}, base, run="run-2")
    _publish(store, serving(fewer, [found for found in base.rows() if found.slug != "api"]), nonce="2")
    assert not store.exists(layout.passport_copy_key("api"))
    assert not store.exists(layout.page_key("api"))
    assert store.exists(layout.object_key(row("api").object))
    assert_whole(store)


def _publish(store: Store, wanted: Publication, nonce: str = "n", **changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "base": read_served(store, KEYS, AT),
        "rebase": lambda _: wanted,
    }
    own = {name: changes.pop(name) for name in ("clock", "mark", "on_step") if name in changes}
    return publish(publisher(store, nonce, **own), wanted, **(arguments | changes))


def test_equal_runs_leave_equal_bytes(tmp_path: Path) -> None:
    stores = [LocalStore(tmp_path / name) for name in ("one", "two")]
    for number, store in enumerate(stores):
        versions = list(FIRST.items())[:: 1 if number else -1]
        publish_versions(store, dict(versions))
        publish_versions(store, {"acme-tern": 2}, nonce="2")
    assert dump(stores[0]) == dump(stores[1])


def test_the_pointer_says_when_it_was_issued_and_until_when_it_holds(store: Store) -> None:
    publish_versions(store, FIRST)
    assert reader(store).pointer.issued_at == timestamp(AT)
    assert reader(store).pointer.expires_at == timestamp(AT + POINTER_LIFE)
    assert timedelta(hours=72) == POINTER_LIFE


def test_every_generation_is_retained_from_the_first_on_until_garbage_is_collected(store: Store) -> None:
    publish_versions(store, FIRST, nonce="1")
    assert reader(store).pointer.kept_from == 1
    publish_versions(store, {"acme-tern": 2}, nonce="2")
    assert reader(store).pointer.kept_from == 1


class Noted(LocalStore):
    """Notes what is written, what comes between, and that nobody else may write meanwhile."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.notes: list[str] = []
        self.locked = False

    @contextmanager
    def lock(self) -> Iterator[None]:
        with super().lock():
            self.locked = True
            yield
            self.locked = False

    def barrier(self) -> None:
        self.notes.append("barrier")
        super().barrier()

    def create(self, key: str, body: bytes) -> bool:
        self.note(key)
        return super().create(key, body)

    def swap(self, key: str, body: bytes, expected: str) -> None:
        self.note(key)
        super().swap(key, body, expected)

    def note(self, key: str) -> None:
        assert self.locked, key
        if not key.startswith("registry/probe/"):
            self.notes.append(key)


def test_the_pointer_moves_after_a_barrier_before_which_everything_it_leads_to_was_written(tmp_path: Path) -> None:
    store = Noted(tmp_path)
    publish_versions(store, FIRST, nonce="1")
    store.notes.clear()
    publish_versions(store, {"acme-tern": 2}, nonce="2")
    barrier, pointer = store.notes.index("barrier"), store.notes.index(layout.POINTER_KEY)
    assert pointer == barrier + 1
    assert {layout.object_key(row("acme-tern", 2).object), layout.snapshot_key(2)} <= set(store.notes[:barrier])
    assert not store.locked


def test_where_the_snapshot_commits_the_pointer_is_put_and_asks_for_no_condition(tmp_path: Path) -> None:
    class RefusesConditions(CreatesOnly):
        def swap(self, key: str, body: bytes, expected: str) -> None:
            if key == layout.POINTER_KEY:
                raise ConflictError("If-Match is not known here")
            super().swap(key, body, expected)

    publish_versions(CreatesOnly(tmp_path), FIRST, nonce="1")
    assert publish_versions(RefusesConditions(tmp_path), {"acme-tern": 2}, nonce="2").generation == 2
    assert_whole(CreatesOnly(tmp_path))


@pytest.mark.parametrize("done", [True, False])
def test_a_first_write_of_the_pointer_without_an_answer_is_tried_again(tmp_path: Path, *, done: bool) -> None:
    class UnclearAtFirst(LocalStore):
        asked = 0

        def create(self, key: str, body: bytes) -> bool:
            if key != layout.POINTER_KEY or self.asked:
                return super().create(key, body)
            self.asked += 1
            if done:
                super().create(key, body)
            raise StoreUnavailableError("connection reset")

    store = UnclearAtFirst(tmp_path)
    assert publish_versions(store, FIRST).generation == 1
    assert store.asked == 1
    assert_whole(store)


@pytest.mark.parametrize(("unanswered", "moved"), [(7, True), (8, False)])
def test_the_pointer_is_tried_eight_times(tmp_path: Path, *, unanswered: int, moved: bool) -> None:
    publish_versions(LocalStore(tmp_path), FIRST, nonce="1")
    store = Unclear(tmp_path)
    store.done, store.unanswered = False, unanswered
    if moved:
        assert publish_versions(store, {"acme-tern": 2}, nonce="2").generation == 2
    else:
        with pytest.raises(StoreUnavailableError, match="cannot be moved: connection reset"):
            publish_versions(store, {"acme-tern": 2}, nonce="2")
        assert reader(store).generation == 1


def test_progress_goes_through_the_steps_in_order_and_each_comes_to_its_end(store: Store) -> None:
    seen: list[tuple[Step, int, int]] = []
    publish_versions(store, FIRST, on_step=lambda *event: seen.append(event))
    steps = list(dict.fromkeys(step for step, _, _ in seen))
    assert steps == list(Step)
    for step in steps:
        assert [event for event in seen if event[0] is step][-1][1:] in {(1, 1), (3, 3)}
    assert [event[1:] for event in seen if event[0] is Step.OBJECTS] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    for step in (Step.LOCK, Step.PROBE, Step.BARRIER, Step.POINTER):
        assert [event[1:] for event in seen if event[0] is step] == [(0, 1), (1, 1)]
    assert seen[-1] == (Step.DONE, 1, 1)


def test_a_store_is_probed_before_its_first_publication_and_no_other(store: Store) -> None:
    steps: list[Step] = []
    publish_versions(store, FIRST, nonce="1")
    publish_versions(store, {"acme-tern": 2}, nonce="2", on_step=lambda *event: steps.append(event[0]))
    assert Step.PROBE not in steps
    assert Step.POINTER in steps


def test_nothing_is_built_anew_where_nobody_else_published(store: Store) -> None:
    def rebase(base: Any) -> Publication:
        raise AssertionError(base)

    publish_versions(store, FIRST, nonce="1")
    wanted = publication({"acme-tern": 2}, read_served(store, KEYS, AT), run="run-2")
    assert _publish(store, wanted, "2", rebase=rebase).generation == 2


def test_a_run_that_publishes_nothing_can_leave_its_report(store: Store) -> None:
    assert write_report(store, "failed-run", b'{"complete":false}')
    assert not write_report(store, "failed-run", b"another")
    assert store.get(layout.run_key("failed-run")).body == b'{"complete":false}'
    assert read_served(store, KEYS, AT) is None


def test_passports_written_ahead_need_not_be_handed_over_again(store: Store) -> None:
    wanted = publication(FIRST)
    assert list(write_objects(store, wanted.objects.items())) == [True, True, True]
    assert read_served(store, KEYS, AT) is None
    assert "objects" not in _publish(store, replace(wanted, objects={})).written
    assert_whole(store)


def test_passports_handed_over_are_not_read_back_for_their_copies(tmp_path: Path) -> None:
    read: list[str] = []

    class Noting(LocalStore):
        def get(self, key: str, **limits: int) -> Any:
            read.append(key)
            return super().get(key, **limits)

    store = Noting(tmp_path)
    publish_versions(store, FIRST, nonce="1")
    publish_versions(store, {"acme-tern": 2}, nonce="2")
    assert read
    indexed = {layout.object_key(row(slug).object) for slug in ("acme-gull", "api")}
    assert {key for key in read if key.startswith("registry/objects/")} == indexed
    assert_whole(store)


def test_a_row_that_names_a_passport_nobody_wrote_stops_the_publication(store: Store) -> None:
    publish_versions(store, FIRST, nonce="1")
    before = store.get(layout.POINTER_KEY)
    with pytest.raises(PublicationError, match=r"names object .* which the run did not write"):
        _publish(store, replace(publication({"acme-tern": 2}), objects={}))
    assert store.get(layout.POINTER_KEY) == before


def test_bytes_under_a_wrong_name_stop_the_publication(store: Store) -> None:
    with pytest.raises(PublicationError, match="does not hash to its name"):
        _publish(store, replace(publication(FIRST), objects={"0" * 64: b"{}"}))
    assert read_served(store, KEYS, AT) is None


def test_a_site_file_in_a_passports_place_stops_the_publication(store: Store) -> None:
    with pytest.raises(KeyRefusedError):
        _publish(store, replace(publication(FIRST), rendering=Rendering(copies, {"acme-tern": b""})))
    assert read_served(store, KEYS, AT) is None


def test_nothing_is_published_to_a_store_that_ignores_conditions(tmp_path: Path) -> None:
    class IgnoresConditions(LocalStore):
        def create(self, key: str, body: bytes) -> bool:
            self.put(key, body)
            return True

    store = IgnoresConditions(tmp_path)
    with pytest.raises(StoreUnfitError, match="16 of 16 simultaneous creates succeeded"):
        publish_versions(store, FIRST)
    assert list(store.list()) == []


def test_a_snapshot_that_a_killed_run_left_is_stepped_over_and_stays(store: Store) -> None:
    publish_versions(store, FIRST, nonce="1")
    store.put(layout.snapshot_key(2), b"left by somebody")
    assert publish_versions(store, {"acme-tern": 2}, nonce="2").generation == 3
    assert store.get(layout.snapshot_key(2)).body == b"left by somebody"
    assert reader(store).snapshot.parent == 1
    assert {found.generation for found in reader(store).rows()} == {1, 3}
    assert_whole(store)


def test_a_publisher_that_was_overtaken_merges_onto_what_is_served_now(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    publish_versions(store, FIRST, nonce="0")
    outdated = read_served(store, KEYS, AT)
    publish_versions(store, {"acme-heron": 1}, nonce="1")
    seen: list[int] = []

    def rebase(base: Any) -> Publication:
        seen.append(base.generation)
        return publication({"acme-tern": 2}, base, run="run-2")

    stale = publication({"acme-tern": 2}, outdated, run="run-2")
    assert _publish(store, stale, "2", base=outdated, rebase=rebase).generation in {3, 4}
    assert seen == [2]
    assert caplog.messages == [f"{store.name}: another run published meanwhile: building again on its generation"]
    assert reader(store).snapshot.parent == 2
    assert {found.slug for found in reader(store).rows()} == {*FIRST, "acme-heron"}
    assert_whole(store)


def test_two_first_publications_are_both_served(store: Store) -> None:
    publish_versions(store, FIRST, nonce="1")
    late = publication({"acme-heron": 1}, None, run="run-2")
    _publish(store, late, "2", base=None, rebase=lambda base: publication({"acme-heron": 1}, base, run="run-2"))
    assert {found.slug for found in reader(store).rows()} == {*FIRST, "acme-heron"}


class Unclear(LocalStore):
    """The pointer's first write gets no answer, whether it was done or not."""

    done = True
    unanswered = 1

    def swap(self, key: str, body: bytes, expected: str) -> None:
        if key != layout.POINTER_KEY or not self.unanswered:
            super().swap(key, body, expected)
            return
        self.unanswered -= 1
        if self.done:
            super().swap(key, body, expected)
        raise StoreUnavailableError("connection reset")


@pytest.mark.parametrize("done", [True, False])
def test_a_write_of_the_pointer_without_an_answer_is_settled_by_its_nonce(tmp_path: Path, *, done: bool) -> None:
    publish_versions(LocalStore(tmp_path), FIRST, nonce="1")
    store = Unclear(tmp_path)
    store.done = done
    assert publish_versions(store, {"acme-tern": 2}, nonce="2").generation == 2
    assert reader(store).pointer.nonce == "2"
    assert_whole(store)


def test_another_publishers_pointer_with_the_same_nonce_is_not_taken_for_ours(store: Store) -> None:
    outdated = read_served(store, KEYS, AT)
    publish_versions(store, FIRST, nonce="same")
    late = publication({"acme-heron": 1}, outdated, run="run-2")
    rebased = _publish(
        store, late, "same", base=outdated, rebase=lambda base: publication({"acme-heron": 1}, base, run="run-2")
    )
    assert rebased.generation == 3
    assert {found.slug for found in reader(store).rows()} == {*FIRST, "acme-heron"}


def test_a_store_that_never_answers_is_given_up_with_its_reason(tmp_path: Path) -> None:
    publish_versions(LocalStore(tmp_path), FIRST, nonce="1")
    store = Unclear(tmp_path)
    store.done, store.unanswered = False, 1000
    with pytest.raises(StoreUnavailableError, match="cannot be moved: connection reset"):
        publish_versions(store, {"acme-tern": 2}, nonce="2")
    assert reader(store).generation == 1


class Faster(LocalStore):
    """Somebody else moves the pointer each time before we do."""

    theirs = 0

    def swap(self, key: str, body: bytes, expected: str) -> None:
        if key == layout.POINTER_KEY:
            self.theirs += 1
            super().swap(key, self.get(key).body + b" " * self.theirs, expected)
        super().swap(key, body, expected)


def test_a_publisher_that_always_loses_gives_up(tmp_path: Path) -> None:
    publish_versions(LocalStore(tmp_path), FIRST, nonce="1")
    with pytest.raises(PublicationError, match="another publisher was faster 32 times"):
        publish_versions(Faster(tmp_path), {"acme-tern": 2}, nonce="2")


@pytest.mark.parametrize("moment", [(Step.POINTER, 1), (Step.COPIES, 0), (Step.COPIES, 3), (Step.APPLIED, 0)])
def test_an_overtaken_publisher_puts_no_old_copy_over_a_new_one(moment: tuple[Step, int]) -> None:
    store = open_store("memory:///")
    ran: list[int] = []

    def overtake(step: Step, done: int, _total: int) -> None:
        if (step, done) == moment and not ran:
            ran.append(publish_versions(store, {"acme-tern": 3, "acme-heron": 1}, nonce="2").generation)

    assert publish_versions(store, FIRST, nonce="1", on_step=overtake).generation == 1
    assert ran == [2]
    assert_whole(store)
    assert reader(store).passport("acme-tern") == passport("acme-tern", 3)


def test_an_overtaken_publisher_leaves_the_site_to_whoever_overtook_it() -> None:
    store = open_store("memory:///")
    ran: list[int] = []

    def overtake(step: Step, done: int, _total: int) -> None:
        if (step, done) == (Step.POINTER, 1) and not ran:
            ran.append(1)
            newer = publication({"acme-tern": 2}, read_served(store, KEYS, AT), run="run-2")
            _publish(store, replace(newer, rendering=Rendering(copies, {**SITE, "index.html": b"<p>newer"})), "2")

    assert _publish(store, publication(FIRST), "1", on_step=overtake).generation == 1
    assert reader(store).generation == 2
    assert store.get("index.html").body == b"<p>newer"


def test_an_overtaken_write_between_read_and_swap_does_not_land(tmp_path: Path) -> None:
    class OvertakenInTheAct(LocalStore):
        overtake: Callable[[], object] | None = None

        def lock(self) -> Any:
            return open_store("memory:///").lock()

        def swap(self, key: str, body: bytes, expected: str) -> None:
            if key == layout.passport_copy_key("acme-tern") and self.overtake:
                overtake, self.overtake = self.overtake, None
                overtake()
            super().swap(key, body, expected)

    store = OvertakenInTheAct(tmp_path)
    publish_versions(store, FIRST, nonce="1")
    store.overtake = lambda: publish_versions(store, {"acme-tern": 3}, nonce="3")
    publish_versions(store, {"acme-tern": 2}, nonce="2")
    assert reader(store).passport("acme-tern") == passport("acme-tern", 3)
    assert_whole(store)


def test_a_copy_that_something_else_writes_all_the_time_is_given_up(tmp_path: Path) -> None:
    class Contended(LocalStore):
        def swap(self, key: str, body: bytes, expected: str) -> None:
            if key == layout.passport_copy_key("acme-tern"):
                raise ConflictError("again")
            super().swap(key, body, expected)

    publish_versions(LocalStore(tmp_path), FIRST, nonce="1")
    with pytest.raises(ConflictError, match=r"another program changes .* again and again"):
        publish_versions(Contended(tmp_path), {"acme-tern": 2}, nonce="2")
    repair_store(LocalStore(tmp_path))
    assert_whole(LocalStore(tmp_path))


SECOND = {"acme-tern": 2, "acme-heron": 1}
NEVER = {("first", Step.DONE, "begins"), ("next", Step.DONE, "begins")} | {
    ("next", Step.PROBE, moment) for moment in ("begins", "ends")
}
MOMENTS = [
    (which, step, moment)
    for which in ("first", "next")
    for step in Step
    for moment in ("begins", "ends")
    if (which, step, moment) not in NEVER
]


@pytest.fixture(scope="module")
def undisturbed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, bytes]]:
    """A store to publish to, empty or not, and what it holds after an undisturbed publication."""
    before, after = (LocalStore(tmp_path_factory.mktemp(request.param) / name) for name in ("before", "after"))
    for store in (before, after):
        if request.param == "next":
            publish_versions(store, FIRST, nonce="1")
    publish_versions(after, SECOND, nonce="2")
    return Path(before.name), dump(after)


@pytest.mark.parametrize(("undisturbed", "step", "moment"), MOMENTS, indirect=["undisturbed"])
def test_killed_at_any_step_the_next_run_ends_where_an_undisturbed_one_does(
    local: LocalStore, undisturbed: tuple[Path, dict[str, bytes]], step: Step, moment: str
) -> None:
    before, expected = undisturbed
    if before.exists():
        shutil.copytree(before, local.name)
    served_before = _served_generation(local)
    assert run(publish_until, Place(local.name, {}), SECOND, "2", step, moment) == -signal.SIGKILL
    moved = _served_generation(local) != served_before
    assert moved == ((list(Step).index(step), moment) >= (list(Step).index(Step.POINTER), "ends"))
    repair_store(local)
    if not moved:
        publish_versions(local, SECOND, nonce="2")
    assert dump(local) == expected
    assert_whole(local)


def _served_generation(store: Store) -> int | None:
    served = read_served(store, KEYS, AT)
    if served is not None:
        assert all(sha256(served.passport(found.slug)) == found.object for found in served.rows())
    return served.generation if served else None


def test_killed_at_random_moments_a_store_always_serves_one_whole_generation(local: LocalStore) -> None:
    publish_versions(local, FIRST, nonce="start")
    for kill in range(10):
        child = start(publish_often, Place(local.name, {}), f"kill-{kill}", 1000)
        child.join(0.05 + 0.037 * kill)
        child.kill()
        child.join()
        assert _served_generation(local) is not None
    repair_store(local)
    assert_whole(local)
    assert publish_versions(local, {"acme-tern": 2}, nonce="end").written["copies"] == 2
    assert_whole(local)
    assert not [path for path in (Path(local.name) / ".tmp").iterdir() if path.suffix != ".lock"]


def test_racing_processes_lose_no_update(local: LocalStore) -> None:
    publishers = [start(publish_often, Place(local.name, {}), name, 6) for name in ("left", "right")]
    for process in publishers:
        process.join()
    assert [process.exitcode for process in publishers] == [0, 0]
    assert {found.slug for found in reader(local).rows()} == {
        f"{name}-{number}" for name in ("left", "right") for number in range(6)
    }
    assert reader(local).generation >= 12
    assert_whole(local)


def test_racing_threads_lose_no_update_where_only_the_swap_decides() -> None:
    store = open_store("memory:///")
    publish_versions(store, FIRST, nonce="start")

    def publish_some(name: str) -> None:
        for number in range(4):
            publish_versions(store, {f"{name}-{number}": 1}, nonce=f"{name}-{number}")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(publish_some, ["a", "b", "c"]))
    assert {found.slug for found in reader(store).rows()} == {
        *FIRST,
        *(f"{name}-{number}" for name in "abc" for number in range(4)),
    }
    repair_store(store)
    assert_whole(store)


def test_readers_see_exactly_one_generation_while_others_are_published(store: Store) -> None:
    publish_versions(store, {"acme-tern": 1, "acme-gull": 1}, nonce="1")
    ended = Event()
    seen: list[int] = []

    def read() -> None:
        while not ended.is_set():
            served = reader(store)
            assert {found.payload for found in served.rows()} == {sha256(str(served.generation).encode())}
            assert all(
                served.passport(slug) == passport(slug, served.generation) for slug in ("acme-tern", "acme-gull")
            )
            seen.append(served.generation)

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        for version in range(2, 12):
            publish_versions(store, {"acme-tern": version, "acme-gull": version}, nonce=str(version))
        ended.set()
        reading.result()
    assert seen == sorted(seen)
    assert len(set(seen)) > 1


def test_without_its_mark_every_copy_is_looked_at_and_only_the_wrong_ones_are_written(store: Store) -> None:
    publish_versions(store, FIRST)
    store.delete(layout.APPLIED_KEY)
    store.put(layout.passport_copy_key("acme-tern"), b"spoilt")
    assert repair_store(store) == {"copies": 1, "applied": 1}
    assert_whole(store)
    assert repair_store(store) == {}


@pytest.mark.parametrize("mark", [b'{"generation":99}', b'{"generation":-1}', b"junk", b"{}"])
def test_a_false_mark_is_not_believed(store: Store, mark: bytes) -> None:
    publish_versions(store, FIRST)
    store.put(layout.APPLIED_KEY, mark)
    store.put(layout.passport_copy_key("acme-tern"), b"spoilt")
    assert repair_store(store) == {"copies": 1, "applied": 1}
    assert_whole(store)


def test_copies_of_every_generation_since_the_mark_are_looked_at(store: Store) -> None:
    publish_versions(store, FIRST, nonce="1")
    mark = store.get(layout.APPLIED_KEY).body
    publish_versions(store, {"acme-tern": 2}, nonce="2")
    publish_versions(store, {"acme-tern": 1, "acme-gull": 2}, nonce="3")
    store.put(layout.APPLIED_KEY, mark)
    store.put(layout.passport_copy_key("acme-tern"), copies("acme-tern", passport("acme-tern", 2)).passport)
    assert repair_store(store) == {"copies": 1, "applied": 1}
    assert_whole(store)


def test_an_empty_store_needs_no_repair(store: Store) -> None:
    assert repair_store(store) == {}
    assert list(store.list()) == []
