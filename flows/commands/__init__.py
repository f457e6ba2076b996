"""One module a command of the command line; each imports what it needs and no more, so that it starts fast."""
