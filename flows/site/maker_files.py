"""Summaries of passports in scratch files, each of a range of makers, so that memory holds the makers of one range."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import orjson

from pipelines.pages.addresses import maker_page
from pipelines.pages.groups import Groups
from pipelines.pages.summary import Summary
from pipelines.registry.slots import shard_index

_FILES: Final = 64
"""With two million passports one has some 31,000."""


class MakerFiles:
    """The passports of each maker, in files in a folder of the caller's."""

    def __init__(self, folder: Path) -> None:
        self._paths = [folder / f"makers-{index}" for index in range(_FILES)]

    def add(self, summaries: Iterable[Summary]) -> None:
        """Add the passports of a shard; those without a maker are left out."""
        lines: defaultdict[int, bytearray] = defaultdict(bytearray)
        for one in summaries:
            if one.maker:
                lines[shard_index(maker_page(one.maker), _FILES)] += orjson.dumps(one._asdict()) + b"\n"
        for index, some in lines.items():
            with self._paths[index].open("ab") as file:
                file.write(some)

    def groups(self) -> Iterator[Groups]:
        """Yield the groups of all makers, a range of makers at a time."""
        for path in self._paths:
            groups = Groups(("maker",))
            if path.exists():
                with path.open("rb") as file:
                    for line in file:
                        groups.add(Summary(**orjson.loads(line)))
            yield groups
