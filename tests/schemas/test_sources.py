"""The table of sources: its rows fit together, and no other module of the product names a source."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from pipelines.normalise.admit import reader_of
from schemas.sources import BY_NAME, CRAWLS, SOURCE_NAMES, SOURCES, Source
from tests.support.house import ROOMS, modules, nodes, place

OWN_FILES = (
    "schemas/sources.py",
    *(f"{room}/{source}" for room in ("spiders", "pipelines/normalise") for source in CRAWLS),
)
"""How the paths begin of modules that are about one source, and of the table."""
ELSEWHERE = {
    "flows/demo/recording.py": (
        "openrouter",
        "openrouter_models.json",
        "openrouter_endpoints.json",
        "openrouter_facets.json",
    ),
}
"""Module → the literals by which it may name a source, as it is about that source too: the demo's recording is one of
OpenRouter, and plays nothing else."""
NO_SOURCE = {
    "huggingface_id": "a field of passports, which the published format fixes",
    "https://git-lfs.github.com/spec/": "the first line of every Git LFS pointer, whoever hosts the repository",
}
"""Text that holds a source's name, and what it is instead."""
NAMES = re.compile(
    "|".join([*CRAWLS, "hf-model", r"models\.dev", *(f"^{name}$" for name in SOURCE_NAMES)]), re.IGNORECASE
)


def literals(found: Iterable[ast.AST]) -> Iterator[str]:
    """Every text of a module's code; docstrings and what is written below a constant are none."""
    nodes = list(found)
    stated = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and id(node) not in stated:
            yield from [node.value] if isinstance(node.value, str) else []
            yield from [node.value.decode(errors="replace")] if isinstance(node.value, bytes) else []


def names_of_sources(path: Path, found: Iterable[ast.AST]) -> list[str]:
    named = []
    for literal in literals(found):
        rest = literal
        for text in NO_SOURCE:
            rest = rest.replace(text, "")
        if NAMES.search(rest) and literal not in ELSEWHERE.get(path.as_posix(), ()):
            named.append(literal)
    return named


def test_only_a_sources_own_files_name_it() -> None:
    others = [path for path in modules(*ROOMS) if not path.as_posix().startswith(OWN_FILES)]
    assert {path.as_posix(): named for path in others if (named := names_of_sources(path, nodes(path)))} == {}


def test_the_check_sees_names_wherever_they_are() -> None:
    code = """
"About openrouter."
A = "github"
"Of github."
B = f"https://huggingface.co/{A}"
C = b"hf-model-" + model["huggingface_id"]
"""
    found = names_of_sources(Path("x.py"), ast.walk(ast.parse(code)))
    assert set(found) == {"github", "https://huggingface.co/", "hf-model-"}


@pytest.mark.parametrize("row", SOURCES, ids=SOURCE_NAMES)
def test_a_row_names_what_is_there(row: Source) -> None:
    module = row.reader.partition(":")[0]
    assert reader_of(row.name).__module__ == module
    assert place(module) <= place("pipelines.normalise")
    assert row.crawl == row.name or row.crawl in CRAWLS
    assert row.crawl == row.name.partition("-")[0]
    assert row.settings is None or (row.crawl == row.name and set(row.settings.named_by) <= set(SOURCE_NAMES))
    assert (row.artifact_prefix == "") == (not row.names_passports)
    if row.names_passports:
        assert row.page("heron-lab/heron-7b").startswith("https://")
        assert row.slugs is not None


def test_no_name_is_given_twice_and_what_names_others_is_crawled_first() -> None:
    assert len(BY_NAME) == len(SOURCES)
    crawls = list(CRAWLS)
    for source, crawl in CRAWLS.items():
        assert all(crawls.index(BY_NAME[name].crawl) <= crawls.index(source) for name in crawl.named_by)
        assert (crawl.budget is None) == (crawl.budget_of == "")
        assert crawl.takes_ids or not crawl.named_by
