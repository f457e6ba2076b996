"""Decides whether the repository that a listing names can be the listed model itself.

Of 221 repositories that recorded listings name, one is another maker's, of another name: the model that the listed one
was made from. It suffices that the owners' names contain each other, or that the models' names share a word.
"""

import re

SAYS_LITTLE = frozenset(
    "base chat free instruct it large max medium mini preview pro small thinking v".split()  # noqa: SIM905
)
"""Words that half of all models have in their names."""

SHORTEST = 3
"""Fewest letters and figures of an owner's name that count when found inside another's."""

_WORDS = re.compile(r"[a-z]{2,}")
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")


def names_match(listing_id: str, repository: str) -> bool:
    """Whether an "author/name" and an "owner/name" share their owner or a word of their names."""
    author, _, name = listing_id.lower().partition("/")
    owner, _, other = repository.lower().partition("/")
    return owners_match(author, owner) or not _telling(name).isdisjoint(_telling(other))


def owners_match(author: str, owner: str) -> bool:
    """Whether an author's and an owner's names are the same, or one contains the other."""
    short, long = sorted((_NOT_LETTERS.sub("", one.lower()) for one in (author, owner)), key=len)
    return bool(short) and (short == long or (len(short) >= SHORTEST and short in long))


def _telling(name: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(name)) - SAYS_LITTLE
