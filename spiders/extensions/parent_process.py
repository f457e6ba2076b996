"""Ends a crawl when the process that started it ends, however that ended."""

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
    """Ends the crawl when the process named by PARENT_PID ends, however it does (Linux).

    It asks for itself, as asking between fork and exec is unsafe in a parent with threads. The signal is one that
    cannot be waited out: nobody is left to read what an orderly end would still write.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Ask the kernel; raise NotConfigured where nobody ordered the crawl, or the kernel is another one."""
        parent = crawler.settings.getint("PARENT_PID")
        if not parent or sys.platform != "linux":
            raise NotConfigured
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it went before we could ask
            os.kill(os.getpid(), signal.SIGKILL)
        return cls()
