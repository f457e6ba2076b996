"""Reads the public log beside a registry, and proves that what is served is in it."""

from flows.store.base import Store
from pipelines.log.tiles import MAX_BUNDLE_BYTES, Read
from pipelines.registry.layout import log_key

NOT_THE_LOG = "does not lead to the log that the snapshot states"


def reading(store: Store) -> Read:
    """Return a function that reads a file of a store's log by its name below the log's folder."""
    return lambda name: store.get(log_key(name), max_bytes=MAX_BUNDLE_BYTES).body
