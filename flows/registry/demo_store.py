"""Recognises and clears a store that only the demo published to: its recorded facts must not mix with real ones."""

import hashlib

from flows.demo.config import demo_signer
from flows.demo.recording import RECORDED_AT
from flows.registry.page_list import EarlierPages
from flows.registry.signed_files import EmptyStoreError, TamperedError, find_snapshot, read_pointer
from flows.store.base import Store, find
from flows.store.keys import BRIEFS, OBJECTS, PASSPORT_COPIES, generation_of
from flows.store.local import LocalStore
from pipelines.registry.layout import JWKS_KEY, LLMS_KEY, POINTER_KEY, PUBLIC_KEY_KEY, SCHEMA_KEY, SNAPSHOTS
from pipelines.signing.keys import KeyRing
from pipelines.signing.verification import MAX_PASSPORT_BYTES, verify_passport

FOLDERS = ("registry", PASSPORT_COPIES, BRIEFS)
FILES = (SCHEMA_KEY, JWKS_KEY, PUBLIC_KEY_KEY, LLMS_KEY)


def is_demo_store(store: Store) -> bool:
    """Whether every signed file of a local store has the demo's signature: pointer, snapshots, passports, their copies.

    Anyone can sign with the demo's key, so a pointer signed by it does not show that the other files are the demo's.
    The pointer may be missing, as an interrupted `clear` leaves none. False for stores that are not local.
    """
    if not isinstance(store, LocalStore):
        return False
    keys = KeyRing([demo_signer().public_key])
    try:
        read_pointer(store, keys)
    except EmptyStoreError:
        if not any(store.list(SNAPSHOTS)):
            return False
    except TamperedError:
        return False
    return all(_signed_snapshot(store, key, keys) for key in store.list(SNAPSHOTS)) and all(
        _signed_passport(store, key, keys) for folder in (OBJECTS, PASSPORT_COPIES) for key in store.list(folder)
    )


def clear(store: Store) -> None:
    """Delete the files that the demo published, and no others.

    The pointer goes first and the snapshots last, so that `is_demo_store` still recognises a half-cleared store.
    """
    pages = list(EarlierPages.of(store, KeyRing([demo_signer().public_key])).files())
    store.delete(POINTER_KEY)
    for page in pages:
        blob = find(store, page.key)
        if blob and hashlib.sha256(blob.body).hexdigest() == page.sha256:
            store.delete(page.key)
    found = [*(key for folder in FOLDERS for key in store.list(folder)), *FILES]
    for key in sorted(found, key=lambda key: generation_of(key) is not None):
        store.delete(key)


def _signed_snapshot(store: Store, key: str, keys: KeyRing) -> bool:
    generation = generation_of(key)
    return generation is not None and find_snapshot(store, generation, keys) is not None


def _signed_passport(store: Store, key: str, keys: KeyRing) -> bool:
    """Whether a file is a passport signed by one of these keys, expired or not."""
    blob = find(store, key, max_bytes=MAX_PASSPORT_BYTES)
    return blob is not None and verify_passport(blob.body, keys=keys, at=RECORDED_AT)[1] is not None
