"""The publication protocol: immutable files first, then the pointer by compare-and-swap, then copies."""
