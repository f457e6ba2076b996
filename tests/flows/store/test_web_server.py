"""A store behind a web server is read from its own host alone, within bounds, and says what it did not get."""

import socket
import sys
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from flows.store import web_server
from flows.store.base import MissingKeyError, StoreUnavailableError, StoreUnfitError, TooLargeError
from flows.store.web_server import WebStore
from tests.support.listeners import listener

KEY = "registry/timestamp.json"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
SHORT = OK.replace(b"Length: 2", b"Length: 200")
ENDLESS = OK.replace(b"Content-Length: 2\r\n", b"") + b"x" * 100_000


def redirect(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


@pytest.fixture(autouse=True)
def _without_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "_WAITS_S", (0.0, 0.0))


def test_a_redirect_to_another_host_is_refused_and_nothing_is_asked_there() -> None:
    with listener(OK, "127.0.0.2") as other:
        for to in (f"http://127.0.0.2:{other.port}/{KEY}?sig=hush", f"//127.0.0.2:{other.port}/", "ftp://127.0.0.2/"):
            with listener(redirect(to)) as mirror, pytest.raises(StoreUnavailableError) as refused:
                WebStore(f"http://127.0.0.1:{mirror.port}").get(KEY)
            assert "redirects to" in str(refused.value)
            assert "hush" not in str(refused.value)
            assert len(mirror.seen) == 1
    assert other.seen == []


def test_a_name_that_led_to_the_internet_never_leads_into_a_private_network(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, real = [["127.0.0.1"]], socket.getaddrinfo

    def look_up(host: str, port: Any, **options: Any) -> list[Any]:
        assert host == "mirror.example"
        return [found for address in answers[0] for found in real(address, port, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    for module in ("flows.store.web_server", "flows.config.web"):
        monkeypatch.setattr(f"{module}.is_public", lambda address: address == "127.0.0.1")
    with listener(OK) as public, listener(OK, "127.0.0.2", public.port) as private:
        store = WebStore(f"http://mirror.example:{public.port}")
        assert store.get(KEY).body == b"{}"
        answers[0] = ["127.0.0.2"]
        with pytest.raises(StoreUnavailableError, match=r"leads to 127\.0\.0\.2"):
            store.get(KEY)
        answers[0] = ["127.0.0.2", "127.0.0.1"]
        assert store.get(KEY).body == b"{}"
        assert WebStore(f"http://mirror.example:{public.port}").get(KEY).body == b"{}"
    assert private.seen == []


def test_a_file_is_read_within_its_bound(tmp_path: Path) -> None:
    with listener(ENDLESS) as server:
        store = WebStore(f"http://127.0.0.1:{server.port}")
        with pytest.raises(TooLargeError):
            store.get(KEY, max_bytes=10)
        with pytest.raises(TooLargeError):
            store.save(KEY, tmp_path / "a", max_bytes=10)
        store.save(KEY, tmp_path / "b", max_bytes=200_000)
        store.save(KEY, tmp_path / "c", max_bytes=sys.maxsize)
    assert (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes() == b"{}" + b"x" * 100_000


def test_an_answer_in_drops_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "_DEADLINE_S", 0.3)
    late = pytest.raises(StoreUnavailableError, match="did not answer in time")
    with socket.create_server(("127.0.0.1", 0)) as silent, late:
        WebStore(f"http://127.0.0.1:{silent.getsockname()[1]}").get(KEY)


def test_a_file_of_any_size_ends_at_the_longest_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "_LONGEST_DEADLINE_S", 0.3)
    late = pytest.raises(StoreUnavailableError, match="did not answer in time")
    with socket.create_server(("127.0.0.1", 0)) as silent, late:
        WebStore(f"http://127.0.0.1:{silent.getsockname()[1]}").save(KEY, tmp_path / "a", max_bytes=2**34)


def test_an_answer_that_breaks_off_is_asked_for_again_and_then_reported() -> None:
    with listener(SHORT) as server, pytest.raises(StoreUnavailableError, match="IncompleteRead"):
        WebStore(f"http://127.0.0.1:{server.port}").get(KEY)
    assert len(server.seen) == 3


class Scripted(BaseHTTPRequestHandler):
    """Answers with the statuses of a list in turn, the last one for ever."""

    statuses: list[int]

    def do_GET(self) -> None:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        body = self.headers.get("Authorization", self.path).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def scripted() -> Iterator[tuple[str, list[int]]]:
    statuses: list[int] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Scripted,), {"statuses": statuses})) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield f"127.0.0.1:{server.server_port}", statuses
        server.shutdown()
        serving.join()


def test_a_server_that_is_busy_is_asked_again(scripted: tuple[str, list[int]]) -> None:
    host, statuses = scripted
    statuses += [503, 429, 200]
    assert WebStore(f"http://{host}/folder/?sig=a").get(KEY).body == f"/folder/{KEY}?sig=a".encode()
    statuses[:] = [503]
    with pytest.raises(StoreUnavailableError, match="503"):
        WebStore(f"http://{host}").get(KEY)


def test_what_a_server_refuses_is_told_apart(scripted: tuple[str, list[int]]) -> None:
    host, statuses = scripted
    store = WebStore(f"http://{host}")
    statuses += [404]
    assert not store.exists(KEY)
    with pytest.raises(MissingKeyError, match=KEY):
        store.get(KEY)
    statuses[:] = [403]
    with pytest.raises(StoreUnavailableError, match="access refused"):
        store.exists(KEY)
    statuses[:] = [200]
    assert store.exists(KEY)


def test_credentials_in_the_address_are_sent_and_not_shown(scripted: tuple[str, list[int]]) -> None:
    host, statuses = scripted
    statuses += [200]
    store = WebStore(f"http://user:hu%40sh@{host}/r")
    assert store.get(KEY).body == b"Basic " + b64encode(b"user:hu@sh")
    assert (store.name, repr(store)) == (f"http://{host}/r", f"WebStore('http://{host}/r')")


def test_nothing_is_written_or_listed() -> None:
    store, path = WebStore("http://127.0.0.1:9"), Path("none")
    for attempt in (
        lambda: store.create(KEY, b""), lambda: store.create_from(KEY, path), lambda: store.swap(KEY, b"", ""),
        lambda: store.put(KEY, b""), lambda: store.put_from(KEY, path), store.list, lambda: store.delete(KEY),
        store.barrier, store.lock,
    ):  # fmt: skip
        with pytest.raises(StoreUnfitError, match="neither written nor listed"):
            attempt()
