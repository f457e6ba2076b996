"""What counts as left by the demo: only a store in which everything signed is the demo's is ever cleared."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from flows.audit.copy_check import check_copy
from flows.demo import recording
from flows.demo.config import demo_signer
from flows.registry.demo_clearing import clear
from flows.registry.demo_store import is_demo_store
from flows.registry.signed_files import TamperedError, seal
from flows.store.local import LocalStore
from pipelines.registry.layout import POINTER_KEY, SNAPSHOTS, snapshot_key
from schemas.registry import Pointer, Snapshot
from tests.support.runs import Record, brought, files, finish, job_for, reader, refresh


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that the demo published to. Not to be changed."""
    root = tmp_path_factory.mktemp("demonstrated") / "store"
    job = job_for(root, flow="demo", at=recording.RECORDED_AT)
    finish(job, [brought(recording.models(), at=recording.RECORDED_AT)])
    return root


def resign_pointer(root: Path, **changes: object) -> None:
    """Sign the pointer anew with the demo's key, which everybody has."""
    pointer = Pointer.model_validate(json.loads((root / POINTER_KEY).read_bytes())["signed"])
    (root / POINTER_KEY).write_bytes(seal(pointer.model_copy(update=changes), demo_signer()))


def resign_snapshot(root: Path) -> None:
    path = root / snapshot_key(1)
    body = seal(Snapshot.model_validate_json(json.dumps(json.loads(path.read_bytes())["signed"])), demo_signer())
    path.write_bytes(body)
    resign_pointer(root, snapshot_sha256=hashlib.sha256(body).hexdigest())


@pytest.mark.parametrize("resign", [resign_pointer, resign_snapshot])
def test_a_store_is_not_the_demos_because_its_pointer_is_signed_with_the_demos_key(
    resign: object, store: Path, records: list[Record]
) -> None:
    assert callable(resign)
    resign(store)
    before = files(store)
    assert not is_demo_store(LocalStore(store))
    with pytest.raises(TamperedError, match=r"timestamp\.json cannot be trusted"):
        refresh(store, records)
    assert files(store) == before


def test_one_file_of_somebody_else_is_enough(demonstrated: Path, store: Path, tmp_path: Path) -> None:
    ours = next((store / "registry/objects").rglob("*.json"))
    for place in (ours.relative_to(store).as_posix(), "api/v1/passport/acme-one", snapshot_key(9)):
        root = Path(shutil.copytree(demonstrated, tmp_path / place.replace("/", "_")))
        assert is_demo_store(LocalStore(root))
        (root / place).parent.mkdir(exist_ok=True)
        shutil.copy(store / snapshot_key(1) if place.startswith(SNAPSHOTS) else ours, root / place)
        assert not is_demo_store(LocalStore(root)), place


class Dying(LocalStore):
    """A store whose process is killed before so many files are deleted."""

    left = 0

    def delete(self, key: str) -> None:
        if not self.left:
            raise InterruptedError
        self.left -= 1
        super().delete(key)


@pytest.mark.parametrize("deleted", [1, 2, 30, -1])
def test_a_clearing_that_was_interrupted_is_completed_by_the_next_run(
    deleted: int, demonstrated: Path, equipped: Path, few: list[Record]
) -> None:
    root = Path(shutil.copytree(demonstrated, equipped / "store"))
    dying = Dying(root)
    dying.left = (
        deleted if deleted > 0 else sum(key.startswith(("registry", "api/v1/passport")) for key in files(root)) - 1
    )
    with pytest.raises(InterruptedError):
        clear(dying)
    assert is_demo_store(LocalStore(root))
    assert refresh(root, few).published.generation == 1
    assert all(check_copy(reader(root), row.slug).verdict == "ok" for row in reader(root).rows())


def test_an_empty_folder_is_nobodys(tmp_path: Path) -> None:
    assert not is_demo_store(LocalStore(tmp_path / "store"))
