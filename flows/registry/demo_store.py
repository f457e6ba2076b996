"""Recognises a store that only the demo published to: its recorded facts must not mix with real ones."""

from flows.demo.config import demo_signer
from flows.demo.recording import RECORDED_AT
from flows.registry.signed_files import EmptyStoreError, TamperedError, find_snapshot, read_pointer
from flows.store.base import Store, find
from flows.store.keys import OBJECTS, PASSPORT_COPIES, generation_of
from flows.store.local import LocalStore
from pipelines.registry.layout import SNAPSHOTS
from pipelines.signing.keys import KeyRing
from pipelines.signing.verification import MAX_PASSPORT_BYTES, verify_passport

DEMO_ONLY = "the store has only the demo's recording, on which nothing is built: run `passports refresh` first"


def is_demo_store(store: Store) -> bool:
    """Whether every signed file of a local store has the demo's signature: pointer, snapshots, passports, their copies.

    Anyone can sign with the demo's key, so a pointer signed by it does not show that the other files are the demo's.
    The pointer may be missing, as clearing that was interrupted leaves none. False for stores that are not local.
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


def _signed_snapshot(store: Store, key: str, keys: KeyRing) -> bool:
    generation = generation_of(key)
    return generation is not None and find_snapshot(store, generation, keys) is not None


def _signed_passport(store: Store, key: str, keys: KeyRing) -> bool:
    """Whether a file is a passport signed by one of these keys, expired or not."""
    blob = find(store, key, max_bytes=MAX_PASSPORT_BYTES)
    return blob is not None and verify_passport(blob.body, keys=keys, at=RECORDED_AT)[1] is not None
