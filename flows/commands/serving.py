"""`passports serve`."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from flows import terminal
from flows.nginx import configuration
from flows.serving import answer
from flows.settings import SettingsError, read_settings
from flows.store import open_store
from flows.store.base import Store
from flows.store.local import LocalStore

IDLE_S = 30


class Handler(BaseHTTPRequestHandler):
    """Hands requests to `flows.serving.answer`."""

    protocol_version = "HTTP/1.1"
    server_version = "passports"
    sys_version = ""
    timeout = IDLE_S
    store: ClassVar[Store]

    def handle_any(self) -> None:
        """Answer; a request's body is not read, so the connection ends after one that has any."""
        asked = {name.lower(): value for name, value in self.headers.items()}
        given = answer(self.store, self.command, self.path, asked)
        self.close_connection = self.close_connection or asked.keys() & {"content-length", "transfer-encoding"} != set()
        self.send_response(given.status)
        for name, value in given.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(given.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(given.body)

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815 - http.server's names

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
        """Log a request without control characters."""
        terminal.note(f"{self.address_string()} {format % arguments}")


def serve(store_url: str | None, *, port: int, host: str, nginx: bool) -> None:
    """Serve until interrupted, or write nginx's configuration for the same."""
    settings = read_settings(store=store_url)
    store = open_store(settings.store)
    if nginx:
        if not isinstance(store, LocalStore):
            raise SettingsError("--nginx: nginx serves a directory; a bucket is served by its own service")
        terminal.OUT.out(configuration(str(Path(store.name).resolve()), port=port, name="_"), end="", highlight=False)
        return
    with server(store, host, port) as listening:
        terminal.note(f"serving {store.name} at http://{host}:{listening.server_port}/ until Ctrl-C")
        listening.serve_forever()


def server(store: Store, host: str, port: int) -> ThreadingHTTPServer:
    """Listen; port 0 takes any that is free. Raises SettingsError where it cannot."""
    try:
        return ThreadingHTTPServer((host, port), type("StoreHandler", (Handler,), {"store": store}))
    except (OSError, OverflowError) as error:
        raise SettingsError(f"cannot listen at {host}:{port}: {error}: choose another --port") from None
