"""Servers on this machine: one notes who connected and answers each with the same bytes, one serves a folder."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple


class Listener(NamedTuple):
    host: str
    port: int
    seen: list[bytes]
    """The beginning of each request that came."""


@contextmanager
def listener(answer: bytes = b"", host: str = "127.0.0.1", port: int = 0) -> Iterator[Listener]:
    seen: list[bytes] = []
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    with client, suppress(OSError):
                        client.settimeout(5)
                        seen.append(client.recv(65536))
                        client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Listener(host, server.getsockname()[1], seen)
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """Serve the files of a folder as `python -m http.server` does; yields its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            serving.join()
