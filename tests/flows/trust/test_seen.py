"""The memory of the generations seen: what it keeps, what it refuses, and what it makes of what is served."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.config.user_folders import state_folder
from flows.store.open import canonical_store
from flows.trust import seen as seen_module
from flows.trust.departures import departure
from flows.trust.seen import Memory, SeenError, default_memory
from pipelines.signing.keys import KeyRing
from schemas.seen import Seen, SeenLog, SeenRegistry
from schemas.verdict import Verdict
from tests.support.roots import REGISTRY, role_key, root

KEY, OTHER = "k" * 43, "o" * 43
PLACE = "s3://bucket/registry"
FIRST, SECOND = Seen(generation=1, snapshot_sha256="1" * 64), Seen(generation=2, snapshot_sha256="2" * 64)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "state" / "seen.json")


def test_what_was_remembered_is_recalled_per_registry_and_key(memory: Memory) -> None:
    memory.remember(PLACE, KEY, FIRST)
    memory.remember(PLACE, OTHER, SECOND)
    again = Memory(memory.path)
    assert (again.recall(PLACE, KEY), again.recall(PLACE, OTHER)) == (FIRST, SECOND)
    assert again.recall("s3://other", KEY) is None
    assert (again.keys(PLACE), again.keys("s3://other")) == ({KEY, OTHER}, set())


def test_it_never_goes_down_and_never_to_another_snapshot(memory: Memory) -> None:
    memory.remember(PLACE, KEY, SECOND)
    memory.remember(PLACE, KEY, FIRST)
    memory.remember(PLACE, KEY, Seen(generation=2, snapshot_sha256="f" * 64))
    assert memory.recall(PLACE, KEY) == SECOND


def test_only_its_owner_reads_it_and_reading_makes_nothing(memory: Memory) -> None:
    assert memory.recall(PLACE, KEY) is None
    assert memory.pinned(PLACE) is None
    assert not memory.path.parent.exists()
    memory.remember(PLACE, KEY, FIRST)
    assert stat.S_IMODE(memory.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(memory.path.parent.stat().st_mode) == 0o700
    assert sorted(path.name for path in memory.path.parent.iterdir()) == ["seen.json", "seen.json.lock"]


def test_a_key_is_pinned_once(memory: Memory) -> None:
    memory.remember(PLACE, KEY, FIRST)
    memory.pin(PLACE, KEY)
    memory.pin(PLACE, KEY)
    assert (memory.pinned(PLACE), memory.recall(PLACE, KEY)) == (KEY, FIRST)
    with pytest.raises(SeenError, match=f"the key {KEY} is remembered for it, not {OTHER}.*store forget --pins"):
        memory.pin(PLACE, OTHER)
    assert memory.pinned(PLACE) == KEY


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"version":1,"registries":{"a":{"pinned":null,"seen":{}}},"registries":{}}',
        b'{"version":2,"registries":{}}',
        b'{"version":1,"registries":{"a":{"pinned":"short","seen":{}}}}',
        b'{"version":1,"registries":{"a":{"seen":{"%s":{"generation":0,"snapshot_sha256":"%s"}}}}}'
        % (b"k" * 43, b"1" * 64),
        b'{"version":1,"registries":{},"more":1}',
    ],
)
def test_a_damaged_file_is_an_error_that_names_it_and_stays_as_it_is(memory: Memory, content: bytes) -> None:
    memory.path.parent.mkdir()
    memory.path.write_bytes(content)
    for use in (
        lambda: memory.recall(PLACE, KEY),
        lambda: memory.remember(PLACE, KEY, FIRST),
        lambda: memory.pin(PLACE, KEY),
        memory.ensure_writable,
    ):
        with pytest.raises(SeenError, match=r"seen\.json.*is damaged.*restore it"):
            use()
    assert memory.path.read_bytes() == content


def test_a_folder_that_cannot_be_used_is_an_error_that_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "seen.json")
    for use in (memory.ensure_writable, lambda: memory.recall(PLACE, KEY)):
        with pytest.raises(SeenError, match=r"cannot be used.*XDG_STATE_HOME"):
            use()


def test_it_is_bounded_and_forgets_nothing_to_make_room(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_module, "MAX_REGISTRIES", 2)
    memory.remember("a", KEY, FIRST)
    memory.remember("b", KEY, FIRST)
    with pytest.raises(SeenError, match=r"seen\.json has no room for another registry"):
        memory.remember("c", KEY, FIRST)
    memory.remember("a", KEY, SECOND)
    assert (memory.recall("a", KEY), memory.recall("b", KEY)) == (SECOND, FIRST)


def test_many_at_once_lose_nothing(memory: Memory) -> None:
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda n: memory.remember(f"s3://{n % 8}", KEY, FIRST if n < 8 else SECOND), range(32)):
            pass
    assert {memory.recall(f"s3://{n}", KEY) for n in range(8)} == {SECOND}


def test_a_killed_writer_leaves_the_last_whole_file(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.remember(PLACE, KEY, FIRST)

    def cut_off(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", cut_off)
    with pytest.raises(SeenError, match="Input/output error"):
        memory.remember(PLACE, KEY, SECOND)
    assert memory.recall(PLACE, KEY) == FIRST
    assert len(list(memory.path.parent.iterdir())) == 2


@pytest.mark.parametrize("chosen", [None, "", "state", "./state"])
def test_a_state_folder_that_is_empty_or_relative_counts_as_unset(
    chosen: str | None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if chosen is not None:
        monkeypatch.setenv("XDG_STATE_HOME", chosen)
    assert state_folder() == home / ".local" / "state" / "passports"


def test_the_memory_is_in_the_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_memory().path == tmp_path / "passports" / "seen.json"


def test_a_file_of_another_program_can_be_read(memory: Memory) -> None:
    memory.remember(PLACE, KEY, FIRST)
    memory.pin(PLACE, KEY)
    registry = json.loads(memory.path.read_text())["registries"][PLACE]
    assert registry == {"pinned": KEY, "seen": {KEY: {"generation": 1, "snapshot_sha256": "1" * 64}}}


def test_the_largest_log_is_remembered_and_what_a_thief_signed_is_not(memory: Memory) -> None:
    keys = KeyRing([REGISTRY.public_key])
    small, large = (SeenLog(key_id=REGISTRY.key_id, generation=n, size=10 * n, root=str(n) * 64) for n in (1, 2))
    for one in (small, large, small):
        memory.remember_log(PLACE, one, keys)
    assert memory.log(PLACE, keys) == large
    assert memory.log(PLACE, KeyRing()) is None
    leaked = KeyRing.of_root(root(registry=(role_key(REGISTRY, state="revoked", last_good=1),)))
    assert memory.log(PLACE, leaked) is None, "generation 2 is another's"
    memory.remember_log(PLACE, small, leaked)
    assert memory.log(PLACE, leaked) == small


def test_a_registry_is_forgotten_but_for_its_pins_unless_they_are_too(memory: Memory) -> None:
    memory.remember(PLACE, KEY, SECOND)
    memory.pin(PLACE, KEY)
    memory.remember("s3://other", KEY, FIRST)
    assert memory.forget(PLACE, pins=False).seen == {KEY: SECOND}
    assert memory.of(PLACE) == SeenRegistry(pinned=KEY)
    assert memory.forget(PLACE, pins=True).pinned == KEY
    assert memory.of(PLACE) == SeenRegistry()
    assert list(json.loads(memory.path.read_text())["registries"]) == ["s3://other"]
    assert memory.forget(PLACE, pins=True) == SeenRegistry()


def test_what_is_served_is_judged_by_what_was_seen() -> None:
    assert departure(FIRST, None, PLACE) is None
    assert departure(SECOND, FIRST, PLACE) is None
    assert departure(SECOND, SECOND, PLACE) is None
    older = departure(FIRST, SECOND, PLACE)
    assert older
    assert older.verdict is Verdict.ROLLBACK
    assert older.reason == f"{PLACE}: generation 1 is served, but generation 2 was seen before"
    fork = departure(Seen(generation=2, snapshot_sha256="f" * 64), SECOND, PLACE)
    assert fork
    assert fork.verdict is Verdict.EQUIVOCATION
    assert "another history" in fork.reason


def test_every_spelling_of_a_store_has_one_canonical_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for spelling in ("./real", "real/", "link", "x/../real", f"file://{tmp_path}/real", f"FILE://{tmp_path}//real/"):
        assert canonical_store(spelling, {}) == str((tmp_path / "real").resolve())
    for spelling in ("s3://b/p", "S3://b/p/", "s3://b//p", "s3://b/./p"):
        assert canonical_store(spelling, {}) == "s3://b/p"
    for spelling in (
        "https://example.com/r",
        "HTTPS://Example.com:443/r/",
        "https://me:secret@example.com/r?token=1#x",
    ):
        assert canonical_store(spelling, {}) == "https://example.com/r"


def test_relative_paths_of_two_folders_are_two_stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        found.add(canonical_store("./public"))
    assert len(found) == 2


def test_a_bucket_is_named_with_the_service_that_it_is_at() -> None:
    here = {"AWS_ENDPOINT_URL": "http://me:secret@LOCALHOST:8333/"}
    assert canonical_store("s3://b/p", here) == "s3://b/p at http://localhost:8333"
    assert canonical_store("gs://b/p", here) == "gs://b/p"
    assert canonical_store("az://c", {"AZURE_STORAGE_ACCOUNT_NAME": "ours"}) == "az://c at ours"


def test_a_pipe_in_its_place_is_an_error_at_once(memory: Memory) -> None:
    memory.path.parent.mkdir()
    os.mkfifo(memory.path)
    with pytest.raises(SeenError, match="cannot be used"):
        memory.recall(PLACE, KEY)
