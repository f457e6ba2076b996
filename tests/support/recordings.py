"""Larger recordings and test vectors outside the repository; tests that need them are skipped without them.

`PASSPORTS_RECORDINGS` names the folder; without it the one beside the checkout is tried.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[3] / "shared"


def recordings_dir() -> Path:
    named = os.environ.get("PASSPORTS_RECORDINGS")
    root = Path(named) if named else BESIDE_THE_CHECKOUT
    if not (root / "data").is_dir():
        pytest.skip("the larger recordings are not here (PASSPORTS_RECORDINGS)")
    return root


def vectors_dir() -> Path:
    return recordings_dir() / "vectors"


def sample_passport() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((recordings_dir() / "data/passports/qwen-qwq-32b.json").read_bytes())
    return document


def openrouter_models(day: str) -> list[dict[str, Any]]:
    document = json.loads((recordings_dir() / f"data/openrouter/models_{day}.json").read_bytes())
    return document if isinstance(document, list) else document.get("data") or document["models"]


def recorded_days() -> list[str]:
    found = (recordings_dir() / "data/openrouter").glob("models_*.json")
    return sorted(path.stem.removeprefix("models_") for path in found)


def hub_items() -> list[dict[str, Any]]:
    """Return recorded repositories of the Hub: items of its list in 2022, and the recorded fields of today's."""
    held = recordings_dir() / "data/huggingface"
    lines = (held / "models_full_2022-02_sample.jsonl").read_text("utf-8").splitlines()
    items = [{"id": item["modelId"], **item} for item in map(json.loads, lines)]
    names = {"pipelineTag": "pipeline_tag", "libraryName": "library_name"}
    retained = ("id", "tags", "downloads", "likes", "createdAt", "lastModified", *names)
    trending = json.loads((held / "trending_1000_latest.json").read_bytes())["models"]
    return items + [{names.get(key, key): row[key] for key in retained if row.get(key) is not None} for row in trending]


@contextlib.contextmanager
def replay(day: str, *arguments: str) -> Iterator[str]:
    """Serve a recorded day; yield the server's base URL, to which "/openrouter" is added."""
    command = [sys.executable, str(recordings_dir() / "tools/replay.py"), "--day", day, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[0]
        finally:
            server.terminate()
