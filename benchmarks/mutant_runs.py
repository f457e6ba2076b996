"""Runs the tests of a module that was broken, each time in a process that begins with what the tests import anyway.

Started by `benchmarks.mutants` in a copy of the tree, for one module and its tests: reads one order a line, and answers
it with one line. Each run is forked from this process, which has imported all that does not import the module.
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
"""What reads its surroundings, or starts something, when it is imported; and what pytest imports in its own way."""
HERE = Path.cwd()
OPTIONS = [
    "-x",
    "-pno:cacheprovider",
    "-pno:xdist",
    "-pno:hypothesispytest",
    "-Wignore::pytest.PytestAssertRewriteWarning",
]
"""Hypothesis' plugin reads every module before the first test, and its tests need it not; pytest would warn of what was
imported ahead."""
PATIENCE = 6
"""How many times as long as of the unbroken module a test may take: one that loops takes this long, and fails."""
SHORTEST_LIMIT_S = 20.0
LONGEST_CPU_S = 600
"""For what loops outside of any test."""
KNOWN = HERE / "known.json"
"""What an unbroken run hands on: what it imported, and how long each test took."""


class QuickestFirst:
    """What pytest tells how long each test took, and asks in which order to run them."""

    def __init__(self) -> None:
        self.took: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up what setting up, running and clearing up took."""
        self.took[report.nodeid] += report.duration

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Begin with the quickest test, as one that fails is enough."""
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
    """Put a text in the place of a module and run tests until one fails: pytest's exit status."""
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
    """Run tests of the module as it is, which compiles them, and import what they import: pytest's exit status."""
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
            except ImportError:  # a name of something that a library made at run time
                continue
    gc.freeze()
    return 0


def tested(tests: list[str]) -> int:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_CPU_S, LONGEST_CPU_S))
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    # The first example that fails is enough, the same are tried each time, and slowness is no failure.
    phases = [Phase.explicit, Phase.generate]
    settings.register_profile("mutants", phases=phases, deadline=None, derandomize=True, database=None)
    settings.load_profile("mutants")
    longest_s = max(SHORTEST_LIMIT_S, PATIENCE * max(ORDER.took.values(), default=SHORTEST_LIMIT_S))
    options = [*OPTIONS, f"--timeout={longest_s:.0f}", f"--basetemp={HERE / 'made'}"]
    return int(pytest.main([*options, *tests], plugins=[ORDER]))


def awaited(child: int) -> int:
    """Wait for the end of a child: its exit status, below 0 when a signal ended it."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def ahead(module: Path) -> list[str]:
    """Names of the modules that are imported now and do not import a module, in the order in which they were."""
    own = {name: imported(Path(file)) for name, file in files().items() if Path(file).is_relative_to(HERE)}
    importing = {".".join(module.with_suffix("").parts)}
    while found := {name for name, names in own.items() if names & importing} - importing:
        importing |= found
    return [name for name in files() if not name.startswith(NEVER_AHEAD) and name not in importing]


def files() -> dict[str, str]:
    return {name: file for name, module in sys.modules.items() if (file := getattr(module, "__file__", None))}


def imported(path: Path) -> set[str]:
    """Names of all that a module imports, and of what it may import: `from a import b` can be the module `a.b`."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return names


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2:])
