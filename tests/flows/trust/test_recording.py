"""The demo's recording is read whoever signs on this machine; a store of anybody else never passes for one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.audit.opened import TrustOptions, memory_at
from flows.client.opening import opener
from flows.config.settings import read_settings
from flows.config.signing_key import SigningKeyError, make_key
from flows.demo import recording
from flows.demo.config import demo_signer
from flows.job.job import Consent, new_job
from flows.publish.continuity import HistoryError
from flows.registry.signed_files import TamperedError
from flows.store.local import LocalStore
from flows.trust.recording import is_read_by_demo_key, stated_signer
from flows.trust.trusted_keys import UNSEEN, trusted_keys
from pipelines.registry.layout import JWKS_KEY, POINTER_KEY
from pipelines.signing.keys import jwk, signing_key_to_jwk
from tests.support.cli import Ended, Terminal
from tests.support.runs import NOON, SIGNER, Record, brought, files, finish, job_for, reader, refresh

QWEN = "qwen-qwq-32b"
DEMO = demo_signer().key_id
READING = [
    ("list",), ("show", QWEN), ("verify", QWEN), ("verify", "--all"), ("status",), ("diff", QWEN), ("log", "show"),
    ("log", "checkpoint"),
]  # fmt: skip
"""Commands that read a registry."""

Typed = Callable[..., Ended]


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that the demo published to. Not to be changed."""
    root = tmp_path_factory.mktemp("demonstrated") / "store"
    at = recording.RECORDED_AT
    finish(job_for(root, flow="demo", at=at), [brought(recording.models(), at=at)])
    return root


@pytest.fixture
def read(passports: Terminal, equipped: Path) -> Typed:
    """Type as somebody whose machine has a signing key."""
    assert equipped.is_dir()
    return lambda *arguments, store: passports(*arguments, "--store", store)


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_the_demos_store_is_read_where_there_is_another_signing_key(
    arguments: tuple[str, ...], read: Typed, demonstrated: Path
) -> None:
    ended = read(*arguments, store=demonstrated)
    assert ended.out
    assert "not trusted here" not in ended.err
    assert f"pass --key {DEMO}" in ended.out + ended.err


def test_whose_its_files_are_is_asked_only_where_that_decides_by_which_key_it_is_read(
    demonstrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no key of our own, it is read by the demo's key in any case: by the one that it publishes."""
    store, asked, trusted = LocalStore(demonstrated), [], []
    make_key(tmp_path / "own.jwk")
    for name in ("none.jwk", "own.jwk"):
        monkeypatch.setenv("PASSPORTS_SIGNING_KEY_FILE", str(tmp_path / name))
        settings = read_settings(store=str(demonstrated))
        asked.append(is_read_by_demo_key(store, settings, UNSEEN))
        trust = trusted_keys(settings, store, None)
        trusted.append((trust.keys.key_ids, trust.origin, trust.basis, trust.chain))
    assert asked == [False, True]
    assert trusted[0] == trusted[1]


@pytest.mark.parametrize("jwks", ["", "{", json.dumps({"keys": [jwk(SIGNER.public_key)]})])
def test_it_is_read_by_its_own_key_whatever_it_publishes(
    jwks: str, demonstrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORTS_SIGNING_KEY_FILE", str(tmp_path / "none.jwk"))
    root = Path(shutil.copytree(demonstrated, tmp_path / "store"))
    (root / JWKS_KEY).unlink()
    if jwks:
        (root / JWKS_KEY).write_text(jwks)
    assert trusted_keys(read_settings(store=str(root)), LocalStore(root), None).keys.key_ids == {DEMO}


def test_no_verdict_on_it_is_good_until_its_key_is_named(read: Typed, demonstrated: Path) -> None:
    at = ("--at", "2026-04-22T09:00:00Z")
    ended = read("verify", "--all", *at, "--json", store=demonstrated)
    assert (ended.status, ended.json()["trust"], ended.json()["verified"]) == (1, "store", 0)
    assert {finding["verdict"] for finding in ended.json()["findings"]} == {"unpinned"}
    assert read("verify", "--all", *at, "--key", DEMO, store=demonstrated).status == 0


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_a_real_store_in_whose_place_a_recording_was_put_is_refused(
    arguments: tuple[str, ...], read: Typed, demonstrated: Path, equipped: Path, few: list[Record]
) -> None:
    root = equipped / "public"
    refresh(root, few)
    shutil.rmtree(root)
    shutil.copytree(demonstrated, root)
    ended = read(*arguments, store=root)
    assert (ended.status, ended.out) == (1, "")
    assert (
        f"not trusted here: get the issuer's current keys; the demo's key, which everybody has: pass --key {DEMO}"
        in (ended.err)
    )
    trusting = TrustOptions(memory=memory_at(None, none=False))
    opened = opener(LocalStore(root), read_settings(store=str(root)), trusting, epoch=None)
    with pytest.raises(TamperedError):
        opened()


def test_a_reader_who_saw_the_real_store_refuses_the_recording_in_its_place(
    read: Typed, demonstrated: Path, equipped: Path, few: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = equipped / "public"
    refresh(root, few)
    monkeypatch.setenv("XDG_STATE_HOME", str(equipped / "readers"))
    monkeypatch.delenv("PASSPORTS_SIGNING_KEY_FILE")
    assert read("list", store=root).status == 0
    shutil.rmtree(root)
    shutil.copytree(demonstrated, root)
    for arguments in READING:
        ended = read(*arguments, store=root)
        assert (ended.status, ended.out) == (1, ""), arguments
        assert f"was seen with the key {SIGNER.key_id} before" in ended.err
        assert f"pass --key {DEMO}, or `passports store forget`" in ended.err


def test_a_root_that_the_settings_name_is_held_to(
    read: Typed, demonstrated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORTS_ROOT", "A" * 43)
    assert read("list", store=demonstrated).status == 1
    opened = opener(LocalStore(demonstrated), read_settings(store=str(demonstrated)), TrustOptions(), epoch=None)
    with pytest.raises(SigningKeyError):
        opened()


def test_nothing_is_published_in_the_place_of_a_real_store_that_a_recording_replaced(
    demonstrated: Path, equipped: Path, few: list[Record]
) -> None:
    root = equipped / "public"
    refresh(root, few)
    shutil.rmtree(root)
    shutil.copytree(demonstrated, root)
    before = files(root)
    with pytest.raises(HistoryError, match=r"generation 1 was published.*--new-store"):
        refresh(root, few, at=NOON)
    assert files(root) == before
    begun = new_job(
        "refresh", read_settings(store=str(root)), epoch=int(NOON.timestamp()), consent=Consent(new_store=True)
    )
    finish(begun.model_copy(update={"work": str(equipped)}), [brought(few)])
    assert [reader(root).check(row.slug).verdict for row in reader(root).rows()] == ["ok"] * len(few)


def test_the_remedy_for_anybody_elses_store_names_its_key(
    read: Typed, equipped: Path, few: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = equipped / "public"
    refresh(root, few)
    monkeypatch.delenv("PASSPORTS_SIGNING_KEY_FILE")
    monkeypatch.setenv("PASSPORTS_SIGNING_KEY", signing_key_to_jwk(bytes(31) + b"\x07"))
    ended = read("list", store=root)
    assert ended.status == 1
    assert f"if its publisher states the key {SIGNER.key_id}, pass --key {SIGNER.key_id}" in ended.err
    assert read("list", "--key", SIGNER.key_id, store=root).status == 0


@pytest.mark.parametrize("body", [None, b"", b"[]", b"{}", b'{"keyId":1}', b'{"keyId":"--key evil"}', b"{" * 99])
def test_a_pointer_that_states_no_key_has_no_signer(body: bytes | None, tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "store")
    if body is not None:
        file = tmp_path / "store" / POINTER_KEY
        file.parent.mkdir(parents=True)
        file.write_bytes(body)
    assert stated_signer(store) is None
