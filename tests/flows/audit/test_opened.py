"""What a reader trusts, and what it remembers: a store that was rolled back or signed anew is no good answer."""

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from flows.audit.opened import Opened, open_registry, trust_options
from flows.config.settings import read_settings
from flows.demo.config import DEMO_KEY_PHRASE, demo_signer
from flows.store.local import LocalStore
from flows.trust.seen import Memory, default_memory
from pipelines.log.tiles import tile_key
from pipelines.registry.layout import JWKS_KEY, POINTER_KEY, log_key, passport_copy_key, snapshot_key
from pipelines.signing.keys import KeyRing, Signer, jwk, signing_key_to_jwk
from schemas.seen import SeenLog
from schemas.verdict import Verdict
from tests.support import publications
from tests.support.cli import Ended, Terminal
from tests.support.publications import publish_versions
from tests.support.runs import NOON, SEED, SIGNER, Record, edited, refresh

QWEN = "qwen-qwq-32b"
STRANGER_SEED = bytes(31) + b"\x07"
STRANGER = Signer(STRANGER_SEED)
READING = [("verify", "--all"), ("verify", QWEN), ("show", QWEN), ("status",), ("diff", QWEN)]
"""Commands that read a registry."""

Typed = Callable[..., Ended]


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int((NOON + timedelta(hours=1)).timestamp())))


@pytest.fixture
def twice(equipped: Path, few: list[Record]) -> Path:
    """A store of two generations."""
    root = equipped / "public"
    refresh(root, few)
    shutil.copy(root / POINTER_KEY, equipped / "first-pointer.json")
    refresh(root, edited(few, "qwen/qwq-32b", context_length=4096), at=NOON + timedelta(minutes=30))
    return root


@pytest.fixture
def read(passports: Terminal, monkeypatch: pytest.MonkeyPatch, twice: Path) -> Typed:
    """Type as another user does, who has neither the signing key nor its memory."""
    monkeypatch.delenv("PASSPORTS_SIGNING_KEY_FILE")
    monkeypatch.setenv("XDG_STATE_HOME", str(twice.parent / "state"))
    return lambda *arguments: passports(*arguments, "--store", twice)


def sign_anew(
    root: Path,
    few: list[Record],
    patch: pytest.MonkeyPatch,
    *,
    seed: bytes = STRANGER_SEED,
    generations: int = 3,
) -> None:
    """Put a store of somebody else, made elsewhere, in the place of one: all that is in it is signed by another key."""
    shutil.rmtree(root)
    with patch.context() as other:
        other.setenv("XDG_STATE_HOME", str(root.parent / "elsewhere"))
        other.setenv("PASSPORTS_SIGNING_KEY", signing_key_to_jwk(seed))
        for number in range(generations):
            refresh(root, edited(few, "qwen/qwq-32b", name=f"QwQ {number}"), at=NOON + timedelta(minutes=number))


def test_the_stores_own_key_is_never_a_good_answer(read: Typed) -> None:
    for arguments in (("--all",), (QWEN,), ("--all", "--evidence"), ("--all",)):
        ended = read("verify", *arguments, "--json")
        reported = ended.json()
        assert (ended.status, reported["trust"], reported["verified"]) == (1, "store", 0)
        assert {finding["verdict"] for finding in reported["findings"]} == {"unpinned"}
    shown = read("verify", "--all")
    assert shown.out.startswith("0 of 4 passports verified, by keys from ")
    assert len(shown.out.splitlines()) == 1, "a reason that all share is printed once"


def test_a_file_with_the_stores_own_key_in_it_is_judged_likewise(read: Typed, twice: Path) -> None:
    file = twice / passport_copy_key(QWEN)
    assert read("verify", file, "--json").json()["findings"][0]["verdict"] == "unpinned"
    assert read("verify", "--all", "--key", twice / JWKS_KEY).status == 1
    (twice.parent / "link.json").symlink_to(twice / JWKS_KEY)
    assert read("verify", "--all", "--key", twice.parent / "link.json").status == 1


def test_a_key_is_pinned_by_its_thumbprint(read: Typed, passports: Terminal, twice: Path) -> None:
    ended = read("verify", "--all", "--key", SIGNER.key_id, "--json")
    assert (ended.status, ended.json()["trust"], ended.json()["verified"]) == (0, "key", 4)
    other = read("verify", "--all", "--key", STRANGER.key_id)
    assert (other.status, other.out) == (1, "")
    assert f"does not have the key {STRANGER.key_id} (it has {SIGNER.key_id})" in other.err
    alone = passports("verify", twice / passport_copy_key(QWEN), "--key", SIGNER.key_id)
    assert (alone.status, "pass --store too, or --key FILE" in alone.err) == (2, True)
    assert read("verify", "--all", "--key", "no-such-file").status == 2


def test_a_thumbprint_is_not_fooled_by_what_a_store_publishes(
    read: Typed, twice: Path, few: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_anew(twice, few, monkeypatch)
    own = jwk(STRANGER.public_key)
    for keys in ([own], [own | {"kid": SIGNER.key_id}], [own, jwk(SIGNER.public_key)]):
        (twice / JWKS_KEY).write_text(json.dumps({"keys": keys}))
        assert read("verify", "--all", "--key", SIGNER.key_id).status == 1


def test_a_key_that_is_remembered_from_first_use_holds_the_store_to_it(
    read: Typed, twice: Path, few: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read("verify", "--all", "--trust-on-first-use", "--json")
    assert (first.status, first.json()["trust"], first.json()["verified"]) == (0, "first_use_now", 4)
    assert f"the key {SIGNER.key_id}, now remembered in {default_memory().path}" in first.json()["trusted"]
    again = read("verify", "--all")
    assert (again.status, again.err) == (0, "")
    verified = f"4 of 4 passports verified, by the key {SIGNER.key_id} of {twice}, remembered at first use"
    assert again.out == f"{verified}; read: served object, log, copy\n"
    assert read("verify", QWEN, "--json").json()["trust"] == "first_use"
    sign_anew(twice, few, monkeypatch)
    for arguments in READING:
        ended = read(*arguments)
        assert (ended.status, ended.out) == (1, ""), arguments
        assert f"does not have the key {SIGNER.key_id}" in ended.err
    assert read("verify", "--all", "--trust-on-first-use").status == 1
    (twice / JWKS_KEY).write_text(json.dumps({"keys": [jwk(STRANGER.public_key), jwk(SIGNER.public_key)]}))
    ended = read("verify", "--all")
    assert (ended.status, ended.out) == (1, "")
    assert f'the key "{STRANGER.key_id}" ("keyId") is not trusted here' in ended.err


def test_words_say_that_a_key_is_remembered_now(read: Typed) -> None:
    ended = read("verify", QWEN, "--trust-on-first-use")
    assert ended.status == 0
    assert f"1 of 1 passport verified, by the key {SIGNER.key_id}, now remembered in " in ended.out


@pytest.mark.parametrize("arguments", READING)
def test_a_store_that_was_seen_under_another_key_is_refused_to_who_has_none(
    arguments: tuple[str, ...], read: Typed, twice: Path, few: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read("show", QWEN).status == 0
    sign_anew(twice, few, monkeypatch)
    ended = read(*arguments)
    assert (ended.status, ended.out) == (1, "")
    assert f"is signed with the key {STRANGER.key_id}, but was seen with the key {SIGNER.key_id} before" in ended.err
    assert read("verify", "--all", "--trust-on-first-use").status == 1
    assert read("verify", "--all", "--key", STRANGER.key_id).status == 0, "its publisher may say so"


def test_a_key_is_not_remembered_of_a_store_in_which_something_is_wrong(read: Typed, twice: Path) -> None:
    copy = twice / passport_copy_key(QWEN)
    whole = copy.read_bytes()
    copy.write_bytes(b"{}")
    ended = read("verify", "--all", "--trust-on-first-use", "--json")
    assert (ended.status, ended.json()["trust"]) == (1, "store")
    copy.write_bytes(whole)
    assert read("verify", "--all").status == 1


def test_the_demos_key_is_not_remembered(
    read: Typed, twice: Path, few: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_anew(twice, few, monkeypatch, seed=hashlib.sha256(DEMO_KEY_PHRASE).digest(), generations=1)
    ended = read("verify", "--all", "--trust-on-first-use")
    assert (ended.status, "the demo's key, which everybody has" in ended.err) == (1, True)
    assert read("verify", "--all").status == 1
    assert read("verify", "--all", "--key", demo_signer().key_id).status == 0


def put_back(root: Path) -> None:
    """Let the store serve its first generation again, by the pointer that was served then."""
    shutil.copy(root.parent / "first-pointer.json", root / POINTER_KEY)


@pytest.mark.parametrize("options", [("--trust-on-first-use",), ("--key", SIGNER.key_id)])
@pytest.mark.parametrize("arguments", READING)
def test_an_older_pointer_put_back_is_a_rollback(
    arguments: tuple[str, ...], options: tuple[str, ...], read: Typed, twice: Path
) -> None:
    assert read("verify", "--all", *options).status == 0
    put_back(twice)
    key = options[:2] if "--key" in options else ()
    ended = read(*arguments, *key)
    assert ended.status == 1
    assert "rollback" in ended.out + ended.err
    assert f"{twice}: generation 1 is served, but generation 2 was seen before" in ended.out + ended.err
    assert read(*arguments, *key).status == 1, "what was seen stays seen"
    reported = read(*arguments, *key, "--json")
    assert reported.status == 1
    if arguments[0] == "verify":
        assert "rollback" in {finding["verdict"] for finding in reported.json()["findings"]}
    if arguments[0] == "status":
        assert any(complaint.startswith("rollback: ") for complaint in reported.json()["complaints"])


def test_a_generation_that_was_seen_once_under_any_key_given_counts(
    read: Typed, twice: Path, few: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a change of keys: an old pointer is signed with a key that is still trusted."""
    both = twice.parent / "both.json"
    both.write_text(json.dumps({"keys": [jwk(SIGNER.public_key), jwk(STRANGER.public_key)]}))
    sign_anew(twice, few, monkeypatch)
    assert read("show", QWEN, "--key", both).status == 0
    shutil.rmtree(twice)
    with monkeypatch.context() as own:
        own.setenv("PASSPORTS_SIGNING_KEY", signing_key_to_jwk(SEED))
        refresh(twice, few)
    assert read("show", QWEN, "--key", both).status == 1


def test_another_history_is_an_equivocation(
    read: Typed, twice: Path, few: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ("--key", SIGNER.key_id)
    assert read("status", *key).status == 0
    shutil.rmtree(twice)
    with monkeypatch.context() as own:
        own.setenv("PASSPORTS_SIGNING_KEY", signing_key_to_jwk(SEED))
        own.setenv("XDG_STATE_HOME", str(twice.parent / "publishers-new-machine"))
        refresh(twice, few)
        refresh(twice, edited(few, "qwen/qwq-32b", context_length=2048), at=NOON + timedelta(minutes=30))
    ended = read("verify", QWEN, *key, "--json")
    assert (ended.status, ended.json()["findings"][0]["verdict"]) == (1, "equivocation")
    assert "another snapshot than the one that was seen before" in ended.json()["findings"][0]["reason"]


def test_a_later_generation_that_does_not_follow_what_was_seen_is_an_equivocation(
    read: Typed, twice: Path, few: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where another machine with the key published onto a pointer that was put back."""
    key, before = ("--key", SIGNER.key_id), twice.with_name("before")
    shutil.copytree(twice, before)
    with monkeypatch.context() as own:
        own.setenv("PASSPORTS_SIGNING_KEY", signing_key_to_jwk(SEED))
        for home, tokens in (("one", (2048, 1024)), ("another", (512, 256, 128, 64))):
            shutil.rmtree(twice)
            shutil.copytree(before, twice)
            own.setenv("XDG_STATE_HOME", str(twice.parent / home))
            for minute, count in enumerate(tokens, start=31):
                changed = edited(few, "qwen/qwq-32b", context_length=count)
                refresh(twice, changed, at=NOON + timedelta(minutes=minute))
            if home == "one":
                assert read("status", *key, "--state", twice.parent / "seen.json").status == 0
    ended = read("verify", QWEN, *key, "--state", twice.parent / "seen.json", "--json")
    assert (ended.status, ended.json()["findings"][0]["verdict"]) == (1, "equivocation")
    reported = (
        f"{twice}: generation 6 does not descend from generation 4 that was seen before, so it is another history"
    )
    assert ended.json()["findings"][0]["reason"].startswith(reported)


def test_generations_that_follow_are_no_rollback_also_where_the_way_back_is_not_retained(
    read: Typed, twice: Path, few: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ("--key", SIGNER.key_id)
    assert read("status", *key).status == 0
    with monkeypatch.context() as own:
        own.setenv("PASSPORTS_SIGNING_KEY", signing_key_to_jwk(SEED))
        own.setenv("XDG_STATE_HOME", str(twice.parent / "publishers"))
        for minute, count in ((31, 2048), (32, 1024), (33, 512)):
            refresh(twice, edited(few, "qwen/qwq-32b", context_length=count), at=NOON + timedelta(minutes=minute))
    state = twice.parent / "state/passports/seen.json"
    before = state.read_bytes()
    assert read("show", QWEN, *key).status == 0
    for spoil in (Path.unlink, lambda path: path.write_bytes(b"{}")):
        state.write_bytes(before)
        spoil(twice / snapshot_key(4))
        assert read("show", QWEN, *key).status == 0


def test_an_earlier_generation_can_be_asked_for(read: Typed) -> None:
    key = ("--key", SIGNER.key_id)
    assert read("verify", "--all", *key).status == 0
    assert read("verify", "--all", "--at-generation", 1, *key).status == 0
    assert read("show", QWEN, "--at-generation", 1, *key).status == 0
    assert read("verify", "--all", *key).status == 0


def test_without_a_memory_nothing_is_recalled_or_remembered(read: Typed, twice: Path) -> None:
    key = ("--key", SIGNER.key_id)
    assert read("verify", QWEN, *key, "--no-state").status == 0
    assert not default_memory().path.exists()
    assert read("verify", QWEN, *key).status == 0
    put_back(twice)
    assert [read(*arguments, QWEN, *key).status for arguments in (("verify",), ("show",))] == [1, 1]
    assert read("show", QWEN, *key, "--no-state").status == 0
    assert read("verify", QWEN, *key, "--no-state", "--json").json()["findings"][0]["verdict"] == "copy_differs"
    assert read("verify", QWEN, "--no-state").status == 1
    assert read("verify", QWEN, "--no-state", "--trust-on-first-use").status == 2


def test_the_memory_can_be_another_file(read: Typed, twice: Path) -> None:
    key, state = ("--key", SIGNER.key_id), ("--state", twice.parent / "elsewhere" / "seen.json")
    assert read("status", *key, *state).status == 0
    assert state[1].is_file()
    assert not default_memory().path.exists()
    put_back(twice)
    assert read("status", *key).status == 0
    assert read("status", *key, *state).status == 1
    assert read("status", *key, *state, "--no-state").status == 2


def test_a_damaged_memory_is_an_error_and_one_that_cannot_be_written_is_reported(read: Typed, twice: Path) -> None:
    key, state = ("--key", SIGNER.key_id), twice.parent / "seen.json"
    state.write_bytes(b"{")
    ended = read("verify", QWEN, *key, "--state", state)
    assert (ended.status, ended.out, "is damaged" in ended.err) == (1, "", True)
    under_a_file = ("--state", state / "seen.json")
    assert read("verify", QWEN, *key, *under_a_file).status == 1


def test_a_generation_that_cannot_be_remembered_is_reported(
    read: Typed, twice: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (twice.parent / "full").symlink_to("/proc/self")
    ended = read("verify", QWEN, "--key", SIGNER.key_id, "--state", twice.parent / "full" / "seen.json")
    assert ended.status == 0
    assert "generation 2 could not be remembered, so a later rollback" in caplog.text
    pinned = read("verify", QWEN, "--trust-on-first-use", "--state", twice.parent / "full" / "seen.json")
    assert (pinned.status, "cannot be used" in pinned.err) == (1, True)


PINNED = trust_options(publications.SIGNER.key_id, None, None)


def publish_three(folder: Path, version: int) -> LocalStore:
    """Publish three generations, of which the first is the same whatever the `version` of the second."""
    store = LocalStore(folder)
    for number, one in enumerate((1, version, version + 1), start=1):
        publish_versions(store, {"acme-tern": one}, nonce=str(number))
    store.put(JWKS_KEY, json.dumps({"keys": [jwk(publications.SIGNER.public_key)]}).encode())
    return store


def opened(store: LocalStore, memory: Memory) -> Opened:
    return open_registry(read_settings(store=store.name), PINNED._replace(memory=memory), publications.AT)


def departed(store: LocalStore, memory: Memory) -> Verdict | None:
    found = opened(store, memory).departure
    return found.verdict if found else None


def test_a_fork_is_found_by_the_log_where_no_ancestor_is_retained(tmp_path: Path) -> None:
    store, other, memory = publish_three(tmp_path / "a", 2), publish_three(tmp_path / "b", 5), Memory(tmp_path / "seen")
    for number in (4, 5):
        publish_versions(other, {"acme-tern": number + 5}, nonce=str(number))
    assert departed(store, memory) is None
    gone = {snapshot_key(number) for number in range(1, 5)}
    served = {key: other.get(key).body for key in other.list("registry") if key not in gone}
    shutil.rmtree(store.name)
    for key, body in {**served, JWKS_KEY: other.get(JWKS_KEY).body}.items():
        store.put(key, body)
    found = opened(store, memory)
    assert found.reader.generation == 5
    assert (found.departure and found.departure.verdict) is Verdict.EQUIVOCATION
    assert found.departure
    assert "does not begin with the one seen before: ask its publisher" in found.departure.reason
    assert found.qualified(found.log.check("acme-tern")).verdict is Verdict.EQUIVOCATION
    assert memory.of(str(tmp_path / "a")).log == opened_log(tmp_path, memory), "what departs is not remembered"


def opened_log(tmp_path: Path, memory: Memory) -> SeenLog | None:
    return memory.log(str(tmp_path / "a"), KeyRing([publications.SIGNER.public_key]))


def test_tiles_of_another_log_are_not_taken_for_a_fork(tmp_path: Path) -> None:
    store, memory = publish_three(tmp_path / "a", 2), Memory(tmp_path / "seen")
    assert departed(store, memory) is None
    publish_versions(store, {"acme-tern": 9}, nonce="4")
    key = log_key(tile_key(0, 0, 4))
    right = store.get(key).body
    store.put(key, bytes(len(right)))
    assert departed(store, memory) is Verdict.NOT_LOGGED
    store.put(key, right)
    assert departed(store, memory) is None
    seen = opened_log(tmp_path, memory)
    assert seen
    assert (seen.size, seen.generation) == (4, 4)


def test_a_registry_that_was_restored_is_read_again_once_it_is_forgotten(
    tmp_path: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = publish_three(tmp_path / "a", 2)
    backup = shutil.copytree(store.name, tmp_path / "backup")
    publish_versions(store, {"acme-tern": 9}, nonce="4")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(publications.AT.timestamp())))
    state = ("--state", tmp_path / "seen.json", "--store", store.name)
    verify = ("verify", "acme-tern", "--key", publications.SIGNER.key_id, *state)
    assert passports(*verify).status == 0 or "copy_differs" in passports(*verify).out
    shutil.rmtree(store.name)
    shutil.copytree(backup, store.name)
    ended = passports(*verify)
    assert (ended.status, "rollback" in ended.out, "store forget" in ended.out) == (1, True, True)
    forgotten = passports("store", "forget", *state, "--json").json()
    assert (forgotten["generation"], forgotten["log_size"], forgotten["pinned_forgotten"]) == (4, 4, False)
    assert "rollback" not in passports(*verify).out
