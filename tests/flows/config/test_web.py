"""Addresses that others give lead to the internet alone, however they are spelled, resolved or redirected to."""

import socket
import time
from typing import Any
from urllib.error import HTTPError, URLError

import pytest

from flows.config import web
from flows.config.public_addresses import is_public
from flows.config.web import Fetching, PrivateAddressError, fetch
from tests.support.listeners import listener

BOUNDS = Fetching(1000, 5.0, private=False)
OK = b"HTTP/1.1 200 OK\r\nX-Says: yes\r\nConnection: close\r\n\r\n{}"


def redirect(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "0.0.0.1", "::", "::1",
     "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
     "::ffff:a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2001:db8::1",
     "2001:0:7f00:1::"],
)  # fmt: skip
def test_an_address_of_this_machine_or_a_private_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "LOCALHOST.", "2130706433", "0x7f000001", "017700000001", "127.1", "0", "00.0.0.0",
     "[::1]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]", "127.0.0.2", "user@127.0.0.1", "127.0.0.1%2f@127.0.0.1",
     "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021"],
)  # fmt: skip
def test_this_machine_is_not_connected_to_however_it_is_spelled(host: str) -> None:
    with listener(OK) as server, pytest.raises((OSError, ValueError)):
        fetch(f"http://{host}:{server.port}/", BOUNDS)
    assert server.seen == []


def test_this_machine_is_connected_to_where_that_is_allowed() -> None:
    with listener(OK) as server:
        answer = fetch(f"http://127.0.0.1:{server.port}/", BOUNDS._replace(private=True))
    assert (answer.body, answer.headers["X-Says"]) == (b"{}", "yes")


@pytest.fixture
def one_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.1 as an address of the internet, beside which 127.0.0.2 is private."""
    monkeypatch.setattr(web, "is_public", lambda address: address == "127.0.0.1")


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Names → the addresses that each look-up of them gives in turn, the last for ever."""
    names: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def look_up(host: str, port: Any, **options: Any) -> list[Any]:
        answers = names.get(host)
        if answers is None:
            return real(host, port, **options)
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        return [found for address in now for found in real(address, port, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


def test_a_name_that_resolves_to_a_private_address_is_refused(resolved: dict[str, list[list[str]]]) -> None:
    resolved["metadata.example"] = [["169.254.169.254"]]
    with pytest.raises(URLError) as refused:
        fetch("http://metadata.example/latest/meta-data/", BOUNDS)
    assert isinstance(refused.value.reason, PrivateAddressError)
    assert "metadata.example leads to 169.254.169.254" in str(refused.value)
    assert "PASSPORTS_ALLOW_PRIVATE" in str(refused.value)


@pytest.mark.usefixtures("one_is_public")
def test_the_address_that_was_checked_is_the_one_that_is_connected_to(resolved: dict[str, list[list[str]]]) -> None:
    with listener(OK) as public, listener(OK, "127.0.0.2", public.port) as private:
        resolved["rebinding.example"] = [["127.0.0.1"], ["127.0.0.2"]]
        assert fetch(f"http://rebinding.example:{public.port}/", BOUNDS).body == b"{}"
        with pytest.raises(URLError, match=r"leads to 127\.0\.0\.2"):
            fetch(f"http://rebinding.example:{public.port}/", BOUNDS)
    assert (len(public.seen), private.seen) == (1, [])


@pytest.mark.usefixtures("one_is_public")
def test_of_several_addresses_only_the_public_ones_are_tried(resolved: dict[str, list[list[str]]]) -> None:
    with listener(OK) as public, listener(OK, "127.0.0.2", public.port) as private:
        resolved["both.example"] = [["127.0.0.2", "127.0.0.1"]]
        assert fetch(f"http://both.example:{public.port}/", BOUNDS).body == b"{}"
    assert private.seen == []


@pytest.mark.usefixtures("one_is_public")
def test_a_redirect_to_a_private_address_is_not_followed() -> None:
    with listener(OK, "127.0.0.2") as private, listener(redirect(f"http://127.0.0.2:{private.port}/")) as public:
        with pytest.raises(URLError, match="private network"):
            fetch(f"http://127.0.0.1:{public.port}/", BOUNDS)
        assert (len(public.seen), private.seen) == (1, [])


def test_a_redirect_stays_on_its_host_where_it_must() -> None:
    bounds = Fetching(1000, 5.0, private=True, same_host=True)
    with listener(OK) as other:
        for to in (
            f"http://127.0.0.1:{other.port}/",
            f"//127.0.0.1:{other.port}/",
            f"http://a@127.0.0.1:{other.port}/",
        ):
            with listener(redirect(to)) as first, pytest.raises(HTTPError, match="another host"):
                fetch(f"http://127.0.0.1:{first.port}/", bounds)
    assert other.seen == []


def test_from_https_no_redirect_leads_to_http() -> None:
    refuse = web._HttpRedirects(None)._refusal
    assert refuse("https", "http://example.org/") == "and from https only https is followed"
    assert refuse("https", "https://example.org/") is None
    assert refuse("http", "https://example.org/") is None


def test_a_proxy_of_the_operator_is_asked_on_this_machine_but_not_for_private_hosts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listener(OK) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert fetch("http://known-to-the-proxy.invalid/x", BOUNDS).body == b"{}"
        for host in ("169.254.169.254", "localhost", "[::1]"):
            with pytest.raises(PrivateAddressError):
                fetch(f"http://{host}/x", BOUNDS)
    assert [request.split(b" ")[1] for request in proxy.seen] == [b"http://known-to-the-proxy.invalid/x"]


def test_a_refusal_has_its_body_where_that_is_wanted() -> None:
    with listener(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\nUser-agent: *") as server:
        url = f"http://127.0.0.1:{server.port}/"
        for wanted, body in ((True, b"User-agent: *"), (False, b"")):
            with pytest.raises(HTTPError) as refused:
                fetch(url, Fetching(1000, 5.0, private=True, refusals=wanted))
            assert refused.value.read() == body


def test_the_connection_ends_with_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            fetch(f"http://127.0.0.1:{server.getsockname()[1]}/", Fetching(1000, 0.3, private=True))
        client, _ = server.accept()
        with client:
            client.settimeout(5)
            assert b"GET / " in client.recv(65536)
            assert client.recv(1) == b""
        assert time.monotonic() - begun < 4
