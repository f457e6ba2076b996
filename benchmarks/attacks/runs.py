"""How commands and functions end that are run in a process of their own: what they gave, and what they took."""

import json
import os
import re
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class Ran(NamedTuple):
    """How a command ended."""

    code: int | None
    """Exit status; None where it had to be killed as its time was up."""
    out: str
    err: str
    took_s: float
    peak_mb: float

    @property
    def said(self) -> str:
        """All that it printed."""
        return f"{self.out}\n{self.err}"

    @property
    def document(self) -> Any:  # noqa: ANN401 - JSON can be anything
        """What it printed as JSON; empty where that is none."""
        try:
            return json.loads(self.out)
        except ValueError:
            return {}

    def faults(self, *, code: int, says: str = "") -> list[str]:
        """Name what is otherwise than expected: the exit status, a word that must be said, a traceback."""
        found = []
        if self.code != code:
            words = [line for line in (self.err.strip() or self.out).splitlines() if re.search("[a-z]{3}", line)]
            ended = "had not ended in time" if self.code is None else f"exit {self.code}"
            found.append(f"{ended}, not {code}: {words[-1][:160] if words else ''}")
        elif says and says.lower() not in self.said.lower():
            found.append(f"does not say {says!r}")
        return [*found, *(["a traceback"] if "Traceback (most recent call last)" in self.said else [])]


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
    except Exception as raised:  # noqa: BLE001 - told to who asked
        error = f"{type(raised).__name__}: {raised}"[:300]
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pipe.send((gave, time.process_time() - begun, peak_mb, error))


def ended(process: subprocess.Popen[bytes], deadline: float) -> tuple[int | None, float]:
    """Wait for a process, or kill it in the end; its exit status and the most memory that it or a child of it had."""
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, used.ru_maxrss / 1024
        if time.monotonic() > deadline:
            os.killpg(process.pid, signal.SIGKILL)
            _, _, used = os.wait4(process.pid, 0)
            process.returncode = -signal.SIGKILL
            return None, used.ru_maxrss / 1024
        time.sleep(0.02)
