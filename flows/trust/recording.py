"""Recognises whose a store is that our key did not sign: the demo's recording, or another publisher's."""

from flows.config.settings import Settings
from flows.config.signing_key import names_key
from flows.demo.config import demo_signer
from flows.registry.demo_store import is_demo_store
from flows.registry.signed_files import MAX_POINTER_BYTES
from flows.store.base import Store, TooLargeError, find
from flows.store.local import LocalStore
from pipelines.formats.strict_json import MalformedJsonError, parse
from pipelines.registry.layout import JWKS_KEY, POINTER_KEY, root_key
from pipelines.signing.keys import KeyFormatError, KeyRing, is_key_id
from schemas.seen import SeenRegistry

MAX_JWKS_BYTES = 2**20
_POINTER_DEPTH = 4


def serves_recording(store: Store, settings: Settings, *, chosen: bool, known: SeenRegistry) -> bool:
    """Whether a store is the demo's, no key or root is `chosen`, and nothing else is `known` of the store.

    Everybody has the demo's key. A store that was seen here under another key, or of which a key or a root is
    remembered, never counts as a recording: somebody may have put one in its place.
    """
    if chosen or settings.root or known.pinned or known.pinned_root or known.root:
        return False
    return known.seen.keys() <= {demo_signer().key_id} and is_demo_store(store)


def is_read_by_demo_key(store: Store, settings: Settings, known: SeenRegistry) -> bool:
    """Whether a store is read by the demo's key because its files say so, where no key or root is chosen.

    So it is where the store is the demo's. All of its files are checked for that only if it matters: with no key of our
    own, a store is read by the keys that it publishes, which for the demo's are the same.
    """
    if not names_key(settings) and _publishes_only_demo_key(store):
        return False
    return serves_recording(store, settings, chosen=False, known=known)


def _publishes_only_demo_key(store: Store) -> bool:
    """Whether a local store has no root, and publishes the demo's key and no other."""
    if not isinstance(store, LocalStore) or store.exists(root_key(1)):
        return False
    try:
        jwks = find(store, JWKS_KEY, max_bytes=MAX_JWKS_BYTES)
        return jwks is not None and KeyRing.from_jwks(jwks.body.decode()).key_ids == {demo_signer().key_id}
    except (TooLargeError, KeyFormatError, UnicodeDecodeError):
        return False


def stated_signer(store: Store) -> str | None:
    """Return the id of the key that the pointer states as its signer's, true or not; None where it states none."""
    blob = find(store, POINTER_KEY, max_bytes=MAX_POINTER_BYTES)
    try:
        pointer = parse(blob.body, max_bytes=MAX_POINTER_BYTES, max_depth=_POINTER_DEPTH) if blob else None
    except MalformedJsonError:
        return None
    named = pointer.get("keyId") if isinstance(pointer, dict) else None
    return named if isinstance(named, str) and is_key_id(named) else None


def advice(key_id: str) -> str:
    """Return when and how to read a store that a key signed which nobody has chosen."""
    if key_id == demo_signer().key_id:
        return f"the demo's key, which everybody has: pass --key {key_id} to read what the demo published"
    return f"if its publisher states the key {key_id}, pass --key {key_id}"
