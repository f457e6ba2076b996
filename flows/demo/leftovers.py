"""What the demo left in a store: a real run starts over there, as nothing of it is a fact about today."""

import hashlib

from flows.demo.terms import DEMO_KEY_PHRASE
from flows.sealed import EmptyStoreError, TamperedError, read_pointer
from flows.store.base import Store
from flows.store.keys import JWKS_KEY, POINTER_KEY, PUBLIC_KEY_KEY, SCHEMA_KEY
from flows.store.local import LocalStore
from pipelines.keys import KeyRing, Signer

FOLDERS = ("registry", "api/v1/passport")
FILES = (SCHEMA_KEY, JWKS_KEY, PUBLIC_KEY_KEY)


def demo_signer() -> Signer:
    """The demo's key, made from a phrase that everybody can read: it proves nothing but that the signing works."""
    return Signer(hashlib.sha256(DEMO_KEY_PHRASE).digest())


def left_by_demo(store: Store) -> bool:
    """Whether a local store serves what the demo published; other stores are never cleared."""
    if not isinstance(store, LocalStore):
        return False
    try:
        read_pointer(store, KeyRing([demo_signer().public_key]))
    except (EmptyStoreError, TamperedError):
        return False
    return True


def clear(store: Store) -> None:
    """Take away what the demo published, the pointer first, and nothing else."""
    store.delete(POINTER_KEY)
    for key in (*(key for folder in FOLDERS for key in list(store.list(folder))), *FILES):
        store.delete(key)
