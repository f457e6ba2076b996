"""Runs the tests of a mutated module, each time in a process that has already imported most of what they need.

Started by `benchmarks.mutants` in a copy of the tree, for one module and its tests: reads a mutant from each line of
its input, and answers with a line. Each run is forked from this process, which has imported everything that the tests
import, except what imports the module.
"""

import ast
import gc
import importlib
import os
import resource
import sys
import warnings
from collections import Counter
from pathlib import Path

import orjson
import pytest
from hypothesis import Phase, settings

NEVER_AHEAD = ("twisted.internet.reactor", "prefect", "conftest", "tests", "__main__")
"""Modules that read their environment or start something when imported, and those that pytest must import."""
HERE = Path.cwd()
OPTIONS = [
    "-x",
    "-pno:cacheprovider",
    "-pno:xdist",
    "-pno:hypothesispytest",
    "-Wignore::pytest.PytestAssertRewriteWarning",
]
"""The plugin of Hypothesis reads every module before the first test, and no test needs it; the last option
stops warnings of pytest about modules imported before."""
PATIENCE = 6
"""How many times longer a test may take than with the unchanged module: an endless loop takes this long, and fails."""
SHORTEST_LIMIT_S = 20.0
LONGEST_CPU_S = 600
"""Ends loops outside of any test."""
KNOWN = HERE / "known.json"
"""File that the run of the unchanged module leaves: names of imported modules, and the time of each test."""


class QuickestFirst:
    """Plugin of pytest that notes how long each test takes, and orders tests by that."""

    def __init__(self) -> None:
        self.took: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the time of a test's setup, call or teardown."""
        self.took[report.nodeid] += report.duration

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Run the quickest tests first, as one failure is enough."""
        items.sort(key=lambda item: self.took[item.nodeid])


ORDER = QuickestFirst()


def serve(module: Path, tests: list[str]) -> None:
    answer(run_unbroken(module, tests))
    for line in sys.stdin.buffer:
        answer(run(module, orjson.loads(line)["text"], tests))


def answer(status: int) -> None:
    sys.stdout.buffer.write(b"%d\n" % status)
    sys.stdout.buffer.flush()


def run(module: Path, text: str, tests: list[str]) -> int:
    """Replace a module by a text, run tests until one fails, restore it, and return pytest's exit status."""
    was, times = module.read_bytes(), module.stat()
    module.write_text(text, "utf-8")
    try:
        child = os.fork()
        if child == 0:
            sys.dont_write_bytecode = True
            os._exit(tested(tests))
        return awaited(child)
    finally:
        module.write_bytes(was)
        os.utime(module, ns=(times.st_atime_ns, times.st_mtime_ns))


def run_unbroken(module: Path, tests: list[str]) -> int:
    """Run the tests of the unchanged module, import what they imported, and return pytest's exit status."""
    child = os.fork()
    if child == 0:
        sys.dont_write_bytecode = False
        ended = tested(tests)
        KNOWN.write_bytes(orjson.dumps({"imported": ahead(module), "took": ORDER.took}))
        os._exit(ended)
    if ended := awaited(child):
        return ended
    known = orjson.loads(KNOWN.read_bytes())
    ORDER.took.update(known["took"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in known["imported"]:
            try:
                importlib.import_module(name)
            except ImportError:  # the name of a module that a library made at run time
                continue
    gc.freeze()
    return 0


def tested(tests: list[str]) -> int:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_CPU_S, LONGEST_CPU_S))
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    # No shrinking of examples, the same examples each time, and no failures for slowness.
    phases = [Phase.explicit, Phase.generate]
    settings.register_profile("mutants", phases=phases, deadline=None, derandomize=True, database=None)
    settings.load_profile("mutants")
    longest_s = max(SHORTEST_LIMIT_S, PATIENCE * max(ORDER.took.values(), default=SHORTEST_LIMIT_S))
    options = [*OPTIONS, f"--timeout={longest_s:.0f}", f"--basetemp={HERE / 'made'}"]
    return int(pytest.main([*options, *tests], plugins=[ORDER]))


def awaited(child: int) -> int:
    """Wait for the end of a child; return its exit status, below 0 when a signal ended it."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def ahead(module: Path) -> list[str]:
    """Return the names of imported modules that do not import a module, even indirectly, in the order of import."""
    own = {name: imported(Path(file)) for name, file in files().items() if Path(file).is_relative_to(HERE)}
    importing = {".".join(module.with_suffix("").parts)}
    while found := {name for name, names in own.items() if names & importing} - importing:
        importing |= found
    return [name for name in files() if not name.startswith(NEVER_AHEAD) and name not in importing]


def files() -> dict[str, str]:
    return {name: file for name, module in sys.modules.items() if (file := getattr(module, "__file__", None))}


def imported(path: Path) -> set[str]:
    """Return the names of all that a module imports or may import: `from a import b` can import the module `a.b`."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return names


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2:])
