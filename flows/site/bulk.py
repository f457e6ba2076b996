"""Writes the files with the whole registry: JSON Lines and Parquet, unless the passports are those of the last time."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from flows.publish.publication import Load
from flows.registry.listed_files import sha256_of
from flows.registry.reader import Reader
from flows.site.parquet import write_table
from flows.store.base import find
from flows.store.pool import each
from pipelines.exports.columns import PASSPORT_COLUMNS, STATEMENT_COLUMNS, passport_row, statement_rows
from pipelines.registry.export_keys import (
    BULK_KEYS,
    EXPORTS_KEY,
    PASSPORT_LINES_KEY,
    PASSPORT_TABLE_KEY,
    STATEMENT_TABLE_KEY,
)
from pipelines.registry.layout import headers, search_key
from pipelines.registry.packing import pack_into, packed_lines
from pipelines.registry.revoked import revocation_of
from schemas.registry import ShardRow

Json = dict[str, Any]

FORMAT: Final = 1
"""Version of the files; with another one they are written again."""
_MAX_INDEX_BYTES: Final = 2**20


class BulkExports:
    """The files with all passports of a generation, made in a folder of the caller's."""

    def __init__(self, reader: Reader, load: Load, folder: Path) -> None:
        self._reader, self._load, self._folder = reader, load, folder

    def files(self, before: Mapping[str, str], content_sha256: str) -> Iterator[tuple[str, bytes | Path | None]]:
        """Yield key and content of the files and of their index; None for each that is stored already.

        `before` has the hashes of the files that an earlier publication wrote, `content_sha256` is the digest of the
        passports.
        """
        digest = self._digest(content_sha256)
        if self._is_stored(before, digest):
            yield from ((key, None) for key in (*BULK_KEYS, EXPORTS_KEY))
            return
        lines, passports, statements = (self._folder / name for name in ("lines", "passports", "statements"))
        with lines.open("xb") as file:
            count = pack_into(file, self._lines())
        rows = {PASSPORT_LINES_KEY: count}
        rows[PASSPORT_TABLE_KEY] = write_table(
            passports, PASSPORT_COLUMNS, (passport_row(one["sha256"], _passport(one)) for one in _read(lines))
        )
        rows[STATEMENT_TABLE_KEY] = write_table(
            statements,
            STATEMENT_COLUMNS,
            (row for one in _read(lines) for row in statement_rows(one["sha256"], _passport(one))),
        )
        written = dict(zip(BULK_KEYS, (lines, passports, statements), strict=True))
        yield from written.items()
        yield EXPORTS_KEY, self._index(digest, written, rows)

    def _lines(self) -> Iterator[bytes]:
        """Yield a line for each passport that is not revoked, with its document byte for byte as it is stored."""
        for row, body in each(self._read, self._reader.rows(), workers=self._reader.store.workers):
            revoked = self._reader.revoked
            if row.slug in revoked and revocation_of(orjson.loads(body)["passport"], revoked):
                continue
            named = orjson.dumps({"slug": row.slug, "sha256": row.object, "status": row.status})
            yield named[:-1] + b',"document":' + body + b"}"

    def _read(self, row: ShardRow) -> tuple[ShardRow, bytes]:
        return row, self._load(row.object)

    def _digest(self, content_sha256: str) -> str:
        """Return a digest of all that the files are made from."""
        search = self._reader.snapshot.search
        known = [FORMAT, content_sha256, self._reader.revocations_number, search and search.sha256]
        return hashlib.sha256(orjson.dumps(known)).hexdigest()

    def _is_stored(self, before: Mapping[str, str], digest: str) -> bool:
        if not before.keys() >= {*BULK_KEYS, EXPORTS_KEY}:
            return False
        blob = find(self._reader.store, EXPORTS_KEY, max_bytes=_MAX_INDEX_BYTES)
        listed = blob is not None and hashlib.sha256(blob.body).hexdigest() == before[EXPORTS_KEY]
        return bool(blob and listed and orjson.loads(blob.body).get("content_sha256") == digest)

    def _index(self, digest: str, written: Mapping[str, Path], rows: Mapping[str, int]) -> bytes:
        """Return the file that names the others."""
        files = [
            {
                "name": key.rpartition("/")[2],
                "path": key,
                "media_type": headers(key).content_type,
                "rows": rows[key],
                "bytes": path.stat().st_size,
                "sha256": sha256_of(path),
            }
            for key, path in written.items()
        ]
        if search := self._reader.snapshot.search:
            key = search_key(search.sha256)
            files.append(
                {
                    "name": "passports.sqlite",
                    "path": key,
                    "media_type": headers(key).content_type,
                    "rows": rows[PASSPORT_LINES_KEY],
                    "bytes": search.size_bytes,
                    "sha256": search.sha256,
                }
            )
        return orjson.dumps({"content_sha256": digest, "files": files}, option=orjson.OPT_INDENT_2)


def _read(lines: Path) -> Iterator[Json]:
    with lines.open("rb") as file:
        yield from map(orjson.loads, packed_lines(file))


def _passport(line: Json) -> Json:
    found: Json = line["document"]["passport"]
    return found
