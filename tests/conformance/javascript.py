"""Runs the JavaScript verifier in Node, which a browser runs in a passport's page."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

VERIFIER = Path(__file__).parents[2] / "pipelines/pages/assets/verify"
SCHEMA = Path(__file__).parents[2] / "schemas/schema.json"
NODE = shutil.which("node")
NEEDS_NODE = pytest.mark.skipif(NODE is None, reason="node is not installed")


def run(script: str, folder: Path, *arguments: str, given: object = None) -> Any:
    """Return the JSON that a script of this folder prints; `folder` gets a copy of the verifier for Node to import."""
    assert NODE
    verifier = shutil.copytree(VERIFIER, folder / "verify")
    (verifier / "package.json").write_text('{"type": "module"}')
    command = [NODE, str(Path(__file__).with_name(script)), *arguments, str(verifier), str(SCHEMA)]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
