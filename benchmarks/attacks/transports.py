"""Section B, the wire: servers and clients that are slow on purpose, lead elsewhere, or send dates that are none."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.attacks.places import CLI, Place
from benchmarks.attacks.servers import Says, connecting, listening_to

DATES = (
    "Wed, 21 Oct 2015 07:28:00", "Wed, 99 Foo 99999 99:99:99 GMT", "", "now", "0", "Thu, 01 Jan 1970 00:00:00 -0000",
    "Fri, 31 Dec 99999999999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 +2359", "Fri, 31 Dec 9999 23:59:59 -2359",
)  # fmt: skip
FETCH_S = 75
"""By then a fetch must have been given up, whatever comes meanwhile."""
DRIPPERS = 80
OTHERS = 8
"""Threads of `serve` beside one a client: its own, and those of whoever asks meanwhile."""
DRIPPED_S = 60
ANSWERED_S = 5.0


def dates_that_are_none(place: Place) -> list[str]:
    """The sources' servers tell of a `Date` that is none, or has no zone; the issuer asks `doctor`."""
    found = []
    for date in DATES:
        with listening_to(Says(200, {"Date": date})) as source:
            ran = place.passports("doctor", settings={"PASSPORTS_OPENROUTER_URL": source.url})
        if ran.code not in (0, 1) or "Traceback" in ran.output:
            found.append(f"{date!r}: {(ran.err.strip() or 'no end in time').splitlines()[-1][:140]}")
    return found


def body_at_a_byte_a_second(place: Place) -> list[str]:
    """The URL of a passport answers with a byte a second, for ever."""
    return _slow(place, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")


def headers_at_a_byte_a_second(place: Place) -> list[str]:
    """The URL of a passport answers with a header that never ends, a byte a second."""
    return _slow(place, b"HTTP/1.1 200 OK\r\nX: ")


def body_without_end(place: Place) -> list[str]:
    """The URL of a passport answers with chunks for ever, as fast as they go."""

    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")

    with connecting(talk) as (port, _):
        ran = place.passports("verify", f"http://127.0.0.1:{port}/x", *_key(place), reader=True, limit_s=FETCH_S)
    return [*ran.faults(code=1), *([f"took {ran.peak_mb:.0f} MB"] if ran.peak_mb > 200 else [])]


def redirected_to_another_protocol(place: Place) -> list[str]:
    """The URL of a passport redirects to `ftp:`: nobody may knock there."""
    found = []
    with connecting(lambda connection: connection.sendall(b"220 ready\r\n")) as (port, seen):
        for scheme in ("ftp", "FTP", "file", "gopher"):
            address = f"{scheme}://127.0.0.1:{port}/passport.json" if scheme != "file" else f"file://{place.public_key}"
            with listening_to(Says(302, {"Location": address})) as source:
                ran = place.passports("verify", f"{source.url}/x", *_key(place), reader=True, limit_s=FETCH_S)
            found += [f"{scheme}: {fault}" for fault in ran.faults(code=1)]
            found += [f"{scheme}: it was followed"] if seen else []
            seen.clear()
    return found


def redirected_for_ever(place: Place) -> list[str]:
    """The URL of a passport redirects to itself."""
    with listening_to(Says(302, {"Location": "/x"})) as source:
        ran = place.passports("verify", f"{source.url}/x", *_key(place), reader=True, limit_s=FETCH_S)
    return ran.faults(code=1)


def dripped_headers_at_serve(place: Place) -> list[str]:
    """Eighty clients of `serve` send their headers a byte at a time: others are answered, and these are let go."""
    with _serving(place) as (pid, port):
        clients = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(DRIPPERS)]
        begun, open_now, slowest, most = time.monotonic(), DRIPPERS, 0.0, 0
        for client in clients:
            client.sendall(b"GET /schema.json HTTP/1.1\r\nX-Dripped: ")
            client.setblocking(False)
        while time.monotonic() - begun < DRIPPED_S and open_now > 0:
            time.sleep(1)
            open_now = sum(map(_drip, clients))
            slowest = max(slowest, _asked(port))
            most = max(most, _threads(pid))
        for client in clients:
            client.close()
    found = [f"{open_now} of {DRIPPERS} were still held after {DRIPPED_S} s"] if open_now else []
    found += [f"another client waited {slowest:.1f} s"] if slowest > ANSWERED_S else []
    return [*found, *([f"{most} threads for {DRIPPERS} clients"] if most > DRIPPERS + OTHERS else [])]


def _key(place: Place) -> tuple[str, str]:
    return "--key", str(place.public_key)


def _slow(place: Place, begin: bytes) -> list[str]:
    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(begin)
        while True:
            connection.sendall(b" ")
            time.sleep(1)

    with connecting(talk) as (port, _):
        ran = place.passports("verify", f"http://127.0.0.1:{port}/x", *_key(place), reader=True, limit_s=FETCH_S)
    return ran.faults(code=1)


def _drip(client: socket.socket) -> bool:
    """Send one byte more; whether the server still listens."""
    try:
        client.send(b"x")
        return client.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def _asked(port: int) -> float:
    """Seconds until an honest client has its answer."""
    begun = time.monotonic()
    with contextlib.suppress(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/schema.json", timeout=2 * ANSWERED_S).close()
    return time.monotonic() - begun


def _threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


@contextlib.contextmanager
def _serving(place: Place) -> Iterator[tuple[int, int]]:
    """Run `passports serve`; yields its process and its port."""
    with tempfile.NamedTemporaryFile("r+", dir=place.folder / "tmp") as stated:
        process = subprocess.Popen(  # noqa: S603 - ours
            [*CLI, "serve", "--port", "0"],
            env=place.environment(reader=True),
            stdout=stated,
            stderr=stated,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + 30
            while not (found := re.search(r"127\.0\.0\.1:(\d+)", Path(stated.name).read_text("utf-8"))):
                assert time.monotonic() < deadline, Path(stated.name).read_text("utf-8")
                time.sleep(0.1)
            yield process.pid, int(found[1])
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


ATTACKS = (
    dates_that_are_none, body_at_a_byte_a_second, headers_at_a_byte_a_second, body_without_end,
    redirected_to_another_protocol, redirected_for_ever, dripped_headers_at_serve,
)  # fmt: skip
