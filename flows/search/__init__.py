"""Writes and reads the search index: one SQLite file with every passport of a generation in tables and by words."""
