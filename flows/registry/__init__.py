"""Reads a registry and checks what it reads: pointer, snapshots, shards, passports and history."""
