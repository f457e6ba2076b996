"""Clears a store that only the demo published to, so that a run of real sources begins in it."""

import hashlib

from flows.demo.config import demo_signer
from flows.registry.page_list import EarlierPages
from flows.store.base import Store, find
from flows.store.keys import BRIEFS, PASSPORT_COPIES, generation_of
from pipelines.registry.layout import JWKS_KEY, LLMS_KEY, POINTER_KEY, PUBLIC_KEY_KEY, SCHEMA_KEY
from pipelines.signing.keys import KeyRing

FOLDERS = ("registry", PASSPORT_COPIES, BRIEFS)
FILES = (SCHEMA_KEY, JWKS_KEY, PUBLIC_KEY_KEY, LLMS_KEY)


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
