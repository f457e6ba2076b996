"""Fills the templates of the pages, escaping every value, and lists the files that the pages load."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import orjson
from jinja2 import Environment, FunctionLoader, StrictUndefined

from pipelines.pages import words
from pipelines.registry.layout import renaming

PACKAGE = "pipelines.pages"
ASSETS = "assets"
RENAMED = f"{ASSETS}/renamed.js"
"""What decides which slugs are renamed, as a script, so that it is stated in one place."""
RENDERED_BY = (PACKAGE, "pipelines.exports", "pipelines.views", "pipelines.rules")
"""Packages whose files decide what a page or an export has; when one changes, all are rendered again."""


def render(template: str, values: Mapping[str, object]) -> bytes:
    """Return a filled template; raise jinja2's UndefinedError where it names a value that is not given."""
    text = _environment().get_template(template).render(values)
    return (re.sub(r"\n\s*\n+", "\n", text).strip() + "\n").encode("utf-8", "replace")


@lru_cache(maxsize=1)
def assets() -> dict[str, bytes]:
    """Return key → bytes of the style sheet, the scripts and the pictures that pages load."""
    found = {f"{ASSETS}/{name}": body for name, body in _files_of(files(PACKAGE).joinpath(ASSETS), "")}
    return found | {RENAMED: b"export const RENAMED = " + orjson.dumps(renaming()) + b";\n"}


@lru_cache(maxsize=1)
def rendering_sha256() -> str:
    """Return a digest of templates and code: pages of another one may have to be rendered again."""
    found = hashlib.sha256()
    for package in RENDERED_BY:
        for name, body in _files_of(files(package), ""):
            if not name.startswith(ASSETS):
                found.update(name.encode() + b"\0" + hashlib.sha256(body).digest())
    return found.hexdigest()


def _files_of(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir() and one.name != "__pycache__":
            yield from _files_of(one, f"{prefix}{one.name}/")
        elif one.is_file():
            yield f"{prefix}{one.name}", one.read_bytes()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters: dict[str, Any] = {
        "line": words.line,
        "day": words.day,
        "number": words.number,
        "href": words.href,
        "short": words.short,
        "rough": words.rough,
    }
    environment.filters.update(filters)
    return environment


def _source(name: str) -> str:
    return files(PACKAGE).joinpath("templates", name).read_text("utf-8")
