"""`passports serve`."""

import sys
import webbrowser
from pathlib import Path

from starlette.types import ASGIApp

from flows.api.application import application
from flows.api.nginx import configuration
from flows.api.server import listen, serve_with
from flows.audit.opened import TrustOptions
from flows.client.registry import Registry
from flows.commands import terminal
from flows.config.clock import clock_of, source_date_epoch
from flows.config.settings import SettingsError, read_settings
from flows.registry.signed_files import EmptyStoreError
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.registry.layout import POINTER_KEY


def serve(
    store_url: str | None,
    trusting: TrustOptions,
    *,
    port: int,
    host: str,
    nginx: bool,
    workers: int,
    rate: float,
    browser: bool = False,
) -> None:
    """Serve a store's site and API until interrupted, or with `nginx` print a configuration for it that does.

    Raise EmptyStoreError where nothing is published, and with `nginx` SettingsError where the store is no directory.
    """
    settings = read_settings(store=store_url)
    if nginx:
        store = open_store(settings.store)
        if not isinstance(store, LocalStore):
            raise SettingsError("--nginx: the store must be a directory; serve a bucket by its own service")
        terminal.OUT.out(configuration(str(Path(store.name).resolve()), port=port, name="_"), end="", highlight=False)
        return
    opened = open_store(settings.store)
    if not opened.exists(POINTER_KEY):
        raise EmptyStoreError(opened)
    clock = clock_of(source_date_epoch())

    def made() -> ASGIApp:
        store = open_store(settings.store)
        return application(
            store, lambda: Registry(store, settings, trusting, clock), log=log_line, requests_a_second=rate
        )

    listening = listen(host, port)
    terminal.note(f"serving {settings.store} at {listening.address} until Ctrl-C")
    if browser:
        webbrowser.open_new_tab(listening.address)
    serve_with(made, listening, workers=workers)


def log_line(line: str) -> None:
    """Write a line of the access log to standard error."""
    sys.stderr.write(f"{line}\n")
