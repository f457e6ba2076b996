"""`passports keys init`: makes the keys of a publisher, and the first root of trust."""

import json
from pathlib import Path

from flows.commands import terminal
from flows.commands.keys.roots import change_of, finish, key_at, public_half
from flows.config.settings import Settings, read_settings
from flows.config.signing_key import find_key, key_file, make_key
from flows.errors import FlowError, SettingsError
from pipelines.registry.layout import POINTER_KEY, root_key
from pipelines.signing.keys import Signer, jwk
from pipelines.signing.roots import unsigned
from pipelines.signing.rotation import first_root
from schemas.root import ROLES, Role


class RootExistsError(FlowError):
    """The store has a root of trust already."""


def init(file: Path | None, *, as_json: bool) -> None:
    """Make a signing key and show its public half."""
    key = make_key(file or key_file(read_settings()))
    public = jwk(key.signer.public_key)
    if as_json:
        terminal.document({"file": str(key.path), "public_key": public})
        return
    terminal.pairs([("signing key", key.path), ("key id", key.signer.key_id), ("public key", json.dumps(public))])
    terminal.note("Store a copy of the file where nobody else can read it. Give readers the public key.")


def init_root(store_url: str | None, root_keys: list[Path], threshold: int, out: Path, *, as_json: bool) -> None:
    """Make the keys of all roles that are missing, and the first root, which names them.

    The root is put in force if the root keys at hand are enough, else written to `out` to be signed by others too.
    """
    settings = read_settings(store=store_url)
    if threshold > len(root_keys):
        raise SettingsError(f"--threshold {threshold} needs as many --root-key, and there are {len(root_keys)}")
    change = change_of(settings)
    if change.store.exists(root_key(1)):
        raise RootExistsError(
            f"{change.store.name} has a root of trust already: change it with `passports keys rotate`"
        )
    held = [path for path in root_keys if not path.exists() or key_at(path)]
    signers = {path: _made_or_read(path) for path in held}
    ours = {role: _of_role(settings, role) for role in ROLES}
    before = ours["passports"].public_key if change.store.exists(POINTER_KEY) else None
    root = first_root(
        change.clock(),
        root_keys=[signers[path].public_key if path in signers else public_half(path) for path in root_keys],
        threshold=threshold,
        keys={role: signer.public_key for role, signer in ours.items()},
        before=before,
    )
    made = unsigned(root)
    for signer in signers.values():
        made = made.signed_with(signer)
    if before is not None:
        made = made.signed_with(ours["passports"])
    finish(change, made, out, as_json=as_json)


def _made_or_read(path: Path) -> Signer:
    found = key_at(path) if path.exists() else make_key(path).signer
    if found is None:
        raise SettingsError(f"{path} is not a private key")
    return found


def _of_role(settings: Settings, role: Role) -> Signer:
    return (find_key(settings, role) or make_key(key_file(settings, role))).signer
