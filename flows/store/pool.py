"""Calls a function on many items in parallel, with a bound on the calls in flight."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_CALLS_A_WORKER = 8
"""Calls per worker that the pool runs ahead of the caller."""


def each(function: Callable[[Item], Result], items: Iterable[Item], *, workers: int) -> Iterator[Result]:
    """Call the function on each item, `workers` at a time; yields the results in order, and raises the first error."""
    if workers == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        for batch in batches(items, workers * _CALLS_A_WORKER):
            yield from pool.map(function, batch)


def batches(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """Yield tuples of `size` items; the last may be shorter."""
    remaining = iter(items)
    while batch := tuple(islice(remaining, size)):
        yield batch
