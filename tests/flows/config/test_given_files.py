"""What is given as a passport is read within bounds, whoever serves it and whatever is in the file's place."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from flows.config.given_files import MAX_DOCUMENT_BYTES, GivenFileError, read_given

Answer = Callable[[socket.socket, threading.Event], None]


@contextmanager
def answering(*answers: Answer) -> Iterator[str]:
    """A server that answers one connection after the other as it is asked to."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                client, _ = server.accept()
                with client, suppress(OSError):
                    client.recv(65536)
                    answer(client, over)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            over.set()
            thread.join()


def dripping(start: bytes) -> Answer:
    """Send a byte every now and then, each well before the reader's patience with a single one ends."""

    def answer(client: socket.socket, over: threading.Event) -> None:
        client.sendall(start)
        while not over.wait(0.05):
            client.sendall(b"1")

    return answer


def sending(*parts: bytes) -> Answer:
    def answer(client: socket.socket, _: threading.Event) -> None:
        for part in parts:
            client.sendall(part)

    return answer


def redirecting(location: str, body: bytes = b"") -> Answer:
    return sending(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nConnection: close\r\n\r\n".encode(), body)


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"],
    ids=["status", "header", "body", "body of a length"],
)
def test_an_answer_in_drops_ends_at_the_deadline_of_the_whole(start: bytes) -> None:
    with answering(dripping(start)) as url:
        begun = time.monotonic()
        with pytest.raises(GivenFileError, match=r"no complete answer within 0\.5 s"):
            read_given(url, private=True, deadline_s=0.5)
        assert time.monotonic() - begun < 10


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/passport", "file:///etc/hostname", "data:,x", "gopher://a/"])
def test_a_redirect_to_another_scheme_is_refused(location: str) -> None:
    with answering(redirecting(location)) as url, pytest.raises(GivenFileError, match=r"(?i)redirect") as refused:
        read_given(url, private=True)
    assert location in str(refused.value)


def test_a_redirect_is_followed_whatever_comes_with_it() -> None:
    def endless(client: socket.socket, over: threading.Event) -> None:
        redirecting("/there")(client, over)
        while not over.is_set():
            client.sendall(b"x" * 65536)

    with answering(endless, sending(b"HTTP/1.1 200 OK\r\n\r\n", b"{}")) as url:
        assert read_given(url, private=True) == b"{}"


def test_a_long_answer_is_read_to_its_bound() -> None:
    def endless(client: socket.socket, over: threading.Event) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not over.is_set():
            client.sendall(b"x" * 65536)

    with answering(endless) as url:
        assert len(read_given(url, private=True)) == MAX_DOCUMENT_BYTES + 1


@pytest.mark.parametrize(
    ("name", "reason"), [("pipe", "Not a regular"), ("socket", "No such device"), (".", "Is a dir")]
)
def test_what_is_no_file_is_refused_without_waiting(
    name: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
        with pytest.raises(GivenFileError, match=f"{reason}.*: give a slug, a file or a URL"):
            read_given(f"./{name}", private=False)


def test_a_file_is_read_through_a_link_and_to_its_bound(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * (MAX_DOCUMENT_BYTES + 100))
    (tmp_path / "link").symlink_to("file")
    assert len(read_given(str(tmp_path / "link"), private=False)) == MAX_DOCUMENT_BYTES + 1
