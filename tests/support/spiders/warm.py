"""Starts crawls fast: forked from a process that has already imported Scrapy and the spiders, and compiled the rules.

Starting is most of the time of a crawl in a test, and it is the same each time. Arguments, environment, pipes, signals
and exit status are those of the real command, which `tests/flows/crawl/test_process.py` runs; `warm_client.py` is run
in its place and passes them on.
"""

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.hub_records import card, repository
from tests.support.listings import endpoints, listing
from tests.support.waiting import until

if TYPE_CHECKING:
    from flows.crawl.process import CrawlOrder

ROOT = Path(__file__).parents[3]
CLIENT = Path(__file__).with_name("warm_client.py")
PRELOADED = (
    "scrapy.cmdline",
    "scrapy.commands.crawl",
    "scrapy.crawler",
    "scrapy.core.engine",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.extensions.throttle",
    "scrapy.downloadermiddlewares.robotstxt",
    "scrapy.downloadermiddlewares.httpcompression",
    "scrapy.spiderloader",
    "pipelines.item_pipeline",
    "spiders.extensions.crawl_file",
    "spiders.download.retries",
    "spiders.openrouter.spider",
    "spiders.huggingface.spider",
    "spiders.modelsdev",
    "spiders.github",
)
NOT_PRELOADED = ("spiders.settings", "twisted.internet.reactor")
"""Modules that read their environment, or start something, when they are imported."""
CARD = """# Heron

A small model that answers questions. It may be wrong about rivers.

## Limitations

The model can hallucinate facts about birds.

## Einschränkungen

Das Modell kann falsche Angaben machen.
"""
"""A card for whose sentences the rules about texts are needed, those in other languages as well."""
LARGEST_ORDER = 2**20
PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>."""


class Warm:
    """The server that crawls are forked from, started by the first crawl."""

    def __init__(self, folder: Path) -> None:
        self.address = folder / "s"
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, order: "CrawlOrder") -> list[str]:
        """Return the command of a crawl like `flows.crawl.process`, but for a forked one."""
        if self._process is None:
            self._start()
        given = [f"-a{name}={value}" for name, value in order.arguments.items()]
        given += [f"-s{name}={value}" for name, value in order.settings.items()]
        return [sys.executable, "-I", "-S", str(CLIENT), str(self.address), "crawl", order.source, *given]

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        command = [sys.executable, "-m", "tests.support.spiders.warm", str(self.address), str(os.getpid())]
        self._process = subprocess.Popen(command, cwd=ROOT)
        process = self._process
        until(lambda: self.address.exists() or process.poll() is not None)
        assert process.poll() is None


@contextlib.contextmanager
def warm_crawls() -> Iterator[Warm]:
    """Fork crawls from a server until the context ends."""
    with tempfile.TemporaryDirectory(prefix="warm-") as folder:
        warm = Warm(Path(folder))
        try:
            yield warm
        finally:
            warm.end()


def _serve(address: str, parent: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    for name in PRELOADED:
        import_module(name)
    read_records()
    assert not [name for name in NOT_PRELOADED if name in sys.modules]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(f"{address}.new")
        listening.listen()
        Path(f"{address}.new").rename(address)
        while True:
            asked, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                os._exit(_attend(asked))
            asked.close()


def read_records() -> None:
    """Read a record of each kind, as the rules that its reader needs are compiled then."""
    listing()
    endpoints({})
    repository()
    card(CARD)


def _attend(asked: socket.socket) -> int:
    """Run one crawl as a child of this process; kill it when its client has died."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    order, pipes, _, _ = socket.recv_fds(asked, LARGEST_ORDER, 3)
    attendant = os.getpid()
    crawl = os.fork()
    if crawl == 0:
        asked.close()
        os._exit(_crawl(json.loads(order), pipes, attendant))
    for pipe in pipes:
        os.close(pipe)
    asked.send(str(crawl).encode())
    ended = os.pidfd_open(crawl)
    ready, _, _ = select.select([asked, ended], [], [])
    if ended not in ready:  # the client sends nothing more, so it has died
        os.kill(crawl, signal.SIGKILL)
    _, status = os.waitpid(crawl, 0)
    with contextlib.suppress(OSError):
        asked.send(str(os.waitstatus_to_exitcode(status)).encode())
    return 0


def _crawl(order: dict[str, object], pipes: list[int], parent: int) -> int:
    """Run the crawl of an order in this process, and return its exit status."""
    for place, pipe in enumerate(pipes):
        os.dup2(pipe, place)
        os.close(pipe)
    environment, arguments, folder = order["environment"], order["arguments"], order["folder"]
    assert isinstance(environment, dict)
    assert isinstance(arguments, list)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(str(folder))
    ended: object = 0
    try:
        own = [f"-sPARENT_PID={parent}" if one.startswith("-sPARENT_PID=") else one for one in arguments]
        import_module("scrapy.cmdline").execute(["scrapy", *own])
    except SystemExit as ending:
        ended = ending.code
    sys.stdout.flush()
    sys.stderr.flush()
    return ended if isinstance(ended, int) else 1 if ended else 0


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
