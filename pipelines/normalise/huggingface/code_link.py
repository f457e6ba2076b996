"""Finds the repository of a model's code among the addresses that it names; an uncertain one is left out."""

import re
from collections.abc import Iterable
from typing import Final

_REPOSITORY: Final = re.compile(
    r"https?://(?:www\.)?github\.com/([A-Za-z0-9][A-Za-z0-9-]{0,38})/([A-Za-z0-9._-]{1,100})(?![A-Za-z0-9._-])"
)
_NOT_IN_NAME: Final = re.compile(r"[^a-z0-9]+")
_SIZE: Final = re.compile(r"[ae]?\d+(?:\.\d+)?[bmke]|\d+x\d+(?:\.\d+)?[bm]")
"""7b, 1.5b, a3b, e4b, 128e, 8x22b."""
_DATE: Final = re.compile(r"\d{4}|\d{6}|\d{8}")
"""0324, 202503, 20250324: a version has fewer figures."""

VARIANTS: Final = frozenset(
    "awq base bf16 chat dpo fp16 fp8 gguf gptq hf instruct int4 int8 it large max medium mini preview pro rl sft small "  # noqa: SIM905
    "thinking tiny".split()
)
"""Words by which copies and trainings of one model differ."""


def code_of(repository: str, texts: Iterable[str]) -> tuple[str, ...]:
    """The code of a repository on the Hub, as ("github:owner/name",), or () where none is surely its own.

    It is its own if the texts link to exactly one repository of an owner of the same name, and the model's name is the
    code's, followed at most by sizes, variants and a date: "org/Name-7B-Chat" and github.com/org/name. The same owner
    may also have tools, examples, and the code of the model's next version.
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
    return (f"github:{code}",) if _is_of(name.lower(), _plain(code.partition("/")[2])) else ()


def _is_of(name: str, code: str) -> bool:
    """Whether a model's name is its code's, followed at most by sizes, variants and a date."""
    rest = _behind(name, code) if code else None
    if rest is None or (code[-1].isdigit() and rest[:1].isdigit()):
        return False  # another name, or a longer version number
    words = re.split(r"[^a-z0-9.]+", rest.rstrip("-_."))
    return all(not word or word in VARIANTS or _SIZE.fullmatch(word) or _DATE.fullmatch(word) for word in words)


def _behind(name: str, code: str) -> str | None:
    """What follows the letters and figures of the code's name in a name, None where it does not begin with them."""
    left = code
    for place, character in enumerate(name):
        if not left:
            return name[place:]
        if not _NOT_IN_NAME.match(character):
            if character != left[0]:
                return None
            left = left[1:]
    return None if left else ""


def _plain(name: str) -> str:
    return _NOT_IN_NAME.sub("", name.lower())
