"""Whether the repository that a listing names can be the listed model itself.

Of 221 repositories that recorded listings name, one is another maker's under another name: the model that the listed
one was made from. Owners that hold each other's name, or one word that both names have, are enough.
"""

import re

SAYS_LITTLE = frozenset(
    "base chat free instruct it large max medium mini preview pro small thinking v".split()  # noqa: SIM905
)
"""Words that half of all models have in their names."""

_WORDS = re.compile(r"[a-z]{2,}")
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")


def is_namesake(listing_id: str, repository: str) -> bool:
    """Whether an "author/name" and an "owner/name" share their owner or a word of their names."""
    author, _, name = listing_id.lower().partition("/")
    owner, _, other = repository.lower().partition("/")
    one, two = _NOT_LETTERS.sub("", author), _NOT_LETTERS.sub("", owner)
    return one in two or two in one or not _telling(name).isdisjoint(_telling(other))


def _telling(name: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(name)) - SAYS_LITTLE
