import contextlib
import fcntl
import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from flows.audit.copy_check import check_copy
from flows.store.base import StoreUnavailableError
from flows.store.local import LocalStore
from tests.support.processes import run
from tests.support.publications import passport, publish_versions, put_beyond_the_limit, reader
from tests.support.waiting import until, waits_for_a_lock

NOBODY = 65534


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "public")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def temporary_files(store: LocalStore) -> list[str]:
    return [name for name in names(Path(store.name) / ".tmp") if not name.endswith(".lock")]


def test_files_can_be_read_by_a_web_server_whatever_the_umask(store: LocalStore) -> None:
    before = os.umask(0o077)
    try:
        store.put("api/v1/passport/acme-tern", b"{}")
    finally:
        os.umask(before)
    root = Path(store.name)
    assert stat.S_IMODE((root / "api/v1/passport/acme-tern").stat().st_mode) == 0o644
    assert {stat.S_IMODE(path.stat().st_mode) for path in [root, root / "api", root / "api/v1"]} == {0o755}


def test_nothing_temporary_is_left_or_listed(store: LocalStore) -> None:
    store.put("a/b", b"1")
    store.create("a/b", b"2")
    store.swap("a/b", b"3", store.get("a/b").token)
    assert temporary_files(store) == []
    assert list(store.list()) == ["a/b"]


def test_a_publication_sweeps_what_killed_writers_left(store: LocalStore) -> None:
    store.put("a", b"1")
    (Path(store.name) / ".tmp/4711-dead").write_bytes(b"half a passp")
    with store.lock():
        assert temporary_files(store) == []
    assert list(store.list()) == ["a"]


def test_a_publication_leaves_the_files_of_a_writer_at_work_alone(store: LocalStore) -> None:
    store.put("a", b"1")
    tmp = Path(store.name) / ".tmp"
    (tmp / "4711-alive").write_bytes(b"half a passp")
    with (tmp / "write.lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        with store.lock():
            assert temporary_files(store) == ["4711-alive"]


def test_a_second_publication_waits_for_the_first(store: LocalStore) -> None:
    entered = Event()

    def publish() -> None:
        with LocalStore(Path(store.name)).lock():
            entered.set()

    second = Thread(target=publish)
    with store.lock():
        second.start()
        until(waits_for_a_lock)
        assert not entered.is_set()
    second.join()
    assert entered.is_set()


def test_opening_and_reading_makes_no_directory(store: LocalStore) -> None:
    assert not store.exists("a")
    assert list(store.list()) == []
    assert not Path(store.name).exists()


def test_a_link_in_the_place_of_a_folder_leads_nowhere(store: LocalStore, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.json").write_bytes(b"secret")
    store.put("a", b"1")
    (Path(store.name) / "registry").symlink_to(outside)
    for call in (
        lambda: store.get("registry/secret.json"),
        lambda: store.put("registry/secret.json", b"overwritten"),
        lambda: store.create("registry/new.json", b""),
        lambda: store.delete("registry/secret.json"),
    ):
        with pytest.raises(StoreUnavailableError, match=r"link is where a folder must be.*remove that file"):
            call()
    assert list(store.list()) == ["a"]
    assert names(outside) == ["secret.json"]
    assert (outside / "secret.json").read_bytes() == b"secret"


def test_a_link_in_the_place_of_a_file_is_not_read_and_a_write_replaces_the_link_itself(
    store: LocalStore, tmp_path: Path
) -> None:
    outside = tmp_path / "secret"
    outside.write_bytes(b"secret")
    store.put("a/x", b"1")
    (Path(store.name) / "a/b").symlink_to(outside)
    with pytest.raises(StoreUnavailableError, match="links are not followed"):
        store.get("a/b")
    assert not store.exists("a/b")
    assert not store.create("a/b", b"mine")
    store.put("a/b", b"mine")
    assert store.get("a/b").body == b"mine"
    assert outside.read_bytes() == b"secret"


def test_a_link_in_the_place_of_the_temporary_folder_leads_nowhere(store: LocalStore, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    Path(store.name).mkdir()
    (Path(store.name) / ".tmp").symlink_to(outside)
    with pytest.raises(StoreUnavailableError, match="link is"):
        store.put("a", b"1")
    assert names(outside) == []


def test_the_directory_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "public").symlink_to(tmp_path / "disk")
    LocalStore(tmp_path / "public").put("a", b"1")
    assert (tmp_path / "disk/a").read_bytes() == b"1"


def test_a_named_pipe_in_the_place_of_a_file_does_not_hang(store: LocalStore) -> None:
    store.put("a/x", b"1")
    os.mkfifo(Path(store.name) / "a/b")
    with pytest.raises(StoreUnavailableError, match="not a regular file"):
        store.get("a/b")
    assert list(store.list()) == ["a/x"]


def test_a_file_where_a_folder_belongs_is_named_with_what_to_do(store: LocalStore) -> None:
    store.put("a", b"1")
    with pytest.raises(StoreUnavailableError, match=rf"{store.name}: a/b: a file or link is where .* remove that file"):
        store.put("a/b", b"2")


def test_a_folder_where_a_file_belongs_is_named_with_what_to_do(store: LocalStore) -> None:
    store.put("a/b", b"1")
    for call in (lambda: store.put("a", b"2"), lambda: store.get("a")):
        with pytest.raises(StoreUnavailableError, match=r"folder is where a file must be|not a regular file"):
            call()


def test_a_file_where_the_directory_belongs_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "public").write_bytes(b"")
    with pytest.raises(StoreUnavailableError, match=r"public: a: a file .* remove it"):
        LocalStore(tmp_path / "public").put("a", b"1")


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Be somebody whom permissions hold; root is not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_directory_that_may_not_be_written_is_named_with_what_to_do() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o555)
        with unprivileged(), pytest.raises(StoreUnavailableError, match="permission denied: let this user"):
            LocalStore(root).put("a", b"1")
        root.chmod(0o755)


def test_a_file_beyond_the_system_limit_is_reported_and_leaves_nothing(tmp_path: Path) -> None:
    assert run(put_beyond_the_limit, tmp_path / "public") == 0
    assert names(tmp_path / "public/.tmp") == ["write.lock"]


@pytest.fixture
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={getattr(request, 'param', '512k')}", "tmpfs", str(disk)]
    try:
        subprocess.run(mounting, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user may not mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_reported_and_what_was_there_stays_whole(small_disk: Path) -> None:
    store = LocalStore(small_disk)
    store.put("a", b"1" * 100_000)
    for call in (
        lambda: store.put("a", b"2" * 450_000),
        lambda: store.create("b", b"2" * 450_000),
        lambda: store.swap("a", b"2" * 450_000, store.get("a").token),
    ):
        with pytest.raises(StoreUnavailableError, match=rf"{small_disk}: [ab]: the disk is full: make room"):
            call()
    assert store.get("a").body == b"1" * 100_000
    assert list(store.list()) == ["a"]
    assert temporary_files(store) == []
    store.put("b", b"2" * 100_000)


@pytest.mark.parametrize("small_disk", ["1m"], indirect=True)
def test_a_publication_that_fills_the_disk_loses_nothing_and_succeeds_once_there_is_room(small_disk: Path) -> None:
    store = LocalStore(small_disk)
    publish_versions(store, {"acme-tern": 1}, nonce="1")
    with contextlib.suppress(StoreUnavailableError):
        for number in range(1000):
            store.put(f"filler/{number}", b"x" * 4096)
    with pytest.raises(StoreUnavailableError, match="the disk is full: make room and run again"):
        publish_versions(store, {"acme-tern": 2}, nonce="2")
    assert reader(store).passport("acme-tern") == passport("acme-tern", 1)
    for key in list(store.list("filler")):
        store.delete(key)
    assert publish_versions(store, {"acme-tern": 2}, nonce="2").generation == 2
    assert check_copy(reader(store), "acme-tern").verdict == "ok"
