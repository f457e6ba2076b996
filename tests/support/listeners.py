"""Servers on this machine that note who connected, and answer each connection with the same bytes."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
