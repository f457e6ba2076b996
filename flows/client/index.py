"""Gets the search index of a generation: the one that its snapshot names, or else one built from its passports."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from flows.registry.reader import Reader
from flows.registry.signed_files import TamperedError, save_search
from flows.search.build import build_index
from flows.search.index import SearchIndex
from flows.store.base import MissingKeyError


def index_of(reader: Reader, path: Path) -> SearchIndex:
    """Return the search index of a reader's generation, in a new file at the path.

    Where there is none, the passports are indexed here, each verified first. Raises TamperedError and SearchIndexError.
    """
    path.unlink(missing_ok=True)
    if reader.snapshot.search is not None:
        with suppress(MissingKeyError):
            save_search(reader.store, reader.snapshot.search, path)
            return SearchIndex(path)
    build_index(path, _verified(reader))
    return SearchIndex(path)


def _verified(reader: Reader) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in reader.rows():
        finding, passport, _ = reader.verified(row.slug)
        if passport is None:
            raise TamperedError(f"{row.slug}: {finding.verdict}: {finding.reason}")
        yield row.object, passport
