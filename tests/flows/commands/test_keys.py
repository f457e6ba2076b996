"""The keys commands on a real store: put under a root, rotated, revoked, and passports revoked under it."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from flows.client import Registry
from flows.config.clock import fixed
from flows.config.signing_key import SigningKeyError
from flows.errors import SettingsError
from pipelines.registry.export_keys import PASSPORT_FILES
from pipelines.registry.layout import POINTER_KEY, brief_key, page_key, passport_copy_key, root_key
from pipelines.signing.keys import KeyRing, Signer, jwk, signing_key_to_jwk
from pipelines.signing.registry_files import SignatureError, open_file
from pipelines.signing.roots import read_root
from pipelines.signing.signatures import BRIEF_TYPE
from tests.support.cli import Ended, Terminal
from tests.support.runs import NOON, SIGNER, Record, edited, refresh

QWEN = "qwen-qwq-32b"


class Desk:
    """A publisher with a root, and readers of its store who have no key."""

    def __init__(self, folder: Path, passports: Terminal, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.passports, self.patch, self.store = folder, passports, patch, folder / "public"

    def at(self, minutes: int) -> "Desk":
        self.patch.setenv("SOURCE_DATE_EPOCH", str(int((NOON + timedelta(minutes=minutes)).timestamp())))
        return self

    def __call__(self, *arguments: object) -> Ended:
        end = arguments.index("--") if "--" in arguments else len(arguments)
        return self.passports(*arguments[:end], "--store", self.store, *arguments[end:])

    def ok(self, *arguments: object) -> Ended:
        ended = self(*arguments)
        assert ended.status == 0, ended.err
        return ended

    def sign(self, draft: Path, *keys: Path) -> Ended:
        options = [word for key in keys or (self.root_key,) for word in ("--root-key", key)]
        return self.passports("keys", "sign", draft, *options)

    @property
    def root_key(self) -> Path:
        return self.folder / "offline" / "root-key.jwk"

    def reading(self, *arguments: object, state: str = "reader") -> Ended:
        with self.patch.context() as other:
            for name in ("SIGNING", "REGISTRY", "REVOCATIONS"):
                other.delenv(f"PASSPORTS_{name}_KEY_FILE", raising=False)
            other.setenv("XDG_CONFIG_HOME", str(self.folder / "nobody"))
            other.setenv("XDG_STATE_HOME", str(self.folder / state))
            return self.passports(*arguments, "--store", self.store)

    def verdicts(self, *arguments: object, state: str = "reader") -> set[str]:
        ended = self.reading("verify", *(arguments or ("--all",)), "--json", state=state)
        return {found["verdict"] for found in ended.json()["findings"]}

    def refresh(self, records: list[Record], minutes: int) -> None:
        refresh(self.store, records, at=NOON + timedelta(minutes=minutes))


@pytest.fixture
def desk(equipped: Path, few: list[Record], passports: Terminal, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(equipped, passports, monkeypatch).at(1)
    made.refresh(few, 0)
    return made


@pytest.fixture
def rooted(desk: Desk) -> Desk:
    desk.ok("keys", "init", "--root-key", desk.root_key)
    desk.ok("keys", "export", "--out", desk.folder / "root.json")
    return desk


def pinned(desk: Desk) -> tuple[object, ...]:
    return ("--root", desk.folder / "root.json")


def test_a_store_with_one_key_is_put_under_a_root(desk: Desk) -> None:
    key = desk.folder / "public-key.jwk"
    assert desk.verdicts("--all", "--key", key) == {"ok"}
    made = desk.ok("keys", "init", "--root-key", desk.root_key, "--json").json()
    assert (made["generation"], made["in_force"], made["lacking"]) == (2, True, 0)
    listed = desk.ok("keys", "list", "--json").json()
    assert (listed["version"], listed["threshold"]) == (1, "1 of 1")
    assert [(key["role"], key["state"]) for key in listed["keys"]] == [
        ("root", "active"), ("passports", "active"), ("registry", "retired"), ("registry", "active"),
        ("revocations", "active"),
    ]  # fmt: skip
    assert desk.verdicts("--all", "--key", key) == {"ok"}, "readers of the one key follow"
    assert desk.verdicts("--all", "--root", listed["thumbprint"]) == {"ok"}
    assert oct(desk.root_key.stat().st_mode & 0o777) == "0o600"
    again = desk("keys", "init", "--root-key", desk.root_key)
    assert (again.status, "has a root" in again.err) == (1, True)


def test_a_store_begins_under_a_root(
    equipped: Path, passports: Terminal, few: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(equipped, passports, monkeypatch).at(0)
    ended = desk.ok("keys", "init", "--root-key", desk.root_key, "--json").json()
    assert (ended["generation"], [key["state"] for key in ended["keys"]]) == (None, ["active"] * 4)
    desk.refresh(few, 0)
    pointer = json.loads((desk.store / POINTER_KEY).read_bytes())
    assert pointer["keyId"] == next(key["key"] for key in ended["keys"] if key["role"] == "registry")
    assert desk.verdicts("--all", "--root", ended["thumbprint"]) == {"ok"}
    assert desk.verdicts("--all") == {"unpinned"}


def test_before_there_is_a_signing_key_none_is_named_that_is_written_nowhere(
    rooted: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PASSPORTS_SIGNING_KEY_FILE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "new"))
    monkeypatch.setenv("PASSPORTS_ROOT", str(rooted.folder / "root.json"))
    ended = rooted("refresh")
    named = "set PASSPORTS_SIGNING_KEY_FILE to one that the root names, as `passports keys list` shows"
    assert (ended.status, ended.out) == (1, "")
    assert ended.err == f"error: no signing key yet, and {rooted.store} has a root of trust: {named}\n"
    assert not (tmp_path / "new").exists()


def test_a_role_has_one_new_key_and_nothing_is_written_where_several_are_given(rooted: Desk) -> None:
    keys = [rooted.folder / f"new-{number}.jwk" for number in range(2)]
    ended = rooted("keys", "rotate", "registry", "--new-key", keys[0], "--new-key", keys[1])
    assert (ended.status, ended.err) == (2, "error: registry takes one --new-key, and no --threshold\n")
    assert not any(key.exists() for key in keys)


def test_a_key_is_rotated_with_the_root_key_elsewhere(rooted: Desk, few: list[Record]) -> None:
    draft, new = rooted.folder / "next.json", rooted.folder / "registry-2.jwk"
    rooted.at(10).ok("keys", "rotate", "registry", "--new-key", new, "--out", draft)
    refused = rooted("keys", "apply", draft)
    assert (refused.status, "1 more of its own root keys must sign it" in refused.err) == (1, True)
    assert (
        rooted.sign(
            draft,
        ).status
        == 0
    )
    refused = rooted("keys", "apply", draft)
    assert refused.status == 0, "the retired key may still sign"
    rooted.patch.setenv("PASSPORTS_REGISTRY_KEY_FILE", str(new))
    rooted.refresh(edited(few, QWEN.replace("-", "/", 1), context_length=4096), 20)
    rooted.at(21)
    assert rooted.verdicts("--all", *pinned(rooted)) == {"ok"}
    assert rooted.verdicts(QWEN, *pinned(rooted), "--at-generation", "1") == {"ok"}
    rooted.patch.delenv("PASSPORTS_REGISTRY_KEY_FILE")
    ended = rooted.at(60 * 24 * 8)("store", "repair")
    assert (ended.status, "calls it retired" in ended.err) == (1, True)


def test_two_of_three_root_keys_sign_on_three_machines(desk: Desk) -> None:
    keys = [desk.folder / f"root-{name}.jwk" for name in "abc"]
    held = Signer(b"a".ljust(32, b"."))
    for path, name in zip(keys, "abc", strict=True):
        path.touch(mode=0o600)
        path.write_text(signing_key_to_jwk(name.encode().ljust(32, b".")))
    public = [desk.folder / f"root-{name}.pub" for name in "abc"]
    for path, name in zip(public, "abc", strict=True):
        path.write_text(json.dumps(jwk(Signer(name.encode().ljust(32, b".")).public_key)))
    draft = desk.folder / "root-1.json"
    options = [word for path in public for word in ("--root-key", path)]
    ended = desk.ok("keys", "init", *options, "--threshold", 2, "--out", draft, "--json").json()
    assert (ended["lacking"], (desk.store / root_key(1)).exists()) == (2, False)
    assert desk.sign(draft, keys[0], keys[0]).status == 0
    assert desk("keys", "apply", draft).status == 1
    assert desk.sign(draft, keys[2]).status == 0
    desk.ok("keys", "apply", draft)
    assert desk.verdicts("--all", "--root", ended["thumbprint"]) == {"ok"}
    assert held.key_id in desk.ok("keys", "list").out


def test_a_revoked_key_is_replaced_and_what_it_signed_before_stays(rooted: Desk, few: list[Record]) -> None:
    reader = pinned(rooted)
    assert rooted.verdicts("--all", *reader) == {"ok"}
    listed = rooted.ok("keys", "list", "--json").json()["keys"]
    stolen = next(key["key"] for key in listed if key["role"] == "registry" and key["state"] == "active")
    rooted.refresh(edited(few, "qwen/qwq-32b", name="Qwen: Stolen"), 30)  # generation 3: a thief's
    rooted.at(40)
    assert rooted.verdicts("--all", *reader) == {"ok"}
    draft, new = rooted.folder / "next.json", rooted.folder / "registry-2.jwk"
    rooted.ok("keys", "revoke", "--last-good", 2, "--out", draft, "--", stolen)
    rooted.sign(draft)
    refused = rooted("keys", "apply", draft)
    assert (refused.status, "no key may sign registry" in refused.err) == (1, True)
    rooted.ok("keys", "rotate", "registry", "--new-key", new, "--out", draft)
    rooted.sign(draft)
    rooted.patch.setenv("PASSPORTS_REGISTRY_KEY_FILE", str(new))
    rooted.ok("keys", "apply", draft)
    shown = rooted.reading("show", QWEN, *reader, "--json").json()
    assert shown["passport"]["unfragile"]["artifact"]["name"] == "Qwen: QwQ 32B", "the thief's content is gone"
    assert rooted.verdicts("--all", *reader) == {"ok"}
    assert rooted.verdicts("--all", *reader, state="new reader") == {"ok"}
    assert rooted.verdicts(QWEN, *reader, "--at-generation", "2") == {"ok"}
    rooted.refresh(edited(few, "qwen/qwq-32b", context_length=2), 50)
    rooted.at(51)
    assert rooted.verdicts("--all", *reader) == {"ok"}


def test_a_revoked_passport_has_a_tombstone_and_its_verdict(rooted: Desk, few: list[Record]) -> None:
    copy, reader = rooted.store / passport_copy_key(QWEN), pinned(rooted)
    old = rooted.folder / "downloaded.json"
    shutil.copy(copy, old)
    ended = rooted.ok("revoke", QWEN, "--reason", "Its licence was misread.", "--json").json()
    assert ended["generation"] == 3
    assert json.loads(copy.read_bytes()) == {
        "revoked": {
            "slug": QWEN, "revokedAt": "2026-04-22T12:01:00.000Z", "reason": "Its licence was misread.",
            "list": 1,
        }
    }  # fmt: skip
    brief = rooted.store / brief_key(QWEN)
    assert brief.read_bytes() == copy.read_bytes(), "a revoked passport has no brief"
    page, files = (
        rooted.store / page_key(QWEN),
        {kind: rooted.store / key(QWEN) for kind, key in PASSPORT_FILES.items()},
    )
    assert "is revoked" in page.read_text(), "nor a page that shows it"
    assert {kind for kind, path in files.items() if path.exists()} == {"badge"}
    assert "revoked 2026-04-22" in files["badge"].read_text()
    found = rooted.reading("verify", QWEN, old, copy, *reader, "--json").json()["findings"]
    assert [one["verdict"] for one in found] == ["revoked"] * 3
    assert "revoked at 2026-04-22T12:01:00.000Z: Its licence was misread." in found[0]["reason"]
    assert rooted.verdicts("--all", *reader) == {"ok", "revoked"}
    again = rooted("revoke", QWEN, "--reason", "Again.")
    assert (again.status, "was revoked at" in again.err) == (1, True)
    rooted.refresh(few, 60 * 24 * 4)
    rooted.at(60 * 24 * 4 + 1)
    assert rooted.verdicts(QWEN, *reader) == {"revoked"}, "the same content does not come back, though it is due"
    rooted.refresh(edited(few, "qwen/qwq-32b", context_length=4096), 60 * 24 * 4 + 2)
    rooted.at(60 * 24 * 4 + 3)
    assert rooted.verdicts(QWEN, copy, *reader) == {"ok"}, "other content is another passport"
    assert json.loads(brief.read_bytes())["signed"]["slug"] == QWEN
    assert "is revoked" not in page.read_text()
    assert all(path.exists() for path in files.values())
    assert rooted.verdicts(old, *reader) == {"revoked"}


def test_the_key_of_revocations_is_named_where_the_signing_key_has_moved(
    rooted: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PASSPORTS_REVOCATIONS_KEY_FILE", raising=False)
    elsewhere = rooted.folder / "elsewhere"
    elsewhere.mkdir()
    for role in ("signing", "registry"):
        held = next(rooted.folder.rglob(f"{role}-key.jwk"))
        monkeypatch.setenv(f"PASSPORTS_{role.upper()}_KEY_FILE", str(shutil.copy(held, elsewhere)))
    refused = rooted("revoke", QWEN, "--reason", "Wrong.")
    assert (refused.status, f"no key of revocations at {elsewhere}" in " ".join(refused.err.split())) == (1, True)


def test_a_list_of_revocations_is_not_hidden(rooted: Desk) -> None:
    reader = pinned(rooted)
    shutil.copytree(rooted.store, rooted.folder / "yesterday")
    rooted.ok("revoke", QWEN, "--reason", "Wrong.")
    assert rooted.verdicts("--all", *reader, state="one") == {"ok", "revoked"}
    (listed,) = (rooted.store / "registry/revocations").iterdir()
    listed.unlink()
    assert "freeze" in rooted.verdicts("--all", *reader, state="one")
    assert "ok" not in rooted.verdicts("--all", *reader, state="one")
    shutil.rmtree(rooted.store)
    shutil.copytree(rooted.folder / "yesterday", rooted.store)
    assert rooted.verdicts("--all", *reader, state="one") == {"rollback"}


def test_a_store_with_one_key_revokes_too(desk: Desk) -> None:
    desk.ok("revoke", QWEN, "--reason", "Wrong.")
    assert desk.verdicts("--all", "--key", desk.folder / "public-key.jwk") == {"ok", "revoked"}
    assert desk.ok("keys", "list", "--json").json()["keys"][0]["key"] == SIGNER.key_id
    unknown = desk("revoke", "no-such-slug", "--reason", "Wrong.")
    assert (unknown.status, "no passport has the slug" in unknown.err) == (1, True)
    bad = desk("revoke", "openai-gpt-audio", "--reason", "a\u202eb")
    assert (bad.status, "one line of at most 300 characters" in bad.err) == (2, True)


def brief_key_id(desk: Desk, body: bytes) -> str:
    """Return the id of the key that signed a brief, once the newest root lets it."""
    newest = max((desk.store / "registry/root").iterdir(), key=lambda path: int(path.stem))
    open_file(body, payload_type=BRIEF_TYPE, keys=KeyRing.of_root(read_root(newest.read_bytes()).root))
    return str(json.loads(body)["keyId"])


def test_briefs_are_signed_anew_when_the_key_of_passports_is_rotated_or_revoked(rooted: Desk) -> None:
    brief, draft = rooted.store / brief_key(QWEN), rooted.folder / "next.json"
    before = brief.read_bytes()
    assert brief_key_id(rooted, before) == SIGNER.key_id
    new = [rooted.folder / f"signing-{number}.jwk" for number in (2, 3)]
    rooted.at(10).ok("keys", "rotate", "passports", "--new-key", new[0], "--out", draft)
    rooted.sign(draft)
    rooted.patch.setenv("PASSPORTS_SIGNING_KEY_FILE", str(new[0]))
    rooted.ok("keys", "apply", draft)
    rotated = brief.read_bytes()
    assert brief_key_id(rooted, rotated) == json.loads(new[0].read_text())["kid"]
    assert brief_key_id(rooted, before) == SIGNER.key_id, "what a retired key signed stays good"
    assert rooted.verdicts("--all", *pinned(rooted)) == {"ok"}
    draft.unlink()
    second = json.loads(new[0].read_text())["kid"]
    rooted.at(20).ok("keys", "revoke", "--last-good", 2, "--out", draft, "--", second)
    rooted.ok("keys", "rotate", "passports", "--new-key", new[1], "--out", draft)
    rooted.sign(draft)
    rooted.patch.setenv("PASSPORTS_SIGNING_KEY_FILE", str(new[1]))
    rooted.ok("keys", "apply", draft)
    assert brief_key_id(rooted, brief.read_bytes()) == json.loads(new[1].read_text())["kid"]
    with pytest.raises(SignatureError, match="key_revoked"):
        brief_key_id(rooted, rotated)


def test_the_python_client_pins_a_root(rooted: Desk) -> None:
    root = read_root((rooted.folder / "root.json").read_bytes())
    for pin in (str(rooted.folder / "root.json"), root.ref.thumbprint):
        registry = Registry.open(str(rooted.store), root=pin, remember=False, clock=fixed(NOON))
        assert (registry.trust.basis, registry.passport(QWEN).verdict) == ("root", "ok")
    with pytest.raises(SigningKeyError, match="no root has the thumbprint"):
        Registry.open(str(rooted.store), root="A" * 43, remember=False)
    with pytest.raises(SettingsError, match="either --key or --root"):
        Registry.open(str(rooted.store), root=pin, key=SIGNER.key_id)
