"""Serves the demo's site and opens its pages in Chromium, for tests and for the pictures in docs/."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

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


def publish_demo(folder: Path) -> Path:
    """Publish the demo's recording below a folder; returns the store."""
    store = folder / "public"
    surroundings = os.environ | {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state")}
    subprocess.run(
        [*PASSPORTS, "demo", "--store", str(store)], cwd=ROOT, env=surroundings, check=True, stderr=subprocess.DEVNULL
    )
    return store


@contextmanager
def serving(store: Path) -> Iterator[str]:
    """Serve a store by `passports serve` during the block; yields its address."""
    command = [*PASSPORTS, "serve", "--port", "0", "--store", str(store)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        try:
            yield next(found[0] for line in server.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+/", line)))
        finally:
            server.terminate()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium for the block."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
