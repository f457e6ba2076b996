"""Whether the repository that a listing names can be the listed model itself.

Of 221 repositories that recorded listings name, one is another maker's under another name: the model that the listed
one was made from. Owners that hold each other's name, or one word that both names have, are enough.
"""

import re

SAYS_LITTLE = frozenset(
    "base chat free instruct it large max medium mini preview pro small thinking v".split()  # noqa: SIM905
)
"""Words that half of all models have in their names."""

SHORTEST = 3
"""Letters and figures that an owner's name must have to be told inside another's."""

_WORDS = re.compile(r"[a-z]{2,}")
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")


def names_match(listing_id: str, repository: str) -> bool:
    """Whether an "author/name" and an "owner/name" share their owner or a word of their names."""
    author, _, name = listing_id.lower().partition("/")
    owner, _, other = repository.lower().partition("/")
    return owners_match(author, owner) or not _telling(name).isdisjoint(_telling(other))


def owners_match(author: str, owner: str) -> bool:
    """Whether an author and an owner of repositories bear one name, or one holds the other's."""
    short, long = sorted((_NOT_LETTERS.sub("", one.lower()) for one in (author, owner)), key=len)
    return bool(short) and (short == long or (len(short) >= SHORTEST and short in long))


def _telling(name: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(name)) - SAYS_LITTLE
