"""The registry that a server answers from: the demo's by its recording's day, every other one by the clock."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.api.current import CurrentRegistry
from flows.api.states import state_of
from flows.audit.opened import TrustOptions
from flows.client.opening import opener
from flows.client.registry import Registry
from flows.config.settings import read_settings
from flows.demo import recording
from flows.demo.config import demo_signer
from flows.store.local import LocalStore
from schemas.times import timestamp
from tests.support.runs import NOON, SIGNER, Record, brought, finish, job_for, refresh

QWEN = "qwen-qwq-32b"
LATER = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that the demo published to. Not to be changed."""
    root = tmp_path_factory.mktemp("demonstrated") / "store"
    finish(
        job_for(root, flow="demo", at=recording.RECORDED_AT),
        [brought(recording.models(), at=recording.RECORDED_AT)],
    )
    return root


def opened(root: Path, *, epoch: int | None = None, key: str | None = None) -> Registry:
    return opener(LocalStore(root), read_settings(store=str(root)), TrustOptions(key), epoch=epoch)()


def test_the_demos_registry_is_judged_by_the_day_of_its_recording_and_says_so(demonstrated: Path) -> None:
    registry = opened(demonstrated)
    assert registry.passport(QWEN).good
    assert registry.search("qwq")[0].age == "fresh"
    state = state_of(registry)
    assert (state.good, state.trust, state.recorded_at) == (True, "key", timestamp(recording.RECORDED_AT))


def test_whoever_chooses_a_key_or_a_time_has_it(demonstrated: Path) -> None:
    registry = opened(demonstrated, key=demo_signer().key_id)
    assert (registry.recorded_at, registry.passport(QWEN).verdict) == (None, "expired")
    registry = opened(demonstrated, epoch=LATER, key=demo_signer().key_id)
    assert (registry.recorded_at, registry.passport(QWEN).verdict) == (None, "expired")


def test_a_real_registry_is_never_judged_by_another_clock(published: Path) -> None:
    registry = opened(published, key=SIGNER.key_id)
    assert (registry.recorded_at, registry.passport(QWEN).verdict) == (None, "expired")
    registry = opened(published)
    assert registry.recorded_at is None
    assert not registry.passport(QWEN).good


def test_one_passport_of_another_key_makes_a_registry_real(demonstrated: Path, published: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(demonstrated, tmp_path / "mixed"))
    shutil.copy(published / "api/v1/passport" / QWEN, root / "api/v1/passport/other")
    assert opened(root).recorded_at is None


def test_a_server_goes_on_to_the_real_registry_that_takes_the_place_of_the_demos(
    demonstrated: Path, equipped: Path, few: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.api.current.FOLLOW_S", 0.0)
    root = Path(shutil.copytree(demonstrated, equipped / "store"))
    current = CurrentRegistry(
        opener(LocalStore(root), read_settings(store=str(root)), TrustOptions(), epoch=None), float
    )
    assert current().recorded_at is not None
    refresh(root, few, at=NOON)
    current()
    assert current().recorded_at is None
    assert len(current()) == len(few)
