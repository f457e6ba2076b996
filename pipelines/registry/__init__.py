"""Keys and bytes of the registry's files: which there are, how they are packed and partitioned."""
