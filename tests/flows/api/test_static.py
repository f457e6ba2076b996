"""`passports serve`, and nginx with the configuration written for it: over real connections, the same answers."""

import gzip
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from flows.api.application import application
from flows.api.nginx import configuration
from flows.api.server import listen
from flows.audit.copy_check import check_copy
from flows.errors import SettingsError
from flows.store.base import MAX_BLOB_BYTES, Blob, StoreUnavailableError
from flows.store.local import LocalStore
from flows.store.open import open_store
from pipelines.registry import layout
from pipelines.registry.export_keys import PASSPORT_LINES_KEY
from pipelines.signing.keys import jwk
from tests.support.api import opened, serving
from tests.support.listeners import web_server
from tests.support.object_stores import free_ports, wait_until
from tests.support.publications import SIGNER, passport, publish_versions, reader
from tests.support.waiting import LIMIT_S, until

SLUG = "acme-tern"
ODD = "model.json"
"""A slug that is not plainly safe."""


class Got(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def ask(port: int, target: str, method: str = "GET", **sent: str) -> Got:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
    connection.request(method, target, headers={name.replace("_", "-"): value for name, value in sent.items()})
    response = connection.getresponse()
    got = Got(response.status, {n.lower(): v for n, v in response.getheaders()}, response.read())
    connection.close()
    return got


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    store = LocalStore(tmp_path / "public")
    publish_versions(store, {SLUG: 1, ODD: 1})
    return store


@contextmanager
def served_by_us(store: LocalStore) -> Iterator[int]:
    with serving(application(store, lambda: opened(store), log=str)) as port:
        yield port


def nginx() -> str:
    unpacked = Path(__file__).parents[3] / ".tools/nginx/usr/sbin/nginx"
    found = str(unpacked) if unpacked.exists() else shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light)")
    return found


@contextmanager
def served_by_nginx(store: LocalStore) -> Iterator[int]:
    (port,) = free_ports(1)
    folder = Path(store.name).parent / "nginx"
    folder.mkdir()
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    written = configuration(store.name, port=port, name="_")
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "conf").write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nevents {{ }}\n"
        f"http {{\naccess_log off;\n{places}{written}}}\n"
    )
    command = [nginx(), "-p", folder, "-c", folder / "conf", "-e", folder / "log"]
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        wait_until(lambda: _answers(port), process, folder / "out")
        yield port
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        return ask(port, "/").status > 0
    except OSError:
        return False


@pytest.mark.store_server
@pytest.mark.parametrize("named", ["grün", "$host", 'a "b" \\c {d}; #e', "${x}"])
def test_nginx_serves_from_a_folder_of_any_name(tmp_path: Path, named: str) -> None:
    store = LocalStore(tmp_path / named)
    publish_versions(store, {SLUG: 1})
    with served_by_nginx(store) as port:
        got = ask(port, f"/api/v1/passport/{SLUG}")
    assert (got.status, got.body) == (200, store.get(f"api/v1/passport/{SLUG}").body)


@pytest.mark.store_server
def test_nginx_compresses_text_for_who_accepts_that(store: LocalStore) -> None:
    key = f"api/v1/passport/{SLUG}"
    with served_by_nginx(store) as port:
        got = ask(port, f"/{key}", accept_encoding="gzip")
    assert (got.headers["content-encoding"], got.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(got.body) == store.get(key).body
    assert len(got.body) < len(store.get(key).body) / 2


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), LIMIT_S)


def test_a_request_that_comes_byte_by_byte_does_not_hold_a_thread(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.api.connections.HEAD_S", 0.5)
    with served_by_us(store) as port, connected(port) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        with pytest.raises(OSError):  # noqa: PT011 - closed, however the system says so
            until(lambda: slow.sendall(b"a"))
        assert ask(port, f"/{SLUG}").status == 200


def test_connections_beyond_a_number_are_refused_and_those_that_end_make_room(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.api.connections.MOST_CONNECTIONS", 2)
    with served_by_us(store) as port:
        with connected(port) as one, connected(port) as other:
            for idle in (one, other):
                idle.sendall(b"GET / HTTP/1.1\r\n\r\n")
                assert idle.recv(12) == b"HTTP/1.1 200"
            with connected(port) as third:
                assert third.recv(1000).startswith(b"HTTP/1.1 503 ")
        until(lambda: _status(port) == 200)


def _status(port: int) -> int:
    try:
        return ask(port, f"/{SLUG}").status
    except OSError:
        return 0


@pytest.fixture(params=[served_by_us, pytest.param(served_by_nginx, marks=pytest.mark.store_server)])
def port(request: pytest.FixtureRequest, store: LocalStore) -> Iterator[int]:
    with request.param(store) as port:
        yield port


def test_every_key_is_served_as_the_one_function_says(store: LocalStore, port: int) -> None:
    for key in store.list():
        got = ask(port, f"/{key}")
        assert (got.status, got.body) == (200, store.get(key).body), key
        assert (got.headers["content-type"], got.headers["cache-control"]) == layout.headers(key), key
        assert got.headers["access-control-allow-origin"] == "*", key
        assert got.headers["x-content-type-options"] == "nosniff", key


def test_passports_and_pages_have_no_extension_and_their_type(port: int) -> None:
    assert ask(port, f"/api/v1/passport/{SLUG}").headers["content-type"] == "application/json"
    assert ask(port, f"/{SLUG}").headers["content-type"] == "text/html; charset=utf-8"
    assert ask(port, f"/{layout.page_key(ODD)}").headers["content-type"] == "text/html; charset=utf-8"
    assert ask(port, "/").headers["content-type"] == "text/html; charset=utf-8"
    assert ask(port, f"/api/v1/passport/{SLUG}?of=today").status == 200


def test_what_is_known_is_not_sent_again(port: int) -> None:
    first = ask(port, f"/api/v1/passport/{SLUG}")
    again = ask(port, f"/api/v1/passport/{SLUG}", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert "content-length" not in again.headers
    assert again.headers["etag"] == first.headers["etag"]
    assert ask(port, f"/api/v1/passport/{SLUG}", if_none_match='"other"').status == 200


def test_head_is_get_without_the_body(port: int) -> None:
    got, headed = ask(port, f"/{SLUG}"), ask(port, f"/{SLUG}", "HEAD")
    assert headed.body == b""
    assert headed.headers["content-length"] == str(len(got.body))
    assert headed.headers["content-type"] == got.headers["content-type"]


def test_a_page_of_another_site_may_ask(port: int) -> None:
    got = ask(port, f"/api/v1/passport/{SLUG}", "OPTIONS", origin="https://elsewhere.example")
    assert got.status == 204
    assert "content-length" not in got.headers
    assert got.headers["access-control-allow-origin"] == "*"
    assert "GET" in got.headers["access-control-allow-methods"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(store: LocalStore, port: int, method: str) -> None:
    assert ask(port, f"/{SLUG}", method).status == 405
    assert store.exists(SLUG)


@pytest.mark.parametrize(
    "target",
    [
        "/registry",
        "/registry/",
        "/registry/objects/",
        "/.tmp/write.lock",
        "/.tmp/",
        "/%2etmp/write.lock",
        "/nobody",
        "/../secret",
        "/%2e%2e/secret",
        "/api/v1/passport/..%2f..%2f..%2f..%2fsecret",
        "/registry/link",
    ],
)
def test_folders_hidden_files_links_and_what_is_outside_are_not_served(
    store: LocalStore, port: int, target: str
) -> None:
    secret = Path(store.name).parent / "secret"
    secret.write_bytes(b"secret")
    (Path(store.name) / "registry/link").symlink_to(secret)
    got = ask(port, target)
    assert got.status in {301, 400, 403, 404}
    assert b"secret" not in got.body
    assert b"objects" not in got.body


@pytest.mark.parametrize("target", ["/%ff", "//etc/passwd", "/a\x00b", "/%00", "/" + "a" * 5000])
def test_no_target_brings_our_server_down(store: LocalStore, target: str) -> None:
    with served_by_us(store) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
        connection.putrequest("GET", "/", skip_host=True)
        connection._buffer[0] = f"GET {target} HTTP/1.1".encode("latin-1")  # type: ignore[attr-defined]
        connection.endheaders()
        assert connection.getresponse().status in {400, 404}
        connection.close()
        assert ask(port, f"/{SLUG}").status == 200


def test_the_exports_of_a_store_behind_a_web_server_are_served(store: LocalStore) -> None:
    index = layout.search_key("0" * 64)
    for key in (PASSPORT_LINES_KEY, index):
        store.put(key, b"0123456789")
    with web_server(Path(store.name)) as url:
        behind = open_store(url)
        with serving(application(behind, lambda: opened(behind), log=str)) as port:
            assert ask(port, f"/{PASSPORT_LINES_KEY}").body == b"0123456789"
            got = ask(port, f"/{index}", range="bytes=2-4")
    assert (got.status, got.body) == (206, b"234")


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_that_is_asked_to_end_leaves_no_temporary_folder(
    store: LocalStore, tmp_path: Path, workers: int
) -> None:
    (port,), scratch = free_ports(1), tmp_path / "scratch"
    scratch.mkdir()
    (tmp_path / "key").write_text(json.dumps(jwk(SIGNER.public_key)))
    said = "import sys; from flows.entry import main; sys.exit(main())"
    options = [
        "serve",
        "--store",
        store.name,
        "--port",
        str(port),
        "--workers",
        str(workers),
        "--key",
        str(tmp_path / "key"),
    ]
    with (tmp_path / "out").open("wb") as out:
        env = os.environ | {"TMPDIR": str(scratch), "PASSPORTS_WORK": str(tmp_path)}
        process = subprocess.Popen([sys.executable, "-c", said, *options], stdout=out, stderr=out, env=env)
    try:
        wait_until(lambda: _answers(port), process, tmp_path / "out")
        ask(port, "/api/v1/search?q=tern")
        assert list(scratch.iterdir())
    finally:
        process.terminate()
    assert process.wait(LIMIT_S) == 0
    assert not list(scratch.iterdir())


def test_a_store_that_does_not_answer_is_a_503(tmp_path: Path) -> None:
    class Gone(LocalStore):
        def get(self, key: str, **_: int) -> object:  # type: ignore[override]
            raise StoreUnavailableError(key)

    with served_by_us(Gone(tmp_path)) as port:
        got = ask(port, f"/{SLUG}")
    assert (got.status, got.headers["retry-after"], got.headers["cache-control"]) == (503, "5", "no-store")


def test_a_store_that_ends_between_the_file_and_the_page_for_what_is_missing_is_a_503(tmp_path: Path) -> None:
    class Going(LocalStore):
        def get(self, key: str, *, max_bytes: int = MAX_BLOB_BYTES) -> Blob:
            if key == layout.NOT_FOUND_KEY:
                raise StoreUnavailableError(key)
            return super().get(key, max_bytes=max_bytes)

    with served_by_us(Going(tmp_path)) as port:
        got = ask(port, "/nowhere", accept="text/html")
    assert (got.status, got.headers["retry-after"]) == (503, "5")


def test_a_port_in_use_is_reported(store: LocalStore) -> None:
    with served_by_us(store) as port, pytest.raises(SettingsError, match=f"127.0.0.1:{port}: .* choose another"):
        listen("127.0.0.1", port)


def test_a_registry_is_read_through_the_server_that_serves_it(store: LocalStore, port: int) -> None:
    served = reader(open_store(f"http://127.0.0.1:{port}"))
    assert served.passport(SLUG) == passport(SLUG) == reader(store).passport(SLUG)
    assert check_copy(served, SLUG).verdict == "ok"
