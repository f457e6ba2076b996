"""Records that lie in another part than the passport they belong to: on disk, in the part of that passport."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import orjson

from pipelines.join import Joined
from pipelines.shards import shard_index
from schemas.listing import Listing


class Away:
    """Such records of a batch, one file a part: as many as there are, while memory holds one."""

    def __init__(self, folder: Path, parts: int) -> None:
        self.folder, self.parts = folder, parts

    def write(self, records: Iterable[Joined]) -> None:
        """Write all of them, in their order."""
        self.folder.mkdir(parents=True)
        with ExitStack() as opened:
            files = [opened.enter_context(self._path(index).open("wb")) for index in range(self.parts)]
            for slug, listing, by in records:
                line = orjson.dumps([slug, by, listing.model_dump_json()])
                files[shard_index(slug, self.parts)].write(line + b"\n")

    def read(self, index: int) -> Iterator[Joined]:
        """Give those of a part, as they were written."""
        with self._path(index).open("rb") as file:
            for line in file:
                slug, by, listing = orjson.loads(line)
                yield Joined(slug, Listing.model_validate_json(listing), by)

    def _path(self, index: int) -> Path:
        return self.folder / f"{index}.jsonl"
