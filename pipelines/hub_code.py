"""Finds the repository of a model's code among the addresses that it names; one that is not sure is not named."""

import re
from collections.abc import Iterable
from typing import Final

_REPOSITORY: Final = re.compile(
    r"https?://(?:www\.)?github\.com/([A-Za-z0-9][A-Za-z0-9-]{0,38})/([A-Za-z0-9._-]{1,100})(?![A-Za-z0-9._-])"
)
_NOT_IN_NAME: Final = re.compile(r"[^a-z0-9]+")


def code_of(repository: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Name the code of a repository on the Hub, as ("github:owner/name",), or () where none is surely its own.

    It is, when among all that the texts link to there is one alone whose owner bears the name of the Hub's, and the
    model's name begins with its name: a maker's tools and examples lie under the same owner.
    """
    owner, _, name = repository.partition("/")
    linked: dict[str, str] = {}
    for text in texts:
        for found in _REPOSITORY.finditer(text):
            if _plain(found[1]) == _plain(owner):
                code = found[2].rstrip(".").removesuffix(".git")
                linked.setdefault(f"{found[1]}/{code}".lower(), f"{found[1]}/{code}")
    if len(linked) != 1:
        return ()
    (code,) = linked.values()
    own = _plain(code.partition("/")[2])
    return (f"github:{code}",) if own and _plain(name).startswith(own) else ()


def _plain(name: str) -> str:
    return _NOT_IN_NAME.sub("", name.lower())
