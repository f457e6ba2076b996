"""Checks what a run needs of its machine, before it needs it."""
