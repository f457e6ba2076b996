"""Writes rows as a Parquet file, in batches, so that memory holds no more than a group of rows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema, list_array
from arro3.io import write_parquet

from flows.store.pool import batches
from pipelines.exports.columns import Column, ColumnKind, Row

_ROWS_A_GROUP: Final = 10_000
"""With 20,000 files are a twentieth smaller, and writing them holds twice as much memory."""
_ROWS_A_BATCH: Final = 1_000
_TEXT: Final = DataType.string()


def _texts(values: Sequence[Any]) -> Array:
    return Array(values, _TEXT)


def _lists(values: Sequence[Sequence[str]]) -> Array:
    ends = Array([0, *accumulate(map(len, values))], DataType.int32())
    return list_array(ends, _texts([text for one in values for text in one]), type=_LIST)


_LIST: Final = DataType.list(Field("item", _TEXT))
_TYPES: Final[dict[ColumnKind, tuple[DataType, Callable[[Sequence[Any]], Array]]]] = {
    "text": (_TEXT, _texts),
    "texts": (_LIST, _lists),
    "whole": (DataType.int64(), lambda values: Array(values, DataType.int64())),
    "number": (DataType.float64(), lambda values: Array(values, DataType.float64())),
    "flag": (DataType.bool(), lambda values: Array(values, DataType.bool())),
    "day": (DataType.date32(), lambda values: _texts(values).cast(DataType.date32())),
    "instant": (
        DataType.timestamp("ms", tz="UTC"),
        lambda values: _texts(values).cast(DataType.timestamp("ms", tz="UTC")),
    ),
}
"""Kind of column → its type, and what makes a column of values."""


def write_table(path: Path, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    """Write rows to a new file, compressed with zstd; returns how many there were.

    Equal rows give equal bytes with the same version of the library. An error of the file or of the rows, or an
    interrupt meanwhile, is raised here.
    """
    table = _TableFile(path, columns, rows)
    with ThreadPoolExecutor(1) as thread:
        try:
            thread.submit(table.write_out).result()
        except Exception:  # of an error of the rows the library raises no more than its text
            if not table.failed:
                raise
        finally:
            table.is_ended = True  # after an interrupt of the wait at the next batch
        if table.failed:
            raise table.failed
    return table.count


class _TableFile(FileIO):
    """A new file with a table, which ends at the first error of its disk or its rows and keeps it.

    The library panics at whatever a file raises. So `write` raises nothing, and the table is written in a thread of its
    own, in which Python answers no signal. The thread closes the file: an interrupt may end the wait for it.
    """

    def __init__(self, path: Path, columns: Sequence[Column], rows: Iterable[Row]) -> None:
        super().__init__(path, "xb")
        self._columns, self._rows = columns, rows
        self._schema = Schema([Field(name, _TYPES[kind][0]) for name, kind in columns])
        self.count = 0
        self.failed: Exception | None = None
        self.is_ended = False

    def write_out(self) -> None:
        """Have the library write all rows, and close the file."""
        with self:
            reader = RecordBatchReader.from_batches(self._schema, self._batches())
            write_parquet(reader, self, compression="zstd(9)", max_row_group_size=_ROWS_A_GROUP)

    def _batches(self) -> Iterator[RecordBatch]:
        try:
            for some in batches(self._rows, _ROWS_A_BATCH):
                if self.failed or self.is_ended:
                    return
                values = zip(self._columns, zip(*some, strict=True), strict=True)
                arrays = [_TYPES[column.kind][1](column_values) for column, column_values in values]
                yield RecordBatch(arrays, schema=self._schema)
                self.count += len(some)
        except Exception as error:
            self.failed = error
            raise

    def write(self, content: Any, /) -> int:  # noqa: ANN401 - whatever holds bytes
        """Write to the file; after an error all is taken and nothing written."""
        if not self.failed:
            try:
                return super().write(content)
            except OSError as error:
                self.failed = error
        return len(memoryview(content))
