"""`passports mcp`: serves the tools of a store until interrupted."""

import time
from collections.abc import Callable

from flows.agents.server import agent_server, http_application
from flows.api.current import CurrentRegistry
from flows.api.server import listen, run_until_asked, server_of
from flows.audit.opened import TrustOptions
from flows.client.opening import RECORDING_NOTE, is_recording, opener
from flows.config.clock import source_date_epoch
from flows.config.settings import read_settings
from flows.registry.signed_files import EmptyStoreError
from flows.store.open import open_store
from pipelines.registry.layout import POINTER_KEY


def serve_tools(
    store_url: str | None, trusting: TrustOptions, http: tuple[str, int] | None, note: Callable[[str], None]
) -> None:
    """Serve a registry's tools to agents: over HTTP at a host and port (`note` gets the address), or over stdio."""
    settings, epoch = read_settings(store=store_url), source_date_epoch()
    store = open_store(settings.store)
    if not store.exists(POINTER_KEY):
        raise EmptyStoreError(store)
    server = agent_server(CurrentRegistry(opener(store, settings, trusting, epoch=epoch), time.monotonic))
    if is_recording(store, settings, trusting, epoch=epoch):
        note(RECORDING_NOTE)
    if http is None:
        server.run("stdio")
        return
    listening = listen(*http)
    note(f"serving tools of {settings.store} at {listening.address}mcp until Ctrl-C")
    run_until_asked(server_of(http_application(server, listening.host), lifespan=True), listening)
