"""Keys of the pages: which page is at which address, and the address of one page from another."""

import hashlib
import re
from typing import Final

from pipelines.registry.layout import safe_stem

CAPABILITY: Final = "capability"
PURPOSE: Final = "purpose"
MAKER: Final = "maker"
FAILURE: Final = "failure"
TABLE: Final = "data/table"
MAKERS_KEY: Final = "makers"
CHANGES_KEY: Final = "data/changes.json"
CATALOGUE_KEY: Final = "data/catalogue.json"

_UNFIT: Final = re.compile(r"[^a-z0-9._-]+")
_LONGEST: Final = 100
_HASH: Final = 12


def capability_page(uri: str) -> str:
    """Key of a capability's page, from its URI: "capability/tool.use.integration.tool.calling"."""
    return f"{CAPABILITY}/{safe_stem(uri.removeprefix('capability://'))}"


def purpose_page(uri: str) -> str:
    """Key of a purpose's page, from its URI: "purpose/code.generation.editing.coding"."""
    return f"{PURPOSE}/{safe_stem(uri.removeprefix('purpose://'))}"


def failure_page(mode: str) -> str:
    """Key of a failure mode's page, from the id of its rule: "failure/prompt-injection"."""
    return f"{FAILURE}/{safe_stem(mode)}"


def maker_page(maker: str) -> str:
    """Key of a maker's page; makers whose names are no keys have their hash beside what can be read of it."""
    return f"{MAKER}/{safe_stem(_plain(maker))}"


def makers_part(letter: str, number: int) -> str:
    """Key of one of the pages that list the makers of a letter: no maker's page has so short an end behind its ~."""
    return f"{MAKER}/{'other' if letter == '#' else letter.lower()}~{number}"


def table_key(index: int) -> str:
    """Key of one part of the table of all passports."""
    return f"{TABLE}/{index}.json"


def root_of(key: str) -> str:
    """Return what leads from a page to the root of the site: "./" or "../" as often as needed."""
    return "../" * key.count("/") or "./"


def _plain(name: str) -> str:
    lower = name.lower()
    stem = _UNFIT.sub("-", lower).strip("-._")[:_LONGEST]
    return (
        lower
        if stem == lower and name.isascii()  # the Kelvin sign's lower case is "k"
        else f"{stem or 'maker'}~{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:_HASH]}"
    )
