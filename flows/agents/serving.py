"""`passports mcp`: serves the tools of a store until interrupted."""

import time
from collections.abc import Callable

from flows.agents.server import agent_server, http_application
from flows.api.current import CurrentRegistry
from flows.api.server import listen, server_of
from flows.audit.opened import TrustOptions
from flows.client.registry import Registry
from flows.config.clock import clock_of, source_date_epoch
from flows.config.settings import read_settings
from flows.registry.signed_files import EmptyStoreError
from flows.store.open import open_store
from pipelines.registry.layout import POINTER_KEY


def serve_tools(
    store_url: str | None, trusting: TrustOptions, *, http: bool, host: str, port: int, note: Callable[[str], None]
) -> None:
    """Serve a registry's tools to agents: over standard input and output, or over HTTP; `note` gets the address."""
    settings, clock = read_settings(store=store_url), clock_of(source_date_epoch())
    store = open_store(settings.store)
    if not store.exists(POINTER_KEY):
        raise EmptyStoreError(store)
    server = agent_server(CurrentRegistry(lambda: Registry(store, settings, trusting, clock), time.monotonic))
    if not http:
        server.run("stdio")
        return
    listening = listen(host, port)
    note(f"serving tools of {settings.store} at {listening.address}mcp until Ctrl-C")
    server_of(http_application(server, host), lifespan=True).run(sockets=[listening.socket])
