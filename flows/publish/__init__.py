"""Publishes a generation: immutable files first, then the pointer by compare-and-swap, then the copies for readers."""
