"""Makes small changes to modules, one at a time, and shows those that no test notices (`make mutants`).

`python -m benchmarks.mutants [WORD …]` changes the modules of `mutants.toml` whose path contains a word, or all.
Survivors that docs/mutants.md gives a reason for are counted and not shown. Exits with 1 when there are others, or when
docs/mutants.md names one that does not survive any more.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson

from benchmarks.mutant_operators import Mutant, mutants

ROOT = Path(__file__).resolve().parents[1]
TESTED_BY = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
"""Path of a module → paths of the tests that must notice its mutants."""
REASONS = ROOT / "docs" / "mutants.md"
REASONED = "- `"
"""Beginning of a line of docs/mutants.md that names a survivor: "- `life.stamp: 1024 → 1025`: because …"."""
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "node_modules")
SIDE_BY_SIDE = os.cpu_count() or 1
PASSED = 0


class Worker:
    """A process that runs the tests of mutants of a module, in a copy of the tree."""

    def __init__(self, folder: Path, module: str) -> None:
        pipe = subprocess.PIPE
        surroundings = {**os.environ, "PYTHONPATH": str(folder)}
        command = [sys.executable, "-m", "benchmarks.mutant_runs", module, *TESTED_BY[module]]
        self._process = subprocess.Popen(command, cwd=folder, env=surroundings, stdin=pipe, stdout=pipe)  # noqa: S603 - ourselves
        if self._answer() != PASSED:
            sys.exit(f"the tests of {module} fail as it is: mend them first")

    def survives(self, mutant: Mutant) -> bool:
        """Whether all tests pass with the mutant."""
        assert self._process.stdin
        self._process.stdin.write(orjson.dumps({"text": mutant.text}) + b"\n")
        self._process.stdin.flush()
        return self._answer() == PASSED

    def _answer(self) -> int:
        """Return the next exit status of the tests; the first one is that of the unchanged module."""
        assert self._process.stdout
        return int(self._process.stdout.readline())

    def end(self) -> None:
        """Close the process's input, so that it ends, and wait for that."""
        self._process.communicate()


def survivors_of(module: str, found: Iterable[Mutant], copies: Sequence[Path]) -> set[str]:
    """Return the names of mutants that no test notices, trying as many at a time as there are copies of the tree."""
    waiting, taking, survivors = iter(found), threading.Lock(), set()

    def work(folder: Path) -> None:
        worker = Worker(folder, module)
        while True:
            with taking:
                mutant = next(waiting, None)
            if mutant is None:
                return worker.end()
            if worker.survives(mutant):
                survivors.add(mutant.name)

    with ThreadPoolExecutor(len(copies)) as pool:
        for _ in pool.map(work, copies):  # raises what went wrong
            pass
    return survivors


def reasoned() -> set[str]:
    """Return the names of the mutants that docs/mutants.md gives a reason for."""
    lines = REASONS.read_text("utf-8").splitlines()
    return {line.removeprefix(REASONED).partition("`")[0] for line in lines if line.startswith(REASONED)}


def main(words: Sequence[str]) -> int:
    modules = [module for module in TESTED_BY if not words or any(word in module for word in words)]
    total, noticed, failed = 0, 0, False
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies = [Path(shutil.copytree(ROOT, f"{folder}/{n}", ignore=NOT_COPIED)) for n in range(SIDE_BY_SIDE)]
        for module in modules:
            started, stem = time.monotonic(), Path(module).stem
            found = mutants(stem, (ROOT / module).read_text("utf-8"))
            survivors = survivors_of(module, found, copies)
            total, noticed = total + len(found), noticed + len(found) - len(survivors)
            share, spent = 1 - len(survivors) / len(found), time.monotonic() - started
            print(f"{module}: {share:.1%} of {len(found)} are noticed, {len(survivors)} are not ({spent:.0f} s)")
            known = {name for name in reasoned() if name.startswith((f"{stem}:", f"{stem}."))}
            unknown = [mutant.name for mutant in found if mutant.name in survivors - known]
            for name in unknown:
                print(f"  not noticed: {name}")
            for name in sorted(known - survivors):
                print(f"  noticed now, or no mutant; take it out of docs/{REASONS.name}: {name}")
            sys.stdout.flush()
            failed |= bool(unknown or known - survivors)
    print(f"{noticed / total:.1%} of {total} mutants are noticed, {total - noticed} are not")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
