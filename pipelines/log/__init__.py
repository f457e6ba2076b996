"""The public log: an append-only Merkle tree of what a registry issued, stored as tiles, with signed checkpoints."""
