"""The guide to adding a source names every place that the source of its example stands in, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = "modelsdev"
ROOMS = ("schemas", "spiders", "pipelines", "flows")
PATH = re.compile(r"`((?:[a-z_]+/)*[a-z_A-Z-]+\.(?:py|toml|yaml|md|json))`")


def guide() -> str:
    return (ROOT / "docs" / "adding-a-source.md").read_text("utf-8")


def test_every_file_that_holds_the_example_is_named() -> None:
    texts = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in (".py", ".toml", ".json")]
    tests = [path for room in ("spiders", "pipelines") for path in (ROOT / "tests" / room).glob(f"test_*{EXAMPLE}.py")]
    texts += [*tests, ROOT / "prefect.yaml", ROOT / "README.md", ROOT / "docs" / "sources.md"]
    about = [path for path in texts if EXAMPLE in path.name or EXAMPLE in path.read_text("utf-8").lower()]
    holding = {path.relative_to(ROOT).as_posix() for path in about}
    assert {f"spiders/{EXAMPLE}.py", f"pipelines/normalise_{EXAMPLE}.py"} < holding
    assert holding - set(PATH.findall(guide())) == set()


def test_every_file_that_is_named_is_there() -> None:
    named = {name for name in PATH.findall(guide()) if "/" in name}
    assert {name for name in named if not (ROOT / name).is_file()} == set()
