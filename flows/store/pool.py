"""Calls a function on many items in parallel, with a bound on the calls in flight."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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
        begun: deque[Future[Result]] = deque()
        try:
            for item in items:
                begun.append(pool.submit(function, item))
                if len(begun) == workers * _CALLS_A_WORKER:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            for call in begun:
                call.cancel()


def batches(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """Yield tuples of `size` items; the last may be shorter."""
    remaining = iter(items)
    while batch := tuple(islice(remaining, size)):
        yield batch
