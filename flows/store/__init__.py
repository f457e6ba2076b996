"""Stores files by key, in a local directory or in an object store, behind the same few operations."""

from flows.store.base import Blob, Store, StoreError, find
from flows.store.open import open_store

__all__ = ["Blob", "Store", "StoreError", "find", "open_store"]
