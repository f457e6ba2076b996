"""Runs one crawl in a separate process, as Scrapy's reactor cannot start twice, and reads its crawl file."""

import asyncio
import contextlib
import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, cast

from flows.errors import FullError
from flows.ingest.crawl_file import CrawlFailedError, CrawlOutcome, read_crawl

ROOT = Path(__file__).resolve().parents[2]
"""Folder of the packages flows, spiders and so on, in a checkout or an installation."""

STOP_AFTER_S = 3.0
"""Seconds between asking a crawl to stop and killing it."""

TAIL_BYTES = 4000
"""Most bytes of the end of standard error that an error quotes."""

NAME_OF_A_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL")
SHORTEST_SECRET = 6
NOT_THE_CRAWLS = re.compile(
    r"PASSPORTS_(SIGNING_KEY(_FILE)?|EXTRACTOR_KEY)|SOURCE_DATE_EPOCH|PREFECT_\w+"
    r"|(AWS|AZURE|GOOGLE|GCP)_\w*(KEY|TOKEN|SECRET|CREDENTIAL|PASSWORD|CONNECTION_STRING|SERVICE_ACCOUNT)\w*"
)
"""Variables that a crawl does not inherit: what fetches never has keys to sign or publish, and the clock is passed."""


class Progress(NamedTuple):
    """How far a crawl has come."""

    source: str
    listings: int
    announced: int | None
    requests: int


@dataclass(frozen=True, slots=True)
class CrawlOrder:
    """What one crawl is to do: of which source, from where, into which file, and within which bounds."""

    source: str
    url: str
    """The source's root."""
    out: Path
    """The crawl file."""
    contact: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    """The spider's."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further Scrapy settings; with RESUME an unfinished crawl continues."""
    clock_epoch: int | None = None
    """Unix time in seconds that replaces the clock; None for the system's."""
    time_limit_s: float = 900.0


async def crawl(order: CrawlOrder, on_progress: Callable[[Progress], None] = lambda _: None) -> CrawlOutcome:
    """Crawl a source into a file, and return the outcome; the source's API key comes from the environment.

    A crawl that is cancelled or exceeds its time limit is stopped before this returns. Raise CrawlFailedError, which
    names source, URL and remedy, when there is no report (a bad report is left to the gate); FullError where the disk
    has no room for the file.
    """
    crawl_file = await asyncio.to_thread(_cleared, order.out)
    own = {f"{order.source.upper()}_URL": order.url, "CRAWL_FILE": str(crawl_file), "PARENT_PID": str(os.getpid())}
    tail = await _run(replace(order, settings={**own, **order.settings}), on_progress)
    try:
        return await asyncio.to_thread(read_crawl, crawl_file)
    except CrawlFailedError as error:
        what = f"{order.source} at {order.url}"
        raise CrawlFailedError(f"{what}: {error}. Standard error ended with:\n{tail}") from error


def _cleared(out: Path) -> Path:
    out.unlink(missing_ok=True)  # so that lines of an earlier crawl are not read as this one's
    return out.resolve()


def _command(order: CrawlOrder) -> list[str]:
    # -P: a file in the working directory must not be imported instead of a module.
    command = [sys.executable, "-P", "-m", "scrapy", "crawl", order.source]
    for name, value in order.arguments.items():
        command += ["-a", f"{name}={value}"]
    for name, value in order.settings.items():
        command += ["-s", f"{name}={value}"]
    return command


def _environment(contact: str, clock_epoch: int | None) -> dict[str, str]:
    passed = {name: value for name, value in os.environ.items() if not NOT_THE_CRAWLS.fullmatch(name)}
    path = os.pathsep.join(filter(None, [str(ROOT), passed.get("PYTHONPATH")]))
    clock = {} if clock_epoch is None else {"SOURCE_DATE_EPOCH": str(clock_epoch)}
    own = {"SCRAPY_SETTINGS_MODULE": "spiders.settings", "PYTHONPATH": path, "PASSPORTS_CONTACT": contact}
    return {**passed, **own, **clock}


async def _run(order: CrawlOrder, on_progress: Callable[[Progress], None]) -> str:
    """Run the crawl to its end, whatever its exit status; return the end of its standard error."""
    pipe, environment = asyncio.subprocess.PIPE, _environment(order.contact, order.clock_epoch)
    process = await asyncio.create_subprocess_exec(
        *_command(order), env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
    )
    tail = bytearray()
    try:
        async with asyncio.timeout(order.time_limit_s):
            await asyncio.gather(_watch(process, on_progress), _keep(process, tail), process.wait())
    except TimeoutError:
        remedy = "raise PASSPORTS_CRAWL_TIME_LIMIT_S, or check how fast the source answers"
        late = f"stopped because it had not ended after {order.time_limit_s:g} s; {remedy}"
        raise CrawlFailedError(f"{order.source} at {order.url}: {late}") from None
    finally:
        await _stop(process)
    return _scrubbed(tail.decode(errors="replace"), environment)[-TAIL_BYTES:].strip()


async def _watch(process: asyncio.subprocess.Process, on_progress: Callable[[Progress], None]) -> None:
    async for line in cast("asyncio.StreamReader", process.stdout):
        if line.startswith(b'{"event": "progress"'):
            event = json.loads(line)
            on_progress(Progress(event["source"], event["listings"], event["announced"], event["requests"]))
        elif line.startswith(b'{"event": "full"'):
            event = json.loads(line)
            raise FullError(Path(event["folder"]), event["reason"])


async def _keep(process: asyncio.subprocess.Process, tail: bytearray) -> None:
    while chunk := await cast("asyncio.StreamReader", process.stderr).read(TAIL_BYTES):
        tail += chunk
        del tail[: -2 * TAIL_BYTES]


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_AFTER_S):
                await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _scrubbed(text: str, environment: Mapping[str, str]) -> str:
    secrets = [v for k, v in environment.items() if NAME_OF_A_SECRET.search(k) and len(v) >= SHORTEST_SECRET]
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
