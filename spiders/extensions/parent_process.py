"""Ends a crawl when the process that started it ends, in whatever way."""

import ctypes
import os
import signal
import sys
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>: the signal that a process gets when its parent dies."""


class ParentDeath:
    """Ends the crawl when the process PARENT_PID ends, in whatever way (Linux only).

    The crawl asks the kernel for this itself: between fork and exec it would be unsafe, as the parent has threads. The
    signal is SIGKILL, since no process is left to read what an orderly end would write.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Let the crawl end with its parent process; raise NotConfigured without PARENT_PID, or where not on Linux."""
        parent = crawler.settings.getint("PARENT_PID")
        if not parent or sys.platform != "linux":
            raise NotConfigured
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent ended before the request
            os.kill(os.getpid(), signal.SIGKILL)
        return cls()
