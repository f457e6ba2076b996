"""`passports keys list`, `rotate`, `revoke`, `sign`, `apply` and `export`, and `passports revoke`."""

from pathlib import Path

import orjson

from flows.commands import terminal
from flows.commands.keys.roots import (
    chain_in_force,
    change_of,
    finish,
    key_at,
    one_key,
    public_half,
    read_draft,
    show,
    write_root,
)
from flows.commands.store import authority_of, publisher_with
from flows.config.settings import read_settings
from flows.config.signing_key import SigningKeyError, find_key, key_file, make_key
from flows.errors import SettingsError
from flows.maintenance.revoke import revoke as revoke_passport
from flows.maintenance.root_changes import RootChange
from flows.publish.publication import PublicationError
from flows.registry.demo_store import DEMO_ONLY, is_demo_store
from flows.site.rendering import rendering_for
from flows.store.open import open_store
from flows.trust.roots import ensure_may_sign
from pipelines.passport.links import Issuer
from pipelines.signing.keys import jwk
from pipelines.signing.roots import RootError, SignedRoot, unsigned
from pipelines.signing.rotation import next_version, with_key, with_revoked, with_root_keys
from schemas.revocations import is_reason
from schemas.root import Role, TrustRoot
from schemas.times import timestamp


def list_keys(store_url: str | None, *, as_json: bool) -> None:
    """Show the root in force and its keys; without a root, our own key."""
    settings = read_settings(store=store_url)
    chain = change_of(settings).chain()
    if chain is not None:
        show(chain.newest, as_json=as_json, in_force=True)
        return
    own = find_key(settings)
    if own is None:
        raise SigningKeyError("no root of trust and no signing key: make one with `passports keys init`")
    if as_json:
        terminal.document({
            **dict.fromkeys(("version", "thumbprint", "expires_at", "threshold", "file", "generation")),
            "signatures": 0, "lacking": 0, "in_force": False, "keys": [one_key("all", own.signer.key_id)],
        })  # fmt: skip
    else:
        terminal.pairs([("root of trust", "none: one key signs everything"), ("key id", own.signer.key_id)])


def rotate(store_url: str | None, role: Role, new_key: Path, out: Path, *, as_json: bool) -> None:
    """Write an unsigned root in which a new key signs for a role."""
    change = change_of(read_settings(store=store_url))
    draft = with_key(_draft(change, out), role, _public_key(new_key), change.clock())
    _write(unsigned(draft), out, as_json=as_json)


def rotate_root(
    store_url: str | None, new_keys: list[Path], threshold: int | None, out: Path, *, as_json: bool
) -> None:
    """Write an unsigned root which other root keys sign, `threshold` of them, or as many as before."""
    draft = _draft(change_of(read_settings(store=store_url)), out)
    public = [_public_key(path) for path in new_keys]
    _write(unsigned(with_root_keys(draft, public, threshold or draft.threshold)), out, as_json=as_json)


def revoke_key(store_url: str | None, key_id: str, last_good: int, out: Path, *, as_json: bool) -> None:
    """Write an unsigned root in which a key is revoked."""
    change = change_of(read_settings(store=store_url))
    _write(unsigned(with_revoked(_draft(change, out), key_id, last_good)), out, as_json=as_json)


def sign(file: Path, root_keys: list[Path], *, as_json: bool) -> None:
    """Sign a root with root keys, in the same file. Needs no store and no network."""
    made = read_draft(file)
    for path in root_keys:
        signer = key_at(path)
        if signer is None:
            raise SigningKeyError(f"{path} is a public key: only the private half can sign")
        made = made.signed_with(signer)
    write_root(file, made)
    show(made, as_json=as_json, file=str(file))
    if not as_json:
        remedy = f"{made.lacking} more of its own root keys must sign it" if made.lacking else "Next: "
        terminal.note(f"{remedy}{'' if made.lacking else f'`passports keys apply {file}`'}.")


def apply(store_url: str | None, file: Path, *, as_json: bool) -> None:
    """Put a signed root in force."""
    made = read_draft(file)
    if made.lacking:
        raise RootError(f"{file}: {made.lacking} more of its own root keys must sign it: `passports keys sign`")
    with terminal.watched():
        finish(change_of(read_settings(store=store_url)), made, file, as_json=as_json)


def export(store_url: str | None, out: Path | None) -> None:
    """Write what readers pin: the root in force, or without one the public key."""
    settings = read_settings(store=store_url)
    chain, own = change_of(settings).chain(), find_key(settings)
    if chain is None and own is None:
        raise SigningKeyError("no root of trust and no signing key: make one with `passports keys init`")
    body = chain.newest.to_bytes() if chain else orjson.dumps(jwk(own.signer.public_key)) if own else b""
    if out is None:
        terminal.OUT.print(body.decode(), markup=False, highlight=False, soft_wrap=True)
        return
    try:
        out.write_bytes(body)
    except OSError as error:
        raise SigningKeyError(f"{out} cannot be written: {error.strerror}") from None


def revoke(store_url: str | None, slug: str, reason: str, *, as_json: bool) -> None:
    """Revoke the passport that is served under a slug."""
    settings = read_settings(store=store_url)
    if not is_reason(reason):
        raise SettingsError("--reason: give one line of at most 300 characters, without control characters")
    if is_demo_store(store := open_store(settings.store)):
        raise PublicationError(f"{store.name}: {DEMO_ONLY}")
    ours = authority_of(settings, "revoking needs the keys of a publisher")
    signer = ours.passports.signer
    if ours.chain:
        found = find_key(settings, "revocations")
        if found is None:
            where = key_file(settings, "revocations")
            raise SigningKeyError(f"no key of revocations at {where}: set PASSPORTS_REVOCATIONS_KEY_FILE to its file")
        signer = found.signer
    publisher = publisher_with(settings, ours)
    if ours.chain:
        ensure_may_sign(ours.chain, signer, "revocations", timestamp(publisher.clock()))
    issuer = Issuer(settings.issuer, settings.base_url)
    rendering = rendering_for(issuer, ours.passports.signer, ours.chain, registry=ours.registry.signer)
    with terminal.watched():
        done = revoke_passport(publisher, rendering, signer, slug, reason)
    if as_json:
        terminal.document({"slug": slug, "reason": reason, "generation": done.generation})
    else:
        terminal.pairs([("revoked", slug), ("reason", reason), ("generation", done.generation)])


def _public_key(path: Path) -> bytes:
    """Return the public key in a file; of a new key where the file is missing."""
    return public_half(path) if path.exists() else make_key(path).signer.public_key


def _draft(change: RootChange, out: Path) -> TrustRoot:
    """Return the draft in a file, if it is one of the next version, or else a new one."""
    chain = chain_in_force(change)
    if not out.exists():
        return next_version(chain.newest.root, change.clock())
    there = read_draft(out).root
    if there.version != chain.ref.version + 1:
        raise RootError(f"{out} is version {there.version}, not {chain.ref.version + 1}: choose another --out")
    return there


def _write(made: SignedRoot, out: Path, *, as_json: bool) -> None:
    write_root(out, made)
    show(made, as_json=as_json, file=str(out))
    if not as_json:
        terminal.note(f"Sign it where the root key is: `passports keys sign {out} --root-key FILE`; then `keys apply`.")
