"""Remembers what a crawl has come by, however much that is."""

import sqlite3


class Seen:
    """A set of texts that lies on disk once it has grown, in a temporary file that goes with the process."""

    def __init__(self) -> None:
        self.database = sqlite3.connect("", isolation_level=None)
        self.database.execute("PRAGMA journal_mode = OFF")
        self.database.execute("CREATE TABLE seen (text TEXT PRIMARY KEY) WITHOUT ROWID")

    def add(self, text: str) -> bool:
        """Remember a text; return whether it is new."""
        return self.database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (text,)).rowcount == 1

    def __contains__(self, text: str) -> bool:
        return self.database.execute("SELECT 1 FROM seen WHERE text = ?", (text,)).fetchone() is not None
