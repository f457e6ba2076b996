"""`passports serve`."""

import sys
import webbrowser
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp

from flows.api.application import application
from flows.api.nginx import configuration
from flows.api.server import listen, serve_with
from flows.audit.opened import TrustOptions
from flows.client.opening import RECORDING_NOTE, is_recording, opener
from flows.commands import terminal
from flows.config.clock import source_date_epoch
from flows.config.settings import read_settings
from flows.errors import SettingsError
from flows.registry.signed_files import EmptyStoreError
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.registry.layout import POINTER_KEY


@dataclass(frozen=True)
class Server:
    """How a store is served: where, by how many processes, and how much."""

    host: str
    port: int
    workers: int
    requests_a_second: float
    """Searches and the like that one address may ask for; 0: any."""
    browser: bool
    """Whether the site is opened in a browser."""


def print_nginx(store_url: str | None, port: int) -> None:
    """Print a configuration for nginx that serves a store; raise SettingsError where the store is no directory."""
    store = open_store(read_settings(store=store_url).store)
    if not isinstance(store, LocalStore):
        raise SettingsError("--nginx: the store must be a directory; serve a bucket by its own service")
    terminal.OUT.out(configuration(str(Path(store.name).resolve()), port=port, name="_"), end="", highlight=False)


def serve(store_url: str | None, trusting: TrustOptions, server: Server) -> None:
    """Serve a store's site and API until interrupted; raise EmptyStoreError where nothing is published."""
    settings = read_settings(store=store_url)
    store, epoch = open_store(settings.store), source_date_epoch()
    if not store.exists(POINTER_KEY):
        raise EmptyStoreError(store)

    def made() -> ASGIApp:
        store = open_store(settings.store)
        opened = opener(store, settings, trusting, epoch=epoch)
        return application(store, opened, log=log_line, requests_a_second=server.requests_a_second)

    listening = listen(server.host, server.port)
    if is_recording(store, settings, trusting, epoch=epoch):
        terminal.note(RECORDING_NOTE)
    terminal.note(f"serving {settings.store} at {listening.address} until Ctrl-C")
    if server.browser:
        webbrowser.open_new_tab(listening.address)
    serve_with(made, listening, workers=server.workers)


def log_line(line: str) -> None:
    """Write a line of the access log to standard error."""
    sys.stderr.write(f"{line}\n")
