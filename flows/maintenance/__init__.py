"""Keeps stores in order: garbage collection, scrubbing and repair, replication."""
