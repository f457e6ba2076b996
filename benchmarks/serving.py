"""Measures what a request costs: `python -m benchmarks.serving`, part of `make bench`.

`passports serve` and the floor, a bare ASGI application on the same server that returns the bytes of a passport, are
asked by the same clients over connections that stay open. What counts is the CPU time of each server's process, as
other work on the machine hardly changes it. The store is the demo's.
"""

import argparse
import asyncio
import sys
import tempfile
from os import sysconf
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flows.api.server import listen, serve_with
from tests.support.browser import PASSPORTS, Server, publish_demo, started

CLIENTS, REQUESTS = 8, 250
SLUG = "qwen-qwq-32b"
ASKED = {
    "a passport": f"/api/v1/passport/{SLUG}",
    "its brief": f"/api/v1/brief/{SLUG}",
    "its verdict": f"/api/v1/verify?slug={SLUG}",
    "a search by words": "/api/v1/search?q=reasoning+model",
    "a filtered list": "/api/v1/passports?open_weights=true&min_context=100000",
    "a page of the site": f"/{SLUG}",
}


class Cost(NamedTuple):
    """What a request took."""

    cpu_us: float
    """Of the server's process."""
    body_bytes: int


def main() -> None:
    """Print each request's cost beside the floor, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    parser.add_argument("--bare", type=Path, metavar="FILE", help="be the bare server of this file")
    asked = parser.parse_args()
    if asked.bare:
        serve_bare(asked.bare.read_bytes())
        return
    with tempfile.TemporaryDirectory() as folder:
        found = costs(publish_demo(Path(folder)))
    floor = found["floor"].cpu_us
    print(f"{'':<20} µs of CPU a request   x the floor   a second and core     bytes")
    for name, cost in found.items():
        print(
            f"{name:<20} {cost.cpu_us:19.0f} {cost.cpu_us / floor:13.2f} {1e6 / cost.cpu_us:19.0f} {cost.body_bytes:9,}"
        )
    if asked.json:
        asked.json.write_bytes(orjson.dumps({name: cost._asdict() for name, cost in found.items()}))


def costs(store: Path) -> dict[str, Cost]:
    """Return what each kind of request costs, the floor first."""
    bare = [sys.executable, "-m", "benchmarks.serving", "--bare", str(store / f"api/v1/passport/{SLUG}")]
    ours = [*PASSPORTS, "serve", "--port", "0", "--rate", "0", "--store", str(store)]
    with started(bare) as floor, started(ours) as server:
        return {"floor": cost(floor, "/")} | {name: cost(server, path) for name, path in ASKED.items()}


def cost(server: Server, path: str) -> Cost:
    """Ask for a path many times, by several clients, and return what a request cost."""
    asyncio.run(ask(server, path, 2))  # what is read once and cached is not what a request costs
    used = cpu_us(server.process)
    body_bytes = asyncio.run(ask(server, path, REQUESTS))
    return Cost((cpu_us(server.process) - used) / (CLIENTS * REQUESTS), body_bytes)


async def ask(server: Server, path: str, each: int) -> int:
    """Send so many requests from each client; return the size of the last answer's body."""
    there = urlsplit(server.address)
    request = f"GET {path} HTTP/1.1\r\nHost: {there.netloc}\r\n\r\n".encode()

    async def client() -> int:
        reader, writer = await asyncio.open_connection(there.hostname, there.port)
        length = 0
        for _ in range(each):
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            assert head.startswith("http/1.1 200 "), head
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            await reader.readexactly(length)
        writer.close()
        return length

    return (await asyncio.gather(*(client() for _ in range(CLIENTS))))[-1]


def cpu_us(process: int) -> float:
    """Return the CPU time of a process in microseconds, in steps of ten milliseconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / sysconf("SC_CLK_TCK") * 1e6


def serve_bare(body: bytes) -> None:
    """Serve these bytes at / until terminated."""

    async def answer(_: Request) -> Response:
        return Response(body, media_type="application/json")

    listening = listen("127.0.0.1", 0)
    print(listening.address, file=sys.stderr, flush=True)
    serve_with(lambda: Starlette(routes=[Route("/", answer)]), listening, workers=1)


if __name__ == "__main__":
    main()
