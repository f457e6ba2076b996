"""The commands, one module for each, which imports only what it needs, so that it starts fast."""
