"""The rules of the architecture: its rooms, the order of their packages, and where each library is imported."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from schemas.sources import CRAWLS

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("schemas", "spiders", "pipelines", "flows")
MAY_IMPORT = {
    "schemas": {"schemas"},
    "spiders": {"schemas", "spiders"},
    "pipelines": {"schemas", "pipelines"},
    "flows": {"schemas", "pipelines", "flows"},
}
"""Room → rooms that it may import from."""
ORDER = {
    "schemas": ["*", "passport", "search"],
    "spiders": [
        "settings", "clock", "download", "frontier", "extensions", *sorted(CRAWLS),
    ],
    "pipelines": [
        "errors", "ahead", "freshness", "formats", "registry", "log", "signing", "rules", "markdown", "texts",
        "extraction", "normalise", "lifecycle", "merge", "enrich", "scoring", "passport", "audit", "views", "pages",
        "exports", "order", "item_pipeline",
    ],
    "flows": [
        "errors", "output", "progress", "demo", "config", "store", "registry", "trust", "search", "publish", "site",
        "job", "ingest", "crawl", "build", "audit", "client", "api", "agents", "maintenance", "run", "orchestration",
        "checkup", "commands", "usage", "cli", "entry",
    ],
}  # fmt: skip
"""Room → its packages and root modules in order: each may import itself and those named before it.

"*" is every root module of its room. A package that is not named here fails the test: add it where it belongs.
"""
MOST_FILES = 15
"""Modules in one package."""
ITEM_PIPELINE = Path("pipelines/item_pipeline.py")
ONLY_IN = {
    "arro3": ["flows/site/parquet.py"],
    "fastapi": ["flows/api/"],
    "httptools": [],
    "jinja2": ["pipelines/pages/templating.py"],
    "jsonschema": ["pipelines/signing/contract_errors.py"],
    "jsonschema_rs": ["pipelines/signing/contract.py"],
    "leather": ["pipelines/views/charts.py"],
    "markdown_it": ["pipelines/markdown/"],
    "mcp": ["flows/agents/"],
    "nacl": ["pipelines/signing/keys.py"],
    "obstore": ["flows/store/remote.py"],
    "openai": ["flows/crawl/language_model.py"],
    "prefect": ["flows/orchestration/"],
    "prefect_dask": ["flows/orchestration/build_tasks.py"],
    "prometheus_client": ["flows/orchestration/metrics.py"],
    "rfc8785": ["pipelines/formats/canonical_json.py"],
    "rich": ["flows/commands/terminal.py", "flows/orchestration/tasks.py"],
    "scrapy": ["spiders/", "pipelines/item_pipeline.py"],
    "tomllib": ["pipelines/rules/"],
    "starlette": ["flows/api/", "flows/commands/serve.py", "flows/agents/"],
    "twisted": ["spiders/"],
    "uvicorn": ["flows/api/", "flows/orchestration/"],
    "zstandard": ["pipelines/registry/packing.py"],
}
"""Library → the modules and packages that may import it."""


def modules(*rooms: str) -> list[Path]:
    return [path.relative_to(ROOT) for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text("utf-8"), str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(path)))


@cache
def imported(path: Path) -> frozenset[str]:
    """Return the dotted names of all modules that a module imports, in functions too."""
    names = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            names.add(node.module or "")
    return frozenset(names)


def place(module: str) -> tuple[str, int]:
    """Return the room of a module and its position in the room's order; raise ValueError for an unnamed package."""
    room, package, *_ = module.split(".")
    known = ORDER[room]
    return room, known.index("*" if "*" in known and package not in known else package)


def named(path: Path) -> Iterator[str]:
    """Yield the dotted names of the modules that a module imports; "from flows import cli" gives "flows.cli"."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = node.module in ROOMS
            yield from (f"{node.module}.{alias.name}" for alias in node.names) if whole else (node.module,)
