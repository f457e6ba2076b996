"""Finds, reads and makes the signing key, and reads files of trusted public keys."""

import os
import secrets
import stat
from pathlib import Path
from typing import NamedTuple

from flows.config.core_files import forbid_core_files
from flows.config.given_files import read_file, why_unread
from flows.config.settings import Settings
from flows.config.ssh_agent import agent_signer, is_ssh_key
from flows.config.user_folders import configuration_folder
from flows.errors import FlowError, SettingsError
from pipelines.signing.keys import (
    KEY_BYTES,
    MAX_KEY_FILE_BYTES,
    KeyFormatError,
    KeyRing,
    Signer,
    signing_key_from_jwk,
    signing_key_to_jwk,
)
from schemas.root import Role

OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR
OTHERS = stat.S_IRWXG | stat.S_IRWXO
NOT_BY_ACL = stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO
"""Mode bits that a systemd credential never has: its ACL shows as permission of the group to read."""


class SigningKeyError(FlowError):
    """No usable signing key, or no usable trusted key. The message never contains a private key."""


class KeySettingError(SigningKeyError, SettingsError):
    """A setting, or an option, names a key that cannot be used: there is no such file, or it holds none."""


class OpenedKey(NamedTuple):
    """A signing key, and where it is from."""

    signer: Signer
    path: Path | None
    """File of the key; None when it is from the environment."""
    made: bool
    """Whether this call made the key."""
    lasting: bool = True
    """Whether it is written anywhere, so that a run can sign with it."""


def default_key_file() -> Path:
    """Return the key's path when no setting names one: in the user's configuration folder."""
    return configuration_folder() / "signing-key.jwk"


def key_file(settings: Settings, role: Role = "passports") -> Path:
    """Return the path of the key of a role for these settings."""
    signing_key_file = settings.signing_key_file or default_key_file()
    named = {
        "passports": signing_key_file,
        "registry": settings.registry_key_file,
        "revocations": settings.revocations_key_file,
    }
    return named[role] or signing_key_file.with_name(f"{role}-key.jwk")


def open_key(settings: Settings) -> OpenedKey:
    """Return the signing key, making one on first use; raise SigningKeyError with the reason when it is not usable."""
    return _named_key(settings) or make_key(default_key_file())


def key_to_ask_with(settings: Settings) -> OpenedKey:
    """Return the signing key; before there is one, one that is written nowhere, for questions before a first run."""
    return _named_key(settings) or OpenedKey(Signer(secrets.token_bytes(KEY_BYTES)), None, made=False, lasting=False)


def _named_key(settings: Settings) -> OpenedKey | None:
    """Return the signing key; None where none is named and none was made yet."""
    found = find_key(settings)
    if found is None and settings.signing_key_file:
        raise KeySettingError(f"{settings.signing_key_file} does not exist: make it with `passports keys init`")
    return found


def find_key(settings: Settings, role: Role = "passports") -> OpenedKey | None:
    """Return the key of a role from the environment or its file, None without both; raise SigningKeyError if unfit."""
    given = {
        "passports": ("PASSPORTS_SIGNING_KEY", settings.signing_key),
        "registry": ("PASSPORTS_REGISTRY_KEY", settings.registry_key),
        "revocations": ("PASSPORTS_REVOCATIONS_KEY", settings.revocations_key),
    }
    name, secret = given[role]
    if secret:
        forbid_core_files()
        return OpenedKey(_read(secret.get_secret_value(), name), None, made=False)
    return read_key(key_file(settings, role))


def names_key(settings: Settings) -> bool:
    """Whether a signing key is set or in its file, be it fit or not."""
    return settings.signing_key is not None or os.path.lexists(key_file(settings))


def read_key(path: Path) -> OpenedKey | None:
    """Return the key in a file that only its owner can read, None where there is no file; raise SigningKeyError.

    A file with the line of an ssh-ed25519 public key, which others may read, names a key that the ssh-agent holds.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeySettingError(f"{path} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise KeySettingError(f"{path} is {what}: name the file of the key, as with PASSPORTS_SIGNING_KEY_FILE")
    try:
        forbid_core_files()
        text = read_file(path, max_bytes=MAX_KEY_FILE_BYTES + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise KeySettingError(f"{path} {why_unread(error, 'let this user read it, or name another file')}") from None
    if mode & OTHERS and not is_ssh_key(text) and not _is_credential(path):
        raise KeySettingError(
            f"{path} can be read by others: run `chmod 600 {path}`, and replace the key if others have read it"
        )
    return OpenedKey(_read(text, str(path)), path, made=False)


def make_key(path: Path) -> OpenedKey:
    """Make a random key in a new file that only its owner can read; raise SigningKeyError where the file exists."""
    forbid_core_files()
    seed = secrets.token_bytes(KEY_BYTES)
    _make_folder(path.parent)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w", encoding="utf-8") as file:
            file.write(signing_key_to_jwk(seed))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise SigningKeyError(f"{path} exists already: a key is never overwritten; choose another file") from None
    except OSError as error:
        raise _unwritable(path, error) from None
    return OpenedKey(Signer(seed), path, made=True)


def read_key_ring(path: Path) -> KeyRing:
    """Return the trusted public keys in a file, a JWK or a JWK Set; raise SigningKeyError."""
    try:
        return KeyRing.from_jwks(read_file(path, max_bytes=MAX_KEY_FILE_BYTES + 1).decode())
    except (OSError, UnicodeDecodeError) as error:
        raise KeySettingError(
            f"{path} {why_unread(error, 'name a file of public keys, or their address or thumbprint')}"
        ) from None
    except KeyFormatError as error:
        raise KeySettingError(f"{path}: {error}") from None


def _is_credential(path: Path) -> bool:
    """Whether a file is a systemd credential of this service, which may read it by an ACL; its mode shows as 0440."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return folder is not None and path.parent == Path(folder) and not path.stat().st_mode & NOT_BY_ACL


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> SigningKeyError:
    return SigningKeyError(
        f"{path} cannot be written: {error.strerror}; choose another file, as with PASSPORTS_SIGNING_KEY_FILE"
    )


def _read(text: str, origin: str) -> Signer:
    if is_ssh_key(text):
        try:
            return agent_signer(text)
        except KeyFormatError as error:
            raise SigningKeyError(f"{origin}: {error}") from None
    try:
        return signing_key_from_jwk(text)
    except KeyFormatError as error:
        raise KeySettingError(f"{origin}: {error}") from None
