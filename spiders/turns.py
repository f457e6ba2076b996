"""Whose turn it is, where a crawl may not ask for all that there is."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, zip_longest


def in_turn(ids: Iterable[str], seen: Mapping[str, str], *, due: str, lot: str) -> Iterator[str]:
    """Give each id once: by turns one that is due and one never seen, then what is not due yet, the oldest first.

    `seen` is id → when it was last seen; what was seen before `due` is due. Those never seen come in an order that
    `lot` draws, another for each crawl: what never answers would else stand before what is new, at every crawl.
    """
    known: list[str] = []
    new: list[str] = []
    for one in dict.fromkeys(ids):
        (known if one in seen else new).append(one)
    known.sort(key=lambda one: (seen[one], one))
    new.sort(key=lambda one: hashlib.sha256(f"{lot} {one}".encode(errors="replace")).digest())
    late = [one for one in known if seen[one] < due]
    by_turns = chain.from_iterable(zip_longest(late, new))
    yield from (one for one in by_turns if one is not None)
    yield from known[len(late) :]
