"""Many calls at once, with what is in flight bounded."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_CALLS_A_WORKER = 8
"""How far the pool runs ahead of whoever takes the results."""


def each(function: Callable[[Item], Result], items: Iterable[Item], *, workers: int) -> Iterator[Result]:
    """Call the function on each item, `workers` at a time; results come in order, the first error is raised."""
    if workers == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        for batch in batches(items, workers * _CALLS_A_WORKER):
            yield from pool.map(function, batch)


def batches(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """Cut into runs of `size`; the last may be shorter."""
    remaining = iter(items)
    while batch := tuple(islice(remaining, size)):
        yield batch
