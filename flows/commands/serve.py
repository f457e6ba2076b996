"""`passports serve`."""

import webbrowser
from pathlib import Path

from flows.api.nginx import configuration
from flows.api.server import server
from flows.commands import terminal
from flows.config.settings import SettingsError, read_settings
from flows.registry.signed_files import EmptyStoreError
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.registry.layout import POINTER_KEY


def serve(store_url: str | None, *, port: int, host: str, nginx: bool, browser: bool = False) -> None:
    """Serve a store's site and API until interrupted, or with `nginx` print a configuration for it that does.

    Raise EmptyStoreError where nothing is published, and with `nginx` SettingsError where the store is no directory.
    """
    settings = read_settings(store=store_url)
    store = open_store(settings.store)
    if nginx:
        if not isinstance(store, LocalStore):
            raise SettingsError("--nginx: the store must be a directory; serve a bucket by its own service")
        terminal.OUT.out(configuration(str(Path(store.name).resolve()), port=port, name="_"), end="", highlight=False)
        return
    if not store.exists(POINTER_KEY):
        raise EmptyStoreError(f"nothing published yet at {store.name}: run `passports refresh` first")
    with server(store, host, port, terminal.note) as listening:
        address = f"http://{host}:{listening.server_port}/"
        terminal.note(f"serving {store.name} at {address} until Ctrl-C")
        if browser:
            webbrowser.open_new_tab(address)
        listening.serve_forever()
