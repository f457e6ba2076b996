"""The house's own rules, read off its modules: who imports whom, what pipelines never touch, how long a file may be."""

import ast
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from schemas.sources import CRAWLS
from tests.support.architecture import PICTURE, picture
from tests.support.house import (
    ITEM_PIPELINE,
    MAY_IMPORT,
    MOST_FILES,
    ONLY_IN,
    ORDER,
    ROOMS,
    ROOT,
    imported,
    modules,
    named,
    nodes,
    place,
    tree,
)

IMPURE_MODULES = {
    "time", "os", "sys", "pathlib", "shutil", "tempfile", "subprocess", "socket", "ssl", "http", "urllib", "random",
    "secrets", "uuid", "asyncio", "threading", "multiprocessing", "concurrent", "logging", "platform", "getpass",
    "glob", "requests", "httpx", "aiohttp", "twisted", "sqlite3", "pydantic_settings", "rich", "typer",
}  # fmt: skip
"""What reaches the clock, the disk, the network, the environment, or chance."""
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "breakpoint", "__import__"}
IMPURE_METHODS = {"open", "now", "utcnow", "today", "write_text", "write_bytes", "getenv"}
READING = {"read_text", "read_bytes"}
LONGEST_FILE = 250
LONGEST_README = 200

EVERY = modules(*ROOMS)
PURE = [path for path in modules("pipelines", "schemas") if path != ITEM_PIPELINE]


def test_the_rooms_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    sources = project["tool"]["hatch"]["build"]["targets"]["wheel"]["sources"]
    assert sources == {"deploy/wheel/passports": "passports"} | {room: f"passports/packages/{room}" for room in ROOMS}
    assert all((ROOT / room / "__init__.py").is_file() for room in ROOMS)
    assert len(EVERY) > 50


def test_imports_run_one_way() -> None:
    rooms = {path: {name.partition(".")[0] for name in imported(path)} & set(ROOMS) for path in EVERY}
    assert {
        path: found - MAY_IMPORT[path.parts[0]] for path, found in rooms.items() if found - MAY_IMPORT[path.parts[0]]
    } == {}


def against_order(path: Path) -> list[str]:
    """Imports of a module that its room's order does not allow."""
    room, own = place(".".join(path.with_suffix("").parts))
    inside = sorted({name for name in named(path) if name.startswith(f"{room}.")})
    return [f"{path} imports {name}" for name in inside if place(name)[1] > own]


def test_a_package_imports_itself_and_what_comes_before_it() -> None:
    assert [
        arrow for path in EVERY if len(path.parts) > 2 or path.stem != "__init__" for arrow in against_order(path)
    ] == []


def test_the_order_names_what_is_there_and_nothing_else() -> None:
    there = {room: {path.parts[1].removesuffix(".py") for path in EVERY if path.parts[0] == room} for room in ROOMS}
    for room, known in ORDER.items():
        assert len(set(known)) == len(known)
        if "*" not in known:
            assert set(known) == there[room] - {"__init__"}


def test_the_picture_of_the_house_is_that_of_the_code() -> None:
    assert PICTURE.read_text("utf-8") == picture(), "run: python -m tests.support.architecture"


def test_the_architecture_names_every_package() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    packages = {path.parent.as_posix() for path in EVERY if len(path.parts) == 3} - {f"spiders/{one}" for one in CRAWLS}
    assert {package for package in packages if package not in text} == set()


def test_readme_is_short_enough_for_a_newcomer() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= LONGEST_README


def test_a_package_is_small_enough_to_know() -> None:
    folders = Counter(path.parent for path in EVERY if path.name != "__init__.py")
    assert {folder: count for folder, count in folders.items() if count > MOST_FILES} == {}


def test_a_room_shows_packages_and_few_modules() -> None:
    loose = Counter(path.parts[0] for path in EVERY if len(path.parts) == 2 and path.stem != "__init__")
    assert loose["pipelines"] <= 5
    assert loose["flows"] <= 5


def test_a_library_stays_in_its_place_and_tests_are_imported_nowhere() -> None:
    strays = [
        f"{path} imports {name}"
        for path in EVERY
        for name in {name.partition(".")[0] for name in imported(path)}
        if name == "tests" or not path.as_posix().startswith(tuple(ONLY_IN.get(name, [""])))
    ]
    assert strays == []


def test_what_decides_reaches_neither_clock_nor_disk_nor_network_nor_environment() -> None:
    modules_used = [
        f"{path}: {name}" for path in PURE for name in imported(path) if name.partition(".")[0] in IMPURE_MODULES
    ]
    assert modules_used == []
    assert [f"{path}, {call}" for path in PURE for call in impure_calls(nodes(path))] == []


def impure_calls(found: Iterable[ast.AST]) -> Iterator[str]:
    for node in found:
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
                yield f"line {node.lineno}: {node.func.id}()"
            if isinstance(node.func, ast.Attribute) and node.func.attr in IMPURE_METHODS:
                yield f"line {node.lineno}: .{node.func.attr}()"


def test_package_files_are_the_only_ones_that_what_decides_reads() -> None:
    readers = {path for path in PURE for node in nodes(path) if getattr(node, "attr", "") in READING}
    assert [path for path in readers if not {"importlib", "importlib.resources"} & imported(path)] == []


def test_every_module_says_in_one_sentence_what_it_is() -> None:
    stated = {path: (ast.get_docstring(tree(path)) or "").partition("\n")[0] for path in EVERY}
    assert [path for path, sentence in stated.items() if not sentence.endswith((".", "?", ":", "…"))] == []


def test_no_file_is_longer_than_can_be_read_in_one_go() -> None:
    lines = {path: len((ROOT / path).read_text("utf-8").splitlines()) for path in (*EVERY, *modules("benchmarks"))}
    assert {path: count for path, count in lines.items() if count > LONGEST_FILE} == {}


def test_nothing_prints_behind_the_terminals_back() -> None:
    calls = [(path, node) for path in EVERY for node in nodes(path) if isinstance(node, ast.Call)]
    assert [path for path, node in calls if isinstance(node.func, ast.Name) and node.func.id == "print"] == []


def test_errors_of_the_pipelines_are_one_tree_and_every_error_is_named_so() -> None:
    errors = {
        (path.parts[0], node.name): [ast.unparse(base) for base in node.bases]
        for path in EVERY
        for node in nodes(path)
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).endswith(("Error", "Exception")) for base in node.bases)
    }
    assert [name for _, name in errors if not name.endswith("Error")] == []
    pipeline_errors = {name for room, name in errors if room == "pipelines"}
    roots = [name for name in pipeline_errors if not pipeline_errors & set(errors["pipelines", name])]
    assert roots == ["PipelineError"]


def test_the_checks_see_what_they_look_for() -> None:
    module = ast.parse("import os\nfrom time import time\nopen('x')\ndatetime.now()\n")
    assert list(impure_calls(ast.walk(module))) == ["line 3: open()", "line 4: .now()"]


def test_a_type_has_one_name_and_a_name_one_type() -> None:
    places = defaultdict(set)
    for path in EVERY:
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef):
                places[node.name.lstrip("_")].add(str(path))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
