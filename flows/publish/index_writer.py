"""Writes the search index of a generation, unless its passports are those of the generation before."""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from flows.publish.publication import Progress, Publication, Step, reported
from flows.publish.shard_writer import WrittenShards
from flows.registry.reader import Reader
from flows.registry.signed_files import read_hashed, read_shard
from flows.search.build import build_index
from flows.store.base import Store
from flows.store.pool import each
from pipelines.registry.layout import object_key, search_key
from pipelines.signing.verification import MAX_PASSPORT_BYTES
from schemas.registry import SearchRef, ShardRow


@dataclass(frozen=True)
class IndexWriter:
    """Writes the search index of one publication on top of the generation `base`."""

    store: Store
    publication: Publication
    base: Reader | None
    written: Counter[Step]
    on_step: Progress

    def write(self, made: WrittenShards) -> SearchRef | None:
        """Return the reference to the index of these shards; None where the publication has none.

        It is built in a file, passport by passport, and uploaded in pieces.
        """
        with reported(self.on_step, Step.SEARCH, self.publication.passports):
            if self.publication.index_folder is None:
                return None
            last = self.base.snapshot.search if self.base else None
            if last and last.content_sha256 == made.content_sha256 and self.store.exists(search_key(last.sha256)):
                return last
            return self._built(made, self.publication.index_folder)

    def _built(self, made: WrittenShards, folder: Path) -> SearchRef:
        with tempfile.TemporaryDirectory(dir=folder) as own:
            path = Path(own) / "index.sqlite"
            build_index(path, self._passports(made))
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            self.written[Step.SEARCH] += self.store.create_from(search_key(sha256), path)
            return SearchRef(sha256=sha256, size_bytes=path.stat().st_size, content_sha256=made.content_sha256)

    def _passports(self, made: WrittenShards) -> Iterator[tuple[str, dict[str, Any]]]:
        done = 0
        for ref in made.shards:
            rows = read_shard(self.store, ref).values()
            for found in each(self._passport, rows, workers=self.store.workers):
                yield found
                done += 1
                if done < self.publication.passports:
                    self.on_step(Step.SEARCH, done, self.publication.passports)

    def _passport(self, row: ShardRow) -> tuple[str, dict[str, Any]]:
        body = self.publication.objects.get(row.object) or read_hashed(
            self.store, object_key(row.object), row.object, max_bytes=MAX_PASSPORT_BYTES
        )
        passport: dict[str, Any] = orjson.loads(body)["passport"]
        return row.object, passport
