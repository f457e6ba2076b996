"""What the commands on roots of trust share: files of keys and roots, and what they show of a root."""

import secrets
from collections.abc import Iterator
from pathlib import Path

from flows.commands import terminal
from flows.commands.options import moment
from flows.config.clock import clock_of, source_date_epoch
from flows.config.given_files import read_file, why_unread
from flows.config.settings import Settings
from flows.config.signing_key import KeySettingError, SigningKeyError, read_key, read_key_ring
from flows.maintenance.root_changes import RootChange
from flows.trust.roots import RootChain
from pipelines.formats.strict_json import MalformedJsonError, parse
from pipelines.signing.keys import KeyFormatError, Signer, public_key_id
from pipelines.signing.roots import MAX_ROOT_BYTES, RootError, SignedRoot, read_root
from pipelines.signing.rotation import unusable_roles
from schemas.root import ROLES, TrustRoot

COLUMNS = ("role", "key", "state", "from", "until", "last_good")
MAX_KEY_BYTES, MAX_KEY_DEPTH = 64 * 2**10, 8


def change_of(settings: Settings) -> RootChange:
    """Return where a root is put in force by these settings."""
    return RootChange.of(settings, clock_of(source_date_epoch()), secrets.token_hex(16))


def chain_in_force(change: RootChange) -> RootChain:
    """Return the root in force; raise SigningKeyError where none is known here."""
    found = change.chain()
    if found is None:
        remedy = "make one with `passports keys init --root-key FILE`, or set PASSPORTS_ROOT to its thumbprint or file"
        raise SigningKeyError(f"{change.store.name}: no root of trust is known here: {remedy}")
    return found


def key_at(path: Path) -> Signer | None:
    """Return the signer of a private key's file (or of a key in the ssh-agent); None for a public JWK.

    Raises SigningKeyError where there is no usable file.
    """
    try:
        members = parse(read_file(path, max_bytes=MAX_KEY_BYTES), max_bytes=MAX_KEY_BYTES, max_depth=MAX_KEY_DEPTH)
    except (MalformedJsonError, OSError):
        members = None
    if isinstance(members, dict) and "d" not in members:
        return None
    found = read_key(path)
    if found is None:
        raise KeySettingError(f"{path} does not exist: name the file of a key")
    return found.signer


def public_half(path: Path) -> bytes:
    """Return the public key in a file, of a public or a private key; raise SigningKeyError."""
    if signer := key_at(path):
        return signer.public_key
    try:
        return read_key_ring(path).one()
    except KeyFormatError as error:
        raise KeySettingError(f"{path}: {error}") from None


def read_draft(path: Path) -> SignedRoot:
    """Return the root in a file, signed or not; raise SigningKeyError where it cannot be read, RootError."""
    try:
        return read_root(read_file(path, max_bytes=MAX_ROOT_BYTES + 1))
    except OSError as error:
        raise KeySettingError(
            f"{path} {why_unread(error, 'name a file that `passports keys rotate` has written')}"
        ) from None
    except RootError as error:
        raise RootError(f"{path}: {error}") from None


def write_root(path: Path, made: SignedRoot) -> None:
    """Write a root to a file; raise SigningKeyError where it cannot be written."""
    try:
        path.write_bytes(made.to_bytes())
    except OSError as error:
        raise SigningKeyError(f"{path} cannot be written: {error.strerror}") from None


def finish(change: RootChange, made: SignedRoot, out: Path, *, as_json: bool) -> None:
    """Put a root in force if it has enough signatures, else write it to `out`, and show which."""
    if made.lacking:
        write_root(out, made)
        show(made, as_json=as_json, file=str(out))
        if not as_json:
            terminal.note(f"{made.lacking} more root keys must sign it: `passports keys sign {out} --root-key FILE`.")
        return
    done = change.apply(made.to_bytes())
    show(made, as_json=as_json, in_force=True, generation=done.generation)
    if not as_json:
        terminal.note(
            f"Give readers its thumbprint, {made.ref.thumbprint}, or the file that `passports keys export` writes."
        )


def show(
    made: SignedRoot, *, as_json: bool, file: str | None = None, in_force: bool = False, generation: int | None = None
) -> None:
    """Show a root: its version, thumbprint and keys; the file that it is in, or whether it is in force."""
    stated = {
        "version": made.ref.version,
        "thumbprint": made.ref.thumbprint,
        "expires_at": made.root.expires_at,
        "signatures": len(made.signatures),
        "threshold": f"{made.root.threshold} of {len(made.root.root_keys)}",
        "file": file,
        "lacking": made.lacking,
        "in_force": in_force,
        "generation": generation,
    }
    keys = list(keys_of_root(made.root))
    if as_json:
        terminal.document({**stated, "keys": keys})
        return
    terminal.pairs([(name.replace("_", " "), value) for name, value in stated.items() if value is not None])
    terminal.rows([{name: value or "" for name, value in key.items()} for key in keys], COLUMNS)
    if missing := unusable_roles(made.root, moment(None)):
        terminal.note(f"No key may sign {', '.join(missing)} now: name one with `passports keys rotate`.")


def keys_of_root(root: TrustRoot) -> Iterator[dict[str, object]]:
    """Yield the keys of a root, as `keys list` shows them."""
    for text in root.root_keys:
        yield one_key("root", public_key_id(text))
    for role in ROLES:
        for key in root.keys_of(role):
            dates = {"from": key.valid_from, "until": key.valid_until, "last_good": key.last_good}
            yield {"role": role, "key": public_key_id(key.public_key), "state": key.state, **dates}


def one_key(role: str, key_id: str) -> dict[str, object]:
    """Return an active key without dates, as `keys list` shows it."""
    return {"role": role, "key": key_id, "state": "active", "from": None, "until": None, "last_good": None}
