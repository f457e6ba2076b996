"""The code that acts: Prefect flows, store, keys, settings and the command line. No rules about content."""
