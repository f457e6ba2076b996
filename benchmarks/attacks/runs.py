"""How commands and functions end that are run in a process of their own: what they gave, and what they took."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from schemas.verdict import Verdict

LOOK_EVERY_S = 0.03


class Ran(NamedTuple):
    """How a command ended."""

    code: int | None
    """Exit status; None where it had to be killed as its time was up."""
    out: str
    err: str
    took_s: float
    peak_mb: float

    @property
    def output(self) -> str:
        """All that it printed."""
        return f"{self.out}\n{self.err}"

    @property
    def document(self) -> Any:  # noqa: ANN401 - JSON can be anything
        """What it printed as JSON; empty where that is none."""
        try:
            return json.loads(self.out)
        except ValueError:
            return {}

    def objections(self) -> list[str]:
        """Name the verdicts that it gave and that are not good; without one, what it says about a registry's file."""
        if self.code == 0:
            return []
        found = [verdict for verdict in Verdict if not verdict.good and re.search(rf"\b{verdict}\b", self.output)]
        named = re.search(r"(registry/\S+) ([a-z][^:(]{3,50})", " ".join(self.output.split()))
        return [str(verdict) for verdict in found] or ([f"{named[1]} {named[2].strip()}"] if named else [])

    def faults(self, *, code: int, says: str = "") -> list[str]:
        """Name what is otherwise than expected: the exit status, a word that must be printed, a traceback."""
        found = []
        if self.code != code:
            words = [line for line in (self.err.strip() or self.out).splitlines() if re.search("[a-z]{3}", line)]
            ended = "had not ended in time" if self.code is None else f"exit {self.code}"
            found.append(f"{ended}, not {code}: {words[-1][:160] if words else ''}")
        elif says and says.lower() not in self.output.lower():
            found.append(f"does not say {says!r}")
        return [*found, *(["a traceback"] if "Traceback (most recent call last)" in self.output else [])]


class Measured(NamedTuple):
    """What a function gave, and what it took."""

    gave: Any
    cpu_s: float
    peak_mb: float
    error: str


def measure(pipe: Any, work: Callable[..., Any], given: tuple[object, ...]) -> None:  # noqa: ANN401 - a connection
    begun, gave, error = time.process_time(), None, ""
    try:
        gave = work(*given)
    except Exception as raised:  # noqa: BLE001 - reported to who asked
        error = f"{type(raised).__name__}: {raised}"[:300]
    pipe.send((gave, time.process_time() - begun, _peak_mb(os.getpid()), error))


def ended(process: subprocess.Popen[bytes], deadline: float) -> tuple[int | None, float]:
    """Wait for a process, or kill it in the end; its exit status and the most memory that it or one below it had."""
    peak_mb = 0.0
    while True:
        peak_mb = max(peak_mb, *map(_peak_mb, _family(process.pid)))
        if process.poll() is not None:
            return process.returncode, peak_mb
        if time.monotonic() > deadline:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None, peak_mb
        time.sleep(LOOK_EVERY_S)


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return [pid]
    return [pid, *(below for child in children for below in _family(int(child)))]


def _peak_mb(pid: int) -> float:
    """The most that a process ever had since it runs its program; what the system reports in the end counts more."""
    try:
        found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text("utf-8"))
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0
