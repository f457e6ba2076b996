"""Writes rows as a Parquet file, in batches, so that memory holds no more than a group of rows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema, list_array
from arro3.io import write_parquet

from flows.store.pool import batches
from pipelines.exports.columns import Column, ColumnKind, Row

_ROWS_A_GROUP: Final = 20_000
_ROWS_A_BATCH: Final = 2_000
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

    Equal rows give equal bytes with the same version of the library. An error that the rows raise, or an interrupt
    meanwhile, is raised here.
    """
    schema = Schema([Field(name, _TYPES[kind][0]) for name, kind in columns])
    count, failed = 0, list[BaseException]()

    def made() -> Iterator[RecordBatch]:
        nonlocal count
        try:
            for some in batches(rows, _ROWS_A_BATCH):
                values = zip(columns, zip(*some, strict=True), strict=True)
                arrays = [_TYPES[column.kind][1](column_values) for column, column_values in values]
                yield RecordBatch(arrays, schema=schema)
                count += len(some)
        except GeneratorExit:  # the writer failed, and needs no more of it
            raise
        except BaseException as error:  # an interrupt or a request to end comes while rows are made, too
            failed.append(error)
            raise

    with path.open("xb") as file:
        try:
            reader = RecordBatchReader.from_batches(schema, made())
            write_parquet(reader, file, compression="zstd(9)", max_row_group_size=_ROWS_A_GROUP)
        except Exception:
            if failed:
                raise failed[0] from None  # the library raises no more than its text
            raise
    return count
