"""Reads the structure of a model card, with byte offsets: front matter, sections, tables, sentences."""
