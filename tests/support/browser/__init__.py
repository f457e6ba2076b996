"""Serves the demo's site and opens its pages in Chromium, for tests and for the pictures in docs/."""

import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from playwright.sync_api import Browser, Page, Response, sync_playwright

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM = shutil.which("chromium")
AXE = ROOT / ".tools/axe/node_modules/axe-core/axe.min.js"
PASSPORTS = [sys.executable, "-c", "from flows.entry import main; main()"]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
]
"""Chromium as root, without the connections that it makes of its own accord."""
SHIFT = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
"""Adds up how far the page shifts by itself, in `window.shifted`."""


def publish_demo(folder: Path) -> Path:
    """Publish the demo's recording below a folder; returns the store."""
    store = folder / "public"
    surroundings = os.environ | {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state")}
    subprocess.run(
        [*PASSPORTS, "demo", "--store", str(store)], cwd=ROOT, env=surroundings, check=True, stderr=subprocess.DEVNULL
    )
    return store


class Server(NamedTuple):
    """A server that was started: where it listens, and the id of its process."""

    address: str
    process: int


@contextmanager
def started(command: list[str]) -> Iterator[Server]:
    """Start a server, which says its address on standard error, for the block."""
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        try:
            address = next(
                found[0] for line in server.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+/", line))
            )
            Thread(target=deque, args=(server.stderr, 0), daemon=True).start()  # its log must not fill the pipe
            yield Server(address, server.pid)
        finally:
            server.terminate()


@contextmanager
def serving(store: Path) -> Iterator[str]:
    """Serve a store by `passports serve` during the block; yields its address."""
    with started([*PASSPORTS, "serve", "--port", "0", "--store", str(store)]) as server:
        yield server.address


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium for the block."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page whose errors and requests are noted."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.errors, self.outside, self.bytes = page, list[str](), list[str](), 0
        page.add_init_script(SHIFT)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda one: self.errors.append(one.text) if one.type in {"error", "warning"} else None)
        page.on("request", lambda one: self.outside.append(one.url) if not one.url.startswith(address) else None)
        page.on("response", self._weigh)

    def _weigh(self, response: Response) -> None:
        if response.ok:
            self.bytes += len(response.body())


@contextmanager
def watching(browser: Browser, address: str) -> Iterator[Watched]:
    """Open a page of its own for the block, which may ask nobody but this address."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        found = Watched(context.new_page(), address)
        yield found
        assert found.outside == []
    finally:
        context.close()
