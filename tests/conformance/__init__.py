"""A kit of documents and registries with the verdict that every verifier must give on each, and the runs of two."""
