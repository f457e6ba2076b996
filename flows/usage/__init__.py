"""Registers the commands with their options, help and examples; each imports what it does only when it is called."""
