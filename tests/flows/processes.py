"""Child processes that start fast: forked from a server that has imported everything already."""

import multiprocessing
from multiprocessing.context import ForkServerContext
from multiprocessing.forkserver import set_forkserver_preload


def context() -> ForkServerContext:
    set_forkserver_preload(["tests.flows.publishing"])
    return multiprocessing.get_context("forkserver")
