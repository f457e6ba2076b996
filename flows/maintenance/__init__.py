"""Maintains stores: garbage collection, scrubbing, repair of the pointer, replication."""
