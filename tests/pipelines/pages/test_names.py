"""The pages' scripts find a passport's page and copies where the publisher writes them."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.pages.templating import assets
from pipelines.registry.layout import RESERVED_NAMES, safe_stem

NODE = shutil.which("node")
SLUGS = [
    "qwen-qwq-32b", "openai-gpt-4.1", "a..b", "a.", "a..", "...", "x.html", "x.json", "x.gz", "x.br", "x.zst", "html",
    "con", "con.1", "con.", "con..1", "com1", "com1.x", "com10", "lpt9.html", "console", "acon", "aux.html", "a.HTML",
    *sorted(RESERVED_NAMES), *(f"{name}.x" for name in sorted(RESERVED_NAMES)),
]  # fmt: skip
SCRIPT = """
import { nameOf } from "./assets/names.js";
const slugs = JSON.parse(process.argv[2]);
console.log(JSON.stringify(await Promise.all(slugs.map(nameOf))));
"""


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_a_script_names_a_passports_files_as_the_publisher_does(tmp_path: Path) -> None:
    for key, body in assets().items():
        (tmp_path / key).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / key).write_bytes(body)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "main.js").write_text(SCRIPT)
    command = [str(NODE), str(tmp_path / "main.js"), json.dumps(SLUGS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert dict(zip(SLUGS, json.loads(done.stdout), strict=True)) == {slug: safe_stem(slug) for slug in SLUGS}


def test_every_script_that_leads_to_a_passport_asks_for_its_name() -> None:
    for key in ("compare", "record", "claim"):
        text = assets()[f"assets/{key}.js"].decode()
        assert "nameOf(slug)" in text, key
        assert ".href = slug" not in text, key
        assert "passport/${slug}" not in text, key
