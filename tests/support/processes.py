"""Child processes that start fast: forked from a server that has imported everything already."""

import multiprocessing
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from multiprocessing.forkserver import set_forkserver_preload
from types import ModuleType
from unittest.mock import patch


def start(target: Callable[..., None], *arguments: object) -> ForkServerProcess:
    """Run a function of a test module in a process of its own."""
    set_forkserver_preload(["tests.support.publications"])
    child = multiprocessing.get_context("forkserver").Process(target=target, args=arguments)
    with patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):  # else each child imports pytest first
        child.start()
    return child


def run(target: Callable[..., None], *arguments: object) -> int | None:
    """Run a function to its end; its exit code, or minus the signal that killed it."""
    child = start(target, *arguments)
    child.join()
    return child.exitcode
