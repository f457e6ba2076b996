"""What a person gives wrongly is answered in one sentence: what is wrong, where, and the next step."""

from pathlib import Path

import pytest

from tests.support.cli import Terminal


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
    assert printed == f"nothing published yet at {tmp_path / 'nothing'}: run `passports refresh` first\n"


@pytest.mark.parametrize("command", ["refresh", "status"])
def test_a_key_file_that_is_a_folder_is_called_one(
    command: str, store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORTS_SIGNING_KEY_FILE", str(store))
    printed = refused(passports, command, "--store", store, status=1)
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
