"""What acts: Prefect flows, the store, keys, settings and the command line. No content rules."""
