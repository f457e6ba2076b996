"""Starts child processes fast: forked from a server that has already imported everything."""

import multiprocessing
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from multiprocessing.forkserver import set_forkserver_preload
from types import ModuleType
from unittest.mock import patch


def start(target: Callable[..., None], *arguments: object) -> ForkServerProcess:
    """Start a function of a test module in a separate process."""
    set_forkserver_preload(["tests.support.publications"])
    child = multiprocessing.get_context("forkserver").Process(target=target, args=arguments)
    with patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):  # otherwise each child imports pytest first
        child.start()
    return child


def run(target: Callable[..., None], *arguments: object) -> int | None:
    """Run a function in a separate process; return its exit code, or minus the signal that killed it."""
    child = start(target, *arguments)
    child.join()
    return child.exitcode
