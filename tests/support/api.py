"""Serves an application of the API in a thread, on a real socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from starlette.types import ASGIApp

from flows.api.server import listen, server_of
from flows.audit.opened import TrustOptions
from flows.client.registry import Registry
from flows.config.clock import Clock, fixed
from flows.config.settings import read_settings
from flows.store.base import Store
from tests.support.publications import AT
from tests.support.waiting import until


def opened(store: Store, *, key: str | None = None, clock: Clock | None = None) -> Registry:
    """Return the registry of a store, without a memory."""
    return Registry(store, read_settings(store=store.name), TrustOptions(key), clock or fixed(AT))


@contextmanager
def serving(app: ASGIApp, *, lifespan: bool = False) -> Iterator[int]:
    """Serve an application; yields its port."""
    listening = listen("127.0.0.1", 0)
    server = server_of(app, lifespan=lifespan)
    thread = Thread(target=server.run, args=([listening.socket],))
    thread.start()
    until(lambda: server.started, every_s=0.005)
    try:
        yield listening.port
    finally:
        server.should_exit = server.force_exit = True
        thread.join()
        listening.socket.close()
