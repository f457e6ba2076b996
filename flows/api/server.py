"""Listens, and serves the application from one or several processes."""

import errno
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import NamedTuple

import uvicorn
from starlette.types import ASGIApp

from flows.api.connections import TimedConnection
from flows.config.scratch import close_all
from flows.errors import FlowError, SettingsError

BACKLOG = 1024
PORT_ERRORS = {errno.EADDRINUSE, errno.EACCES}
ANOTHER_HOST = "--host must be an address of this machine: 127.0.0.1, or 0.0.0.0 for all of them"


class ServerEndedError(FlowError):
    """A serving process has ended by itself."""


class Listening(NamedTuple):
    """A socket that listens."""

    socket: socket.socket
    host: str
    port: int

    @property
    def address(self) -> str:
        """The address to open."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{shown}:{self.port}/"


def listen(host: str, port: int) -> Listening:
    """Return a listening socket; port 0 is any free one. Raises SettingsError."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = _bound(family, host, port)
    except (OSError, OverflowError) as error:
        remedy = "choose another --port" if getattr(error, "errno", None) in PORT_ERRORS else ANOTHER_HOST
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"cannot listen on {host}:{port}: {reason}: {remedy}") from None
    return Listening(listening, host, listening.getsockname()[1])


def _bound(family: int, host: str, port: int) -> socket.socket:
    """Return a listening socket of TCP by name: only of such asyncio sends small pieces without a wait of 40 ms."""
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except BaseException:
        listening.close()
        raise
    return listening


def server_of(app: ASGIApp, *, lifespan: bool = False) -> uvicorn.Server:
    """Return the server of an application: `run(sockets=[…])` serves until `should_exit`.

    `lifespan` is whether the application has to be started and ended.
    """
    config = uvicorn.Config(
        app,
        http=TimedConnection,
        ws="none",
        lifespan="on" if lifespan else "off",
        access_log=False,
        log_level="error",
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    return uvicorn.Server(config)


def serve_with(make: Callable[[], ASGIApp], listening: Listening, *, workers: int) -> None:
    """Serve until interrupted; each of several processes makes its own application.

    Raises ServerEndedError where a process ended by itself: the others are ended too.
    """
    if workers == 1:
        run_until_asked(server_of(make()), listening)
        return
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_serve, args=(make, listening), daemon=True) for _ in range(workers)]
    for child in children:
        child.start()
    stop = _Stop()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    ended = multiprocessing.connection.wait([child.sentinel for child in children])
    for child in children:
        child.terminate()
        child.join()
    if ended and not stop.asked:
        raise ServerEndedError("a serving process has ended by itself: its output above has the reason")


class _Stop:
    """Notes that the server is to stop; the processes get the signal of a terminal themselves."""

    asked = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.asked = True
        for child in multiprocessing.active_children():
            child.terminate()


def run_until_asked(server: uvicorn.Server, listening: Listening) -> None:
    """Serve until SIGTERM or Ctrl-C, then leave no temporary folder; SIGTERM ends it without an error."""

    def stop(number: int, frame: FrameType | None) -> None:  # before uvicorn has begun, and when it sends it once more
        del number, frame
        server.should_exit = True

    signal.signal(signal.SIGTERM, stop)
    try:
        server.run(sockets=[listening.socket])
    finally:
        close_all()


def _serve(make: Callable[[], ASGIApp], listening: Listening) -> None:
    run_until_asked(server_of(make()), listening)
    sys.stdout.flush()
    os._exit(0)
