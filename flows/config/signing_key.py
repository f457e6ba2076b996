"""The signing key's file: where it is, who may read it, and how it comes to be."""

import os
import secrets
import stat
from pathlib import Path
from typing import NamedTuple

from flows.config.presented import read_file
from flows.config.settings import Settings
from flows.config.user_folders import configuration_folder
from flows.errors import FlowError
from pipelines.signing.keys import (
    KEY_BYTES,
    MAX_KEY_FILE_BYTES,
    KeyFormatError,
    KeyRing,
    Signer,
    signing_key_from_jwk,
    signing_key_to_jwk,
)

OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR
OTHERS = stat.S_IRWXG | stat.S_IRWXO
NOT_BY_ACL = stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO
"""What the ACL of a credential never shows as."""


class SigningKeyError(FlowError):
    """There is no usable signing key. The message never holds the key."""


class OpenedKey(NamedTuple):
    """A signing key, and where it came from."""

    signer: Signer
    path: Path | None
    """None when it came from the environment."""
    made: bool
    """Whether it was made just now."""


def default_key_file() -> Path:
    """Where the key is kept when no setting says otherwise: in the user's configuration."""
    return configuration_folder() / "signing-key.jwk"


def key_file(settings: Settings) -> Path:
    """Where the key of these settings is kept."""
    return settings.signing_key_file or default_key_file()


def open_key(settings: Settings) -> OpenedKey:
    """Open the signing key; the first time, make one. Raise SigningKeyError saying what is wrong with it."""
    if found := find_key(settings):
        return found
    if settings.signing_key_file:
        raise SigningKeyError(f"{settings.signing_key_file} does not exist: make it with `passports keys init`")
    return make_key(default_key_file())


def find_key(settings: Settings) -> OpenedKey | None:
    """Open the signing key where there is one: from the environment first, then from its file."""
    if settings.signing_key:
        return OpenedKey(_read(settings.signing_key.get_secret_value(), "PASSPORTS_SIGNING_KEY"), None, made=False)
    path = key_file(settings)
    if not path.is_file():
        return None
    if path.stat().st_mode & OTHERS and not _is_credential(path):
        raise SigningKeyError(f"{path} can be read by others: `chmod 600 {path}`, and rotate the key if others have")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SigningKeyError(f"{path} cannot be read ({type(error).__name__}): is it the key file?") from None
    return OpenedKey(_read(text, str(path)), path, made=False)


def make_key(path: Path) -> OpenedKey:
    """Make a key from the system's randomness in a new file that only its owner can read; never over an old one."""
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
    """Read trusted public keys, a JWK or a JWK Set, from a file; raise SigningKeyError."""
    try:
        return KeyRing.from_jwks(read_file(path, max_bytes=MAX_KEY_FILE_BYTES + 1).decode())
    except (OSError, UnicodeDecodeError) as error:
        raise SigningKeyError(f"{path} cannot be read: {error}") from None
    except KeyFormatError as error:
        raise SigningKeyError(f"{path}: {error}") from None


def _is_credential(path: Path) -> bool:
    """Whether systemd laid it out for this service alone: it lets the service in by an ACL, which shows as 0440."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return folder is not None and path.parent == Path(folder) and not path.stat().st_mode & NOT_BY_ACL


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> SigningKeyError:
    return SigningKeyError(f"{path} cannot be written: {error.strerror}; choose another file")


def _read(text: str, origin: str) -> Signer:
    try:
        return signing_key_from_jwk(text)
    except KeyFormatError as error:
        raise SigningKeyError(f"{origin}: {error}") from None
