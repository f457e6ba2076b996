import json
import re
import subprocess
import sys
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from flows.commands.terminal import READING_WIDTH
from pipelines.views.passport import HOW
from schemas.passport.evidence import Evidence
from tests.support.cli import Terminal
from tests.support.runs import GATE, GATES, NOON, Record, edited, equip, refresh, served_passport

QWEN = "qwen-qwq-32b"
ROOT = Path(__file__).parents[3]
MOST_LINES = 100
"""Two screens."""


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(NOON.timestamp())))


def after(hours: float) -> str:
    return (NOON + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


@pytest.mark.usefixtures("at_noon")
def test_a_fresh_store_is_reported_in_a_line(store: Path, passports: Terminal) -> None:
    ended = passports("status", "--store", store)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.endswith("22 passports in generation 1: 22 fresh\n")
    header, listings, endpoints, *rest = ended.out.splitlines()
    assert header.split() == [
        *("source", "age", "last", "crawl", "h", "ago", "due", "h", "stale", "h", "listings"),
    ]
    assert listings.split() == ["openrouter", "fresh", "2026-04-22", "12:00", "0", "72", "168", "28"]
    assert endpoints.split()[:2] == ["openrouter-endpoints", "fresh"]
    assert any("deprecated" in line for line in rest)
    assert not any(QWEN in line for line in rest), "what is fresh and active need not be named"


@pytest.mark.parametrize(
    ("hours", "age", "status"),
    [(71, "fresh", 0), (73, "due", 1), (168, "due", 1), (169, "stale", 1), (720, "stale", 1), (721, "expired", 1)],
)
def test_as_time_passes_a_store_ages_and_then_fails(
    hours: int, age: str, status: int, store: Path, passports: Terminal
) -> None:
    ended = passports("status", "--store", store, "--at", after(hours))
    assert (ended.status, ended.out.splitlines()[-1]) == (status, f"22 passports in generation 1: 22 {age}")
    listed = passports("status", "--store", store, "--at", after(hours), "--json")
    assert listed.status == status
    assert listed.json()["ages"] == {age: 22}
    assert {passport["age"] for passport in listed.json()["passports"]} == {age}
    assert listed.json()["sources"][0]["age"] == age


def test_an_expired_pointer_is_a_no_though_nothing_is_stale_yet(store: Path, passports: Terminal) -> None:
    ended = passports("status", "--store", store, "--at", after(73))
    assert ended.status == 1
    assert "the pointer expired at 2026-04-25T12:00:00.000Z: readers refuse it: run `passports refresh`" in (
        " ".join(ended.err.split())
    )


def test_the_worst_are_named_first(store: Path, records: list[Record], passports: Terminal) -> None:
    changed = edited(records, "qwen/qwq-32b", context_length=65536)
    refresh(store, changed, at=NOON + timedelta(hours=60))
    ended = passports("status", "--store", store, "--at", after(200), "--json")
    passports_named = ended.json()["passports"]
    assert ended.json()["ages"] == {"stale": 21, "due": 1} or passports_named[-1]["slug"] == QWEN
    assert passports_named[-1] == {
        "slug": QWEN,
        "source": "openrouter",
        "age": "due",
        "status": "active",
        "last_scraped_at": "2026-04-25T00:00:00.000Z",
        "hours_ago": 140.0,
    }


def test_ages_go_by_the_gates_of_the_settings(
    store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    equip(store.parent, monkeypatch, {**GATES, "openrouter": {**GATE, "refresh_after_h": 1, "stale_after_h": 2}})
    assert passports("status", "--store", store, "--at", after(1)).status == 0
    assert passports("status", "--store", store, "--at", after(3)).status == 1


@pytest.mark.parametrize("command", [("status",), ("show", QWEN), ("verify", QWEN)])
def test_an_empty_store_says_what_to_do(command: tuple[str, ...], tmp_path: Path, passports: Terminal) -> None:
    ended = passports(*command, "--store", tmp_path / "nothing")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("error: nothing published yet at ")
    assert "run `passports refresh`" in ended.err
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("command", [("status",), ("show", QWEN)])
def test_a_store_that_was_tampered_with_is_not_shown(
    command: tuple[str, ...], store: Path, passports: Terminal
) -> None:
    [shard] = (store / "registry/shards").iterdir()
    shard.write_bytes(b"nothing of the kind")
    ended = passports(*command, "--store", store)
    assert (ended.status, ended.out) == (1, "")
    assert "registry/shards/" in ended.err


def sections(shown: str) -> dict[str, list[str]]:
    """Title → lines, of what `show` prints."""
    parts = (part.splitlines() for part in shown.split("\n\n") if part.strip())
    return {lines[0].strip(): lines[1:] for lines in parts}


@pytest.mark.usefixtures("at_noon")
def test_a_passport_is_shown_on_two_screens(store: Path, passports: Terminal) -> None:
    ended = passports("show", QWEN, "--store", store)
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == "Qwen: QwQ 32B"
    assert lines[1].startswith("verdict  ok: signed by a trusted key, in date")
    assert len(lines) <= MOST_LINES
    assert [line for line in lines if line != line.rstrip()] == []
    long = [line for line in lines[:-1] if len(line) > READING_WIDTH]
    assert [line for line in long if line.strip() != str(store)] == []  # a path is not broken
    assert lines[-1].endswith(f"passports show {QWEN} --evidence")
    assert re.search(r"^prompt +\$0\.15$", ended.out, re.MULTILINE)


@pytest.mark.usefixtures("at_noon")
def test_a_passport_is_shown_part_by_part_with_its_evidence(store: Path, passports: Terminal) -> None:
    ended = passports("show", QWEN, "--store", store, "--evidence")
    assert (ended.status, ended.err) == (0, "")
    parts = sections(ended.out)
    assert list(parts)[:5] == ["Qwen: QwQ 32B", "what it is for", "what it is", "what it can do", "how it fails"]
    reported = dict(line.split("  ", 1) for line in parts["Qwen: QwQ 32B"] if "  " in line)
    assert reported["slug"].strip() == QWEN
    assert reported["verdict"].strip().startswith("ok: signed by a trusted key, in date")
    assert reported["status"].strip() == "active; issued because: first seen"
    assert reported["price"].strip() == "$1.50e-7 per prompt token"
    model = "\n".join(parts["what it is"])
    assert "131,072 tokens" in model
    assert "$0.00000015 per prompt token ($0.15 a million)" in model
    assert "https://huggingface.co/Qwen/QwQ-32B" in model
    assert all("no evidence" not in line for line in parts["what it can do"] + parts["how it fails"])
    assert any("stated: openrouter /" in line for line in parts["what it can do"])
    assert any("what to do: check what matters against a source" in line for line in parts["how it fails"])


@pytest.mark.usefixtures("at_noon")
def test_every_passport_can_be_shown(store: Path, passports: Terminal) -> None:
    for path in (store / "api/v1/passport").iterdir():
        brief = passports("show", path.name, "--store", store)
        assert (brief.status, brief.err) == (0, "")
        assert len(brief.out.splitlines()) <= MOST_LINES
        whole = passports("show", path.name, "--store", store, "--evidence")
        assert (whole.status, whole.err) == (0, "")


def test_every_method_of_evidence_has_its_word() -> None:
    assert set(HOW) == set(Evidence.model_fields["method"].annotation.__args__)  # type: ignore[union-attr]


@pytest.mark.usefixtures("at_noon")
def test_a_passport_in_json_is_the_one_that_is_served(store: Path, passports: Terminal) -> None:
    ended = passports("show", QWEN, "--store", store, "--json")
    assert ended.status == 0
    assert ended.json() == {"passport": served_passport(store, QWEN)}


def test_what_changed_is_shown_with_both_values(store: Path, records: list[Record], passports: Terminal) -> None:
    prices = {"prompt": "0.0000003", "completion": "0.00000058"}
    refresh(store, edited(records, "qwen/qwq-32b", context_length=65536, pricing=prices), at=NOON + timedelta(hours=1))
    ended = passports("show", QWEN, "--store", store, "--evidence")
    assert "status            active; issued because: source changed" in ended.out
    _, _, table = ended.out.partition("changed since the version signed at 2026-04-22T12:00:00.000Z")
    lines = [line.strip() for line in table.strip().splitlines()]
    assert "context: 131,072 → 65,536 tokens" in lines
    assert "price of prompt: 0.00000015 → 0.0000003 $" in lines
    assert not any("evidence" in line or "maintenance" in line for line in lines)
    brief = passports("show", QWEN, "--store", store)
    _, _, changed = brief.out.partition("Changed since the version signed at 2026-04-22T12:00:00.000Z\n")
    assert changed.startswith("context: 131,072 → 65,536 tokens\n")


def test_a_renewal_says_that_nothing_changed(store: Path, records: list[Record], passports: Terminal) -> None:
    refresh(store, records, at=NOON + timedelta(hours=100))
    for options in ((), ("--evidence",)):
        ended = passports("show", QWEN, "--store", store, *options)
        assert "issued because: refreshed" in ended.out
        assert "nothing of substance" in ended.out


@pytest.mark.usefixtures("at_noon")
@pytest.mark.parametrize("name", ["QWEN-QwQ-32B", "qwen/qwq-32b", "Qwen/QwQ-32B", "qwen/qwq-32b:free"])
@pytest.mark.parametrize("command", ["show", "diff"])
def test_a_passport_is_named_by_its_listing_too_and_in_any_case_of_letters(
    command: str, name: str, store: Path, passports: Terminal
) -> None:
    assert passports(command, name, "--store", store) == passports(command, QWEN, "--store", store)


@pytest.mark.parametrize("extra", [(), ("--json",)])
def test_a_passport_that_has_expired_is_shown_with_exit_status_1(
    extra: tuple[str, ...], store: Path, passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(NOON.timestamp()) + 40 * 86400))
    ended = passports("show", QWEN, "--store", store, *extra)
    assert ended.status == 1
    assert QWEN in ended.out


@pytest.mark.parametrize(
    ("slug", "nearest"), [("qwen-qwq-23b", f"nearest: {QWEN}"), ("\x1b[31mred", "no passport has")]
)
def test_an_unknown_slug_is_answered_with_the_nearest(
    slug: str, nearest: str, store: Path, passports: Terminal
) -> None:
    ended = passports("show", slug, "--store", store)
    assert (ended.status, ended.out) == (1, "")
    assert nearest in ended.err
    assert "\x1b" not in ended.err


HOSTILE = "[bold]Loud[/bold] [/nothing] [link=https://evil.example]free[/link] :smile:"


@pytest.mark.usefixtures("at_noon")
def test_hostile_text_is_shown_and_not_obeyed(
    store: Path, records: list[Record], passports: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = refresh(store, edited(records, "qwen/qwq-32b", name=HOSTILE))
    assert [change.slug for change in done.report.changes] == [QWEN]
    monkeypatch.setenv("FORCE_COLOR", "1")
    for terminal in ("OUT", "ERR"):
        monkeypatch.setattr(f"flows.commands.terminal.{terminal}._force_terminal", True)
        monkeypatch.setattr(f"flows.commands.terminal.{terminal}._color_system", None)
    shown = passports("show", QWEN, "--store", store)
    assert shown.status == 0
    assert HOSTILE in shown.out
    assert "\x1b" not in shown.out.replace("\x1b[1m", "").replace("\x1b[0m", "")
    for slug, options in product(("example-lab-hostile-markup", "example-lab-odd-characters"), ((), ("--evidence",))):
        ended = passports("show", slug, "--store", store, *options)
        assert ended.status == 0
        assert not set("\u202e\u202c\u2067\u2069\x07\x9b") & set(ended.out)


LIGHT = """
import sys
from flows.entry import main
sys.argv = ["passports", *sys.argv[1:]]
try:
    main()
except SystemExit as ending:
    packages = {"prefect", "scrapy", "twisted", "fastapi", "jinja2", "yaml", "pydantic_settings", "asyncio", "http"}
    readers = {"pipelines.normalise.admit", "pipelines.rules.cards", "pipelines.pages.templating"}
    heavy = sorted({name.partition(".")[0] for name in sys.modules} & packages) + sorted(readers & sys.modules.keys())
    assert not heavy, heavy
    assert sys.argv[1] != "--help" or "pydantic" not in sys.modules
    assert sys.argv[1] not in ("list", "status") or "jsonschema_rs" not in sys.modules
    usage = {name.rpartition(".")[2] for name in sys.modules if name.startswith("flows.usage.")}
    assert sys.argv[1] == "--help" or usage == {"program", "registration", "readers"}, usage
    assert ending.code == 0, ending.code
"""


@pytest.mark.usefixtures("at_noon")
@pytest.mark.parametrize("command", [("verify", "--all"), ("list",), ("status",), ("show", QWEN), ("--help",)])
def test_looking_starts_without_what_is_only_needed_to_run(command: tuple[str, ...], store: Path) -> None:
    arguments = [*command, *(() if command == ("--help",) else ("--store", str(store)))]
    ended = subprocess.run(
        [sys.executable, "-c", LIGHT, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout


def test_a_run_starts_without_prefect_and_without_what_only_settings_need() -> None:
    """Each takes seconds to import."""
    heavy = "sorted({name.partition('.')[0] for name in sys.modules} & {'prefect', 'openai', 'scrapy', 'dask'})"
    script = f"import sys, flows.commands.demo, flows.commands.refresh; print({heavy})"
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_json_is_json_wherever_it_goes(store: Path, passports: Terminal) -> None:
    for command in (("status",), ("show", QWEN), ("verify", "--all")):
        ended = passports(*command, "--store", store, "--json", *(() if command[0] == "show" else ("--at", after(1))))
        assert json.loads(ended.out)


@pytest.mark.usefixtures("at_noon")
def test_the_example_in_the_readme_is_what_is_printed(store: Path, passports: Terminal) -> None:
    _, _, after_command = (ROOT / "README.md").read_text().partition("$ passports show qwen-qwq-32b\n")
    example, _, _ = after_command.partition("```")
    shown = passports("show", QWEN, "--store", store).out
    parts = [part for part in example.split("\n\n") if part.strip() != "…"]
    assert len(parts) > 3
    assert [part for part in parts if part.strip("\n") not in shown] == []
