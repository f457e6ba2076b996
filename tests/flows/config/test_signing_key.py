import base64
import json
import logging
import os
import stat
import traceback
from pathlib import Path

import pytest

from flows.config.settings import read_settings
from flows.config.signing_key import (
    SigningKeyError,
    default_key_file,
    find_key,
    key_file,
    make_key,
    open_key,
    read_key_ring,
)
from flows.config.user_folders import cache_folder
from pipelines.signing.keys import jwk, signing_key_to_jwk
from tests.support.runs import SEED, SIGNER

PRIVATE = signing_key_to_jwk(SEED)
SPELLINGS = (
    base64.urlsafe_b64encode(SEED).rstrip(b"=").decode(),
    SEED.hex(),
    repr(SEED),
    base64.b64encode(SEED).decode(),
)


def shows_the_key(text: str) -> bool:
    return any(spelling in text for spelling in SPELLINGS)


def write_key(path: Path, text: str = PRIVATE, mode: int = 0o600) -> Path:
    path.touch()
    path.chmod(mode)
    path.write_text(text)
    return path


def test_the_first_time_a_key_is_made_that_only_its_owner_can_read(home: Path) -> None:
    made = open_key(read_settings())
    assert made.made
    assert made.path is not None
    assert made.path.is_relative_to(home)
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700
    again = open_key(read_settings())
    assert not again.made
    assert again.signer.key_id == made.signer.key_id


@pytest.mark.parametrize("named", ["", "configuration", "./"])
def test_a_configuration_folder_that_is_empty_or_relative_counts_as_none(
    named: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", named)
    assert default_key_file() == home / ".config/passports/signing-key.jwk"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert default_key_file() == tmp_path / "passports/signing-key.jwk"


@pytest.mark.parametrize("named", ["", "cache"])
def test_likewise_a_cache_folder(named: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", named)
    assert cache_folder() == home / ".cache/passports"


def test_a_loose_umask_does_not_loosen_the_key(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = make_key(tmp_path / "new" / "key.jwk")
    finally:
        os.umask(before)
    assert made.path is not None
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700


def test_no_two_keys_that_are_made_are_alike(tmp_path: Path) -> None:
    assert make_key(tmp_path / "a").signer.key_id != make_key(tmp_path / "b").signer.key_id


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = write_key(tmp_path / "key.jwk")
    with pytest.raises(SigningKeyError, match="exists already: a key is never overwritten"):
        make_key(path)
    assert path.read_text() == PRIVATE
    link = tmp_path / "link.jwk"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(SigningKeyError, match="exists already"):
        make_key(link)
    assert not (tmp_path / "nowhere").exists()


def test_a_key_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SigningKeyError, match=r"cannot be written: .*; choose another file"):
        make_key(tmp_path / "file" / "key.jwk")


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    settings = read_settings(signing_key_file=tmp_path / "missing.jwk")
    assert find_key(settings) is None
    with pytest.raises(SigningKeyError, match=r"missing.jwk does not exist: make it with `passports keys init`"):
        open_key(settings)
    assert not (tmp_path / "missing.jwk").exists()
    assert not default_key_file().exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o601])
def test_a_key_that_others_may_touch_is_refused(mode: int, tmp_path: Path) -> None:
    path = write_key(tmp_path / "key.jwk", mode=mode)
    with pytest.raises(SigningKeyError, match="can be read by others: run `chmod 600") as error:
        open_key(read_settings(signing_key_file=path))
    assert not shows_the_key(str(error.value))


def test_a_credential_of_systemd_may_show_its_acl_as_group_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_key(tmp_path / "signing-key", mode=0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert open_key(read_settings(signing_key_file=path)).signer.key_id == SIGNER.key_id
    for mode in (0o444, 0o460, 0o641):
        path.chmod(mode)
        with pytest.raises(SigningKeyError, match="can be read by others"):
            open_key(read_settings(signing_key_file=path))
    elsewhere = write_key(tmp_path / "elsewhere.jwk", mode=0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    with pytest.raises(SigningKeyError, match="can be read by others"):
        open_key(read_settings(signing_key_file=elsewhere))


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_key(tmp_path / "key.jwk").path
    monkeypatch.setenv("PASSPORTS_SIGNING_KEY", PRIVATE)
    opened = open_key(read_settings(signing_key_file=path))
    assert (opened.signer.key_id, opened.path) == (SIGNER.key_id, None)
    assert "PASSPORTS_SIGNING_KEY" in str(key_error(monkeypatch, "not a key"))


def key_error(monkeypatch: pytest.MonkeyPatch, text: str) -> SigningKeyError:
    monkeypatch.setenv("PASSPORTS_SIGNING_KEY", text)
    with pytest.raises(SigningKeyError) as error:
        open_key(read_settings())
    return error.value


SPOILED = {
    "cut off": PRIVATE[:-10],
    "twice": PRIVATE + PRIVATE,
    "an array": f"[{PRIVATE}]",
    "a bare seed": SPELLINGS[0],
    "a text": json.dumps(PRIVATE),
    "of another kind": PRIVATE.replace("Ed25519", "X25519"),
    "of another pair": PRIVATE.replace(SPELLINGS[0], base64.urlsafe_b64encode(bytes(32)).rstrip(b"=").decode()),
    "too long": PRIVATE.replace(SPELLINGS[0], SPELLINGS[0] + "AA"),
    "a false id": PRIVATE.replace(SIGNER.key_id, SIGNER.key_id[::-1]),
    "a lone surrogate": PRIVATE.replace("OKP", "\\ud800"),
}


@pytest.mark.parametrize("spoiled", SPOILED.values(), ids=SPOILED)
@pytest.mark.parametrize("by", ["file", "environment"])
def test_no_error_and_no_log_ever_holds_the_key(
    spoiled: str, by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    if by == "environment":
        error = key_error(monkeypatch, spoiled)
    else:
        path = write_key(tmp_path / "key.jwk", spoiled)
        with pytest.raises(SigningKeyError, match=r"key\.jwk") as raised:
            open_key(read_settings(signing_key_file=path))
        error = raised.value
    logging.getLogger("passports").error("failed", exc_info=error)
    reported = "".join(traceback.format_exception(error)) + caplog.text + repr(error)
    assert not shows_the_key(reported)


def test_an_opened_key_does_not_show_itself(tmp_path: Path) -> None:
    opened = open_key(read_settings(signing_key_file=write_key(tmp_path / "key.jwk")))
    assert not any(
        shows_the_key(text) for text in (repr(opened), str(opened), f"{opened.signer}", repr(vars(type(opened))))
    )


def test_a_file_that_is_no_text_is_reported(tmp_path: Path) -> None:
    path = write_key(tmp_path / "key.jwk")
    path.write_bytes(b"\xff\xfe" + SEED)
    with pytest.raises(SigningKeyError, match="is not text: name another file") as error:
        open_key(read_settings(signing_key_file=path))
    assert not shows_the_key("".join(traceback.format_exception(error.value)))


def test_trusted_keys_are_read_from_a_jwk_or_a_jwk_set(tmp_path: Path) -> None:
    one, several = tmp_path / "one.jwk", tmp_path / "set.json"
    one.write_text(json.dumps(jwk(SIGNER.public_key)))
    several.write_text(json.dumps({"keys": [jwk(SIGNER.public_key), jwk(bytes(31) + b"\x01")]}))
    assert read_key_ring(one).key_ids == {SIGNER.key_id}
    assert len(read_key_ring(several).key_ids) == 2


def test_a_private_key_is_not_accepted_as_a_trusted_one_and_not_shown(tmp_path: Path) -> None:
    path = write_key(tmp_path / "key.jwk")
    with pytest.raises(SigningKeyError, match="is a private key") as error:
        read_key_ring(path)
    assert not shows_the_key("".join(traceback.format_exception(error.value)))


@pytest.mark.parametrize(("name", "why"), [("missing.jwk", "does not exist"), (".", "is a folder")])
def test_a_file_of_trusted_keys_that_cannot_be_read_is_reported(name: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(SigningKeyError, match=why):
        read_key_ring(tmp_path / name)


def test_a_key_file_without_a_setting_is_the_users_own(home: Path) -> None:
    assert key_file(read_settings()) == default_key_file()
    assert default_key_file().is_relative_to(home)
