"""What a person gives wrongly is answered in one sentence: what is wrong, where, and the next step."""

from pathlib import Path

import pytest

from flows.config.signing_key import make_key
from flows.demo import recording
from flows.registry.demo_store import DEMO_ONLY
from flows.registry.signed_files import REMEDY
from pipelines.signing.keys import signing_key_to_jwk
from tests.support.cli import Terminal
from tests.support.runs import SEED, Record, brought, files, finish, job_for, playing


def refused(passports: Terminal, *arguments: object, status: int) -> str:
    """Return the sentence by which a command refuses, after "error: "."""
    ended = passports(*arguments)
    assert (ended.status, ended.out, ended.err.count("\n")) == (status, "", 1)
    assert ended.err.startswith("error: ")
    return ended.err.removeprefix("error: ")


def test_a_store_that_is_a_file_is_not_to_be_removed(store: Path, passports: Terminal) -> None:
    printed = refused(passports, "status", "--store", store / "registry/timestamp.json", status=2)
    assert printed.endswith("timestamp.json is a file, and a store is a folder: name the store's folder\n")


@pytest.mark.parametrize("option", ["--store", "--to"])
def test_a_kind_of_store_that_there_is_none_of_is_wrong_usage(option: str, store: Path, passports: Terminal) -> None:
    other = {"--store": ("--to", store), "--to": ("--store", store)}[option]
    printed = refused(passports, "publish", option, "ftp://host/path", *other, status=2)
    assert printed == "unknown kind of store ftp://: give a directory, s3://, gs:// or az://\n"


def test_a_store_is_not_published_to_itself(store: Path, passports: Terminal) -> None:
    printed = refused(passports, "publish", "--to", f"{store}/../store", "--store", store, status=2)
    assert printed == f"--to: {store}/../store is the store itself: name another one\n"


def test_a_host_of_another_machine_is_not_blamed_on_the_port(store: Path, passports: Terminal) -> None:
    printed = refused(passports, "serve", "--store", store, "--host", "192.0.2.1", status=2)
    assert printed.startswith(
        "cannot listen on 192.0.2.1:8000: Cannot assign requested address: --host must be an address"
    )


def test_a_store_that_is_not_there_is_not_served(tmp_path: Path, passports: Terminal) -> None:
    printed = refused(passports, "serve", "--store", tmp_path / "nothing", "--port", 0, status=1)
    assert printed == f"nothing published yet at {tmp_path / 'nothing'}: run `passports refresh`\n"


@pytest.mark.parametrize("command", ["refresh", "status"])
def test_a_key_file_that_is_a_folder_is_called_one(
    command: str, store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORTS_SIGNING_KEY_FILE", str(store))
    printed = refused(passports, command, "--store", store, status=2)
    assert printed == f"{store} is a folder: name the file of the key, as with PASSPORTS_SIGNING_KEY_FILE\n"


def test_an_option_is_blamed_by_its_own_name(store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = refused(passports, "refresh", "--source", "nope", "--store", store, status=2)
    assert printed.startswith("--source: unknown source: nope; choose from openrouter")
    assert refused(passports, "status", "--store", "", status=2).startswith("--store: ")
    monkeypatch.setenv("PASSPORTS_SOURCES", "nope")
    assert refused(passports, "refresh", "--store", store, status=2).startswith("PASSPORTS_SOURCES: unknown source")


def test_an_address_of_a_key_is_printed_as_it_was_given(store: Path, passports: Terminal) -> None:
    printed = refused(passports, "verify", "--all", "--store", store, "--key", "http://127.0.0.1:1/a.jwk", status=1)
    assert printed.startswith("--key http://127.0.0.1:1/a.jwk: 127.0.0.1 is an address of this machine")


def test_a_date_before_1970_is_not_a_date(store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "-5")
    printed = refused(passports, "status", "--store", store, status=2)
    assert printed.startswith("SOURCE_DATE_EPOCH is '-5', not a whole number of seconds since 1970")


def test_a_name_that_no_passport_has_is_answered_by_where_the_names_are(store: Path, passports: Terminal) -> None:
    for command in ("show", "diff"):
        printed = refused(passports, command, "zzzz", "--store", store, status=1)
        assert printed == "no passport has the slug 'zzzz': `passports list` names them all\n"
    printed = refused(passports, "rescrape", "zzzz", "--store", store, status=1)
    assert printed.endswith("name a listing, author/name, to crawl one that has no passport yet\n")


@pytest.mark.parametrize("option", ["--key", "--root"])
def test_a_file_of_keys_is_refused_by_what_it_is(option: str, store: Path, tmp_path: Path, passports: Terminal) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    tried = {
        tmp_path: "is a folder: name a file",
        tmp_path / "none": "does not exist: name a file",
        tmp_path / "bytes": "is not text: name another file" if option == "--key" else "not a root: not JSON",
    }
    for path, why in tried.items():
        said = refused(passports, "verify", "--all", "--store", store, option, path, status=2)
        assert str(path) in said
        assert why in said
        assert "Errno" not in said


def test_a_file_that_is_no_root_is_named(store: Path, tmp_path: Path, passports: Terminal) -> None:
    (tmp_path / "root.json").write_text("{}")
    said = refused(passports, "keys", "apply", tmp_path / "root.json", "--store", store, status=1)
    assert said.startswith(f"{tmp_path / 'root.json'}: not a root: ")
    said = refused(passports, "keys", "sign", tmp_path / "no.json", "--root-key", "k", status=2)
    assert said == f"{tmp_path / 'no.json'} does not exist: name a file that `passports keys rotate` has written\n"


def test_a_gates_file_that_is_a_folder_is_called_one(
    store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORTS_GATES_FILE", str(store))
    said = refused(passports, "refresh", "--store", store, status=2)
    assert said == f"PASSPORTS_GATES_FILE: {store} is a folder: name a file\n"


def test_a_setting_that_is_no_number_is_refused_in_words(
    store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value, wanted in (
        ("CRAWL_TIME_LIMIT_S", "soon", "write a number"),
        ("EXTRACTOR_TEXTS", "many", "write a whole number"),
        ("CRAWL_TIME_LIMIT_S", "0", "must be greater than 0"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(f"PASSPORTS_{name}", value)
            assert refused(passports, "status", "--store", store, status=2) == f"PASSPORTS_{name}: {wanted}\n"


@pytest.mark.parametrize("address", ["s3://", "gs:///", "az://?x=y"])
def test_a_bucket_without_a_name_is_wrong_usage(address: str, store: Path, passports: Terminal) -> None:
    said = refused(passports, "publish", "--to", address, "--store", store, status=2)
    assert said == f"{address} names no bucket: write {address[:5]}BUCKET or {address[:5]}BUCKET/PREFIX\n"


def test_an_empty_store_is_wrong_usage(passports: Terminal) -> None:
    assert (
        refused(passports, "status", "--store", "", status=2) == "--store: is empty: write something, or leave it out\n"
    )


def test_targets_and_all_of_them_do_not_go_together(store: Path, passports: Terminal) -> None:
    said = refused(passports, "verify", "--all", "qwen-qwq-32b", "--store", store, status=2)
    assert said == "give either passports to verify or --all, not both\n"


@pytest.mark.parametrize("command", [("mcp",), ("mcp", "--http", "--port", "0")], ids=" ".join)
def test_tools_of_a_store_that_is_not_there_are_not_served(
    command: tuple[str, ...], tmp_path: Path, passports: Terminal
) -> None:
    said = refused(passports, *command, "--store", tmp_path / "nothing", status=1)
    assert said == f"nothing published yet at {tmp_path / 'nothing'}: run `passports refresh`\n"


def test_nothing_is_repaired_from_where_nothing_is(store: Path, tmp_path: Path, passports: Terminal) -> None:
    said = refused(passports, "store", "scrub", "--store", store, "--copy", tmp_path / "nothing", status=2)
    assert said == f"--copy: nothing is published at {tmp_path / 'nothing'}: name a store that has the same passports\n"


def test_nobody_is_told_to_remove_what_is_not_the_stores(passports: Terminal) -> None:
    said = refused(passports, "status", "--store", "/dev/null/store", status=1)
    assert said.endswith("a file or link is where a folder must be: choose another directory, or remove that file\n")


def test_the_demo_says_that_it_has_a_key_of_its_own(store: Path, passports: Terminal) -> None:
    said = refused(passports, "demo", "--store", store, status=1)
    assert said.endswith(
        "the demo signs with its own key, and this store is signed by another: choose another --store\n"
    )


def test_nothing_of_the_demos_store_is_revoked(passports: Terminal, tmp_path: Path, equipped: Path) -> None:
    """Neither by somebody without a key nor by somebody with one: the demo's is everybody's."""
    at = recording.RECORDED_AT
    root = tmp_path / "demonstrated"
    finish(job_for(root, flow="demo", at=at), [brought(recording.models(), at=at)])
    before = files(root)
    for key in (equipped / "signing-key.jwk", equipped / "none.jwk"):
        passports.patch.setenv("PASSPORTS_SIGNING_KEY_FILE", str(key))
        said = refused(passports, "revoke", "qwen-qwq-32b", "--reason", "Wrong.", "--store", root, status=1)
        assert said == f"{root}: {DEMO_ONLY}\n"
    assert files(root) == before


@pytest.mark.parametrize("option", [("--port", "8000"), ("--host", "::1"), ("--port", "0")], ids=" ".join)
def test_tools_over_stdio_have_no_port(option: tuple[str, str], store: Path, passports: Terminal) -> None:
    said = refused(passports, "mcp", *option, "--store", store, status=2)
    assert said == f"{option[0]}: nothing listens over stdio: give --http too, or leave it out\n"


def test_a_file_by_a_key_that_is_not_trusted_is_answered_with_the_option_for_it(
    store: Path, tmp_path: Path, passports: Terminal
) -> None:
    make_key(tmp_path / "other.jwk")
    passports.patch.setenv("PASSPORTS_SIGNING_KEY_FILE", str(tmp_path / "other.jwk"))
    ended = passports("verify", store / "api/v1/passport/qwen-qwq-32b", "--json")
    [finding] = ended.json()["findings"]
    assert (ended.status, finding["verdict"]) == (1, "unknown_key")
    assert finding["reason"].endswith("get the issuer's current keys, and pass them with --key FILE")


def test_standard_input_is_given_once(passports: Terminal) -> None:
    assert refused(passports, "verify", "-", "-", status=2) == "- reads the whole of standard input: give it once\n"


@pytest.mark.parametrize("command", ["list", "serve", "mcp"])
def test_a_store_that_lost_its_pointer_is_not_called_empty(command: str, store: Path, passports: Terminal) -> None:
    (store / "registry/timestamp.json").unlink()
    said = refused(passports, command, "--store", store, status=1)
    assert said.endswith("is missing, but generations are stored: restore it, or run `passports store repair`\n")


def test_a_file_of_the_registry_that_is_missing_is_to_be_restored(store: Path, passports: Terminal) -> None:
    for shard in (store / "registry/shards").iterdir():
        shard.unlink()
    said = refused(passports, "show", "qwen-qwq-32b", "--store", store, status=1)
    assert said.endswith(f"although a signed file names it: {REMEDY}\n")


def unusable(folder: Path) -> dict[str, tuple[str, str]]:
    """Return variables and values that name no usable key, by what is wrong with each."""
    (folder / "text.jwk").write_text("no key")
    (folder / "open.jwk").write_text(signing_key_to_jwk(SEED))
    (folder / "text.jwk").chmod(0o600)
    (folder / "open.jwk").chmod(0o644)
    return {
        "is a folder": ("PASSPORTS_SIGNING_KEY_FILE", str(folder)),
        "does not exist: make it with": ("PASSPORTS_SIGNING_KEY_FILE", str(folder / "none.jwk")),
        "text.jwk: ": ("PASSPORTS_SIGNING_KEY_FILE", str(folder / "text.jwk")),
        "can be read by others": ("PASSPORTS_SIGNING_KEY_FILE", str(folder / "open.jwk")),
        "PASSPORTS_SIGNING_KEY: ": ("PASSPORTS_SIGNING_KEY", "{}"),
    }


@pytest.mark.usefixtures("equipped")
@pytest.mark.parametrize("why", ["is a folder", "does not exist: make it with", "text.jwk: ", "can be read", "_KEY: "])
def test_a_setting_that_names_no_usable_key_is_wrong_usage(
    why: str, tmp_path: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(name, value)] = [setting for what, setting in unusable(tmp_path).items() if why in what]
    monkeypatch.setenv(name, value)
    said = refused(passports, "refresh", "--store", tmp_path / "store", status=2)
    assert why in said
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("rescrape zzzz", 1),
        ("refresh --source nope", 2),
        ("PASSPORTS_GATES_FILE=/etc refresh", 2),
        ("PASSPORTS_ROOT=/etc refresh", 2),
        ("PASSPORTS_EXTRACTOR_URL=http://127.0.0.1:9 refresh", 2),
        ("refresh --store s3://", 2),
    ],
)
def test_nothing_is_made_before_a_command_says_no(
    typed: str, status: int, home: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    monkeypatch.chdir(home)
    setting, equals, value = typed.split(maxsplit=1)[0].partition("=")
    if equals:
        monkeypatch.setenv(setting, value)
    refused(passports, *typed.split()[bool(equals) :], status=status)
    assert not list(home.iterdir())


def test_a_key_is_made_once_nothing_speaks_against_the_run(
    equipped: Path, home: Path, records: list[Record], passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PASSPORTS_SIGNING_KEY_FILE")
    with playing(records) as url:
        monkeypatch.setenv("PASSPORTS_OPENROUTER_URL", url)
        ended = passports("refresh", "--store", equipped / "store")
    made = home / ".config/passports/signing-key.jwk"
    assert (ended.status, made.exists(), f"in {made}: make a backup of it" in ended.err) == (0, True, True)
    assert ended.err.count("made a signing key") == 1


@pytest.mark.parametrize("end", ["\r", " ", "\r\n", "\t"])
def test_a_setting_from_a_file_with_other_line_ends_is_read_without_them(
    end: str, equipped: Path, store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORTS_STORE", f"{store}{end}")
    monkeypatch.setenv("PASSPORTS_SIGNING_KEY_FILE", f"{equipped / 'signing-key.jwk'}{end}")
    monkeypatch.setenv("PASSPORTS_SOURCES", f"openrouter{end}")
    assert passports("status", "--at", "2026-06-15T12:30:00Z").out
    monkeypatch.setenv("PASSPORTS_WORK", end)
    assert refused(passports, "status", status=2).startswith("PASSPORTS_WORK: is empty: ")


def test_a_closed_standard_input_is_called_one(
    store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    ended = passports("verify", "-", "--store", store, "--json")
    [found] = ended.json()["findings"]
    assert (ended.status, found["verdict"]) == (1, "unreadable")
    assert found["reason"] == "standard input is closed: give it a passport, as in `passports verify - < FILE`"


def test_wrong_usage_is_one_sentence_with_its_remedy(passports: Terminal) -> None:
    ended = passports("list", "--limit", "-1", "--json")
    message = ended.json()["error"]["message"]
    assert (ended.status, message.endswith("equal to 1: `passports --help` explains the commands")) == (2, True)
    assert "'shwo'. Did you mean 'show'?: `passports" not in passports("shwo", "--json").err


@pytest.mark.parametrize(
    "typed",
    [
        "publish --to",
        "list --key",
        "verify --all --root",
        "status --store",
        "list --columns",
        "status --at",
        "log show --since",
    ],
)
def test_an_empty_value_is_not_the_same_as_none(
    typed: str, store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(store.parent)
    before = files(store.parent)
    said = refused(passports, *typed.split(), "", *([] if "--store" in typed else ["--store", store]), status=2)
    assert said == f"{typed.rsplit(maxsplit=1)[-1]}: is empty: write something, or leave it out\n"
    assert files(store.parent) == before


@pytest.mark.usefixtures("equipped")
@pytest.mark.parametrize("target", ["https://openrouter.ai/qwen/qwq-32b", "qwen/", "/qwen", "qwen/qwq 32b", "a/b/c"])
def test_what_cannot_be_an_id_is_not_asked_for(target: str, tmp_path: Path, passports: Terminal) -> None:
    said = refused(passports, "rescrape", target, "--store", tmp_path / "store", status=1)
    assert said == f"{target!r} is not the id of a listing: write it as author/name, as qwen/qwq-32b\n"


def test_a_passport_of_the_demo_is_not_rescraped_and_the_answer_says_why(equipped: Path, passports: Terminal) -> None:
    root, at = equipped / "public", recording.RECORDED_AT
    finish(job_for(root, flow="demo", at=at), [brought(recording.models(), at=at)])
    said = refused(passports, "rescrape", "qwen-qwq-32b", "--store", root, status=1)
    assert "has only the demo's recording, on which nothing is built: run `passports refresh` first" in said


@pytest.mark.parametrize("option", ["--store", "-v", "--json"])
def test_an_option_before_the_command_is_told_its_place(option: str, passports: Terminal) -> None:
    ended = passports(option, "list", "--json")
    assert ended.status == 2
    place = f"No such option: {option}: options come after the command, as in `passports list {option}`"
    assert ended.json()["error"]["message"].startswith(place)
