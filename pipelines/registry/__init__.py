"""The registry's files as bytes and names: which there are, how they are packed and split."""
