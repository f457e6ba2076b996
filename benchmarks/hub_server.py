"""Serves an invented Hub of any size on loopback, made by a formula: for crawls of any size, and for tests.

    python -m benchmarks.hub_server --items 100000 --port 8920

Repository n of N has the id owner-<n % 997>/model-<n> and N - n downloads; one in twenty has no card. Nothing is held
in memory. The first line printed is the address; the paths are those that a crawl requests from the Hub: the list with
its cursor, single records, and cards.
"""

import argparse
import asyncio
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import orjson

NEWEST = datetime(2026, 6, 1, tzinfo=UTC)
LARGEST_PAGE = 1000
CARDLESS = 20
"""One repository in this many has no card."""

NAMED = re.compile(r"owner-(\d+)/model-(\d+)")
REASONS = {200: "OK", 401: "Unauthorized", 404: "Not Found"}
FAMILIES = ("heron", "tern", "plover", "curlew", "avocet")
LICENCES = ("apache-2.0", "mit", "llama3.1", "cc-by-nc-4.0")


class Hub(NamedTuple):
    """What is served: number of repositories, most of them on a page, and delay of each answer."""

    items: int
    page: int
    latency_s: float
    changed: int = 0
    """One repository in this many has a newer commit, with another card; 0 is none."""


def repository(hub: Hub, number: int) -> dict[str, Any]:
    """Return the invented record of one repository."""
    name, licence = repository_id(number), LICENCES[number % len(LICENCES)]
    moment = (NEWEST - timedelta(minutes=number)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    family = FAMILIES[number % len(FAMILIES)]
    return {
        "_id": hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:24],
        "id": name,
        "author": name.partition("/")[0],
        "private": False,
        "disabled": False,
        "gated": "manual" if number % 50 == 7 else False,
        "createdAt": "2025-01-01T00:00:00.000Z",
        "lastModified": moment,
        "sha": hashlib.sha1(f"{name}{is_changed(hub, number) or ''}".encode(), usedforsecurity=False).hexdigest(),
        "pipeline_tag": "text-generation",
        "library_name": "transformers",
        "likes": (hub.items - number) // 100,
        "downloads": hub.items - number,
        "downloadsAllTime": 12 * (hub.items - number),
        "tags": ["transformers", "safetensors", family, "text-generation", "en", f"license:{licence}", "region:us"],
        "cardData": {"license": licence, "language": ["en"], "library_name": "transformers"},
        "safetensors": {
            "parameters": {"BF16": 1_000_000 * (1 + number % 900)},
            "total": 1_000_000 * (1 + number % 900),
        },
        "siblings": [{"rfilename": f} for f in ("README.md", "config.json", "model.safetensors", "tokenizer.json")],
    }


def is_changed(hub: Hub, number: int) -> bool:
    """Whether a repository has a newer commit."""
    return hub.changed > 0 and number % hub.changed == 0


def card(number: int, *, changed: bool = False) -> bytes:
    """Return an invented card of common length, one of a newer commit with a sentence more."""
    family, licence = FAMILIES[number % len(FAMILIES)], LICENCES[number % len(LICENCES)]
    lines = [
        f"---\nlicense: {licence}\nlanguage:\n- en\nlibrary_name: transformers\n---\n# {family.title()} {number}\n",
        f"{family.title()} {number} is a text model with {1 + number % 900} million weights.\n",
        "## Intended use\n",
        *(f"Paragraph {n} of what {family} {number} may be used for, and by whom.\n" for n in range(12)),
        "## Limitations\n",
        "The model may produce text that sounds right and is wrong.\n",
        f"It was not tested on inputs longer than {256 * (1 + number % 64)} tokens.\n",
        *(["It may repeat personal data that occurs in its training data.\n"] if changed else []),
    ]
    return "\n".join(lines).encode()


def repository_id(number: int) -> str:
    """Return the id of repository `number`."""
    return f"owner-{number % 997}/model-{number}"


def answer(hub: Hub, target: str, host: str) -> tuple[int, bytes, dict[str, str]]:
    """Return status, body and headers of the answer to one request."""
    url = urlsplit(target)
    path = unquote(url.path)
    if path == "/robots.txt":
        return 200, b"User-agent: *\nAllow: /\n", {"Content-Type": "text/plain"}
    if path == "/api/models":
        return page(hub, dict(parse_qsl(url.query)), parse_qsl(url.query), host)
    number = number_of(hub, path.removeprefix("/api/models").removesuffix("/resolve/main/README.md")[1:])
    if path.startswith("/api/models/"):
        if number is None:
            return 401, b'{"error":"Invalid username or password."}', {}
        return 200, orjson.dumps(repository(hub, number)), {}
    if number is None or number % CARDLESS == CARDLESS - 1:
        return 404, b"Entry not found", {"Content-Type": "text/plain"}
    return 200, card(number, changed=is_changed(hub, number)), {"Content-Type": "text/plain; charset=utf-8"}


def page(hub: Hub, query: dict[str, str], pairs: list[tuple[str, str]], host: str) -> tuple[int, bytes, dict[str, str]]:
    """Return a page of the list, with a link to the next one."""
    start = int(query.get("cursor", 0))
    end = min(hub.items, start + min(int(query.get("limit", hub.page)), hub.page))
    following = urlencode([pair for pair in pairs if pair[0] != "cursor"] + [("cursor", str(end))])
    link = {"Link": f'<http://{host}/api/models?{following}>; rel="next"'} if end < hub.items else {}
    return 200, orjson.dumps([repository(hub, number) for number in range(start, end)]), link


def number_of(hub: Hub, name: str) -> int | None:
    """Return the number of a repository's id; None where there is no such repository."""
    found = NAMED.fullmatch(name)
    number = int(found[2]) if found else -1
    return number if 0 <= number < hub.items and repository_id(number) == name else None


async def serve_connection(hub: Hub, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer requests of one connection until it is closed."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lines = head.decode("latin-1").split("\r\n")
            host = next((line[5:].strip() for line in lines if line.lower().startswith("host:")), "")
            await asyncio.sleep(hub.latency_s)
            status, body, headers = answer(hub, lines[0].split(" ")[1], host)
            stated = {"Content-Type": "application/json", "RateLimit": '"api";r=499;t=251', **headers}
            stated |= {"Content-Length": str(len(body)), "Date": format_datetime(datetime.now(UTC), usegmt=True)}
            written = "".join(f"{name}: {value}\r\n" for name, value in stated.items())
            writer.write(f"HTTP/1.1 {status} {REASONS[status]}\r\n{written}\r\n".encode() + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the crawl has ended or was killed
    finally:
        writer.close()


async def serve(hub: Hub, port: int) -> None:
    """Serve until stopped; print the address first."""
    server = await asyncio.start_server(lambda reader, writer: serve_connection(hub, reader, writer), "127.0.0.1", port)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--page", type=int, default=LARGEST_PAGE, help="the most items on one page of the list")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--changed", type=int, default=0, help="one repository in so many has a newer commit")
    given = parser.parse_args()
    asyncio.run(serve(Hub(given.items, given.page, given.latency_ms / 1000, given.changed), given.port))


@contextmanager
def serving(items: int, *, port: int = 0, changed: int = 0) -> Iterator[str]:
    """Serve an invented Hub until the context ends; yield its address."""
    command = [sys.executable, "-m", "benchmarks.hub_server", "--items", str(items), "--port", str(port)]
    command += ["--changed", str(changed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own server
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[0]
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
