"""What the demo left in a store: a real run starts over there, as nothing of it is a fact about today."""

from flows.demo.config import demo_signer
from flows.demo.recording import RECORDED_AT
from flows.registry.signed_files import EmptyStoreError, TamperedError, find_snapshot, read_pointer
from flows.store.base import Store, find
from flows.store.keys import OBJECTS, PASSPORT_COPIES, generation_of
from flows.store.local import LocalStore
from pipelines.registry.layout import JWKS_KEY, POINTER_KEY, PUBLIC_KEY_KEY, SCHEMA_KEY, SNAPSHOTS
from pipelines.signing.keys import KeyRing
from pipelines.signing.verification import MAX_PASSPORT_BYTES, verify_passport

FOLDERS = ("registry", PASSPORT_COPIES)
FILES = (SCHEMA_KEY, JWKS_KEY, PUBLIC_KEY_KEY)


def is_demo_store(store: Store) -> bool:
    """Whether everything signed in a local store is the demo's: pointer, snapshots, passports and their copies.

    Everybody can sign with the demo's key, so that its pointer alone says nothing of what lies beside it. A store whose
    clearing was interrupted has no pointer any more. Other stores than local ones are never cleared.
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
    """Take away what the demo published, the pointer first and the snapshots last, and nothing else.

    So a store whose clearing was interrupted still shows whose it was.
    """
    store.delete(POINTER_KEY)
    found = [*(key for folder in FOLDERS for key in store.list(folder)), *FILES]
    for key in sorted(found, key=lambda key: generation_of(key) is not None):
        store.delete(key)


def _signed_snapshot(store: Store, key: str, keys: KeyRing) -> bool:
    generation = generation_of(key)
    return generation is not None and find_snapshot(store, generation, keys) is not None


def _signed_passport(store: Store, key: str, keys: KeyRing) -> bool:
    """Whether a file is a passport of these keys, in date or not."""
    blob = find(store, key, max_bytes=MAX_PASSPORT_BYTES)
    return blob is not None and verify_passport(blob.body, keys=keys, at=RECORDED_AT)[1] is not None
