"""Passports that were made by other rules than this version's are proved by those, which the store keeps."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from flows.audit.auditor import Auditor
from pipelines.registry.layout import rules_key
from pipelines.rules.rulebook import rulebook, use_rules
from pipelines.rules.tables import RulesError, rules_document
from schemas.verdict import Finding
from tests.support.runs import NOON, Record, issued, reader, refresh

ROOT = Path(__file__).parents[3]
QWEN = "qwen-qwq-32b"
LATER = NOON + timedelta(hours=6)
REFRESH = """
import json, sys
from pathlib import Path
from pipelines.rules.rulebook import use_rules
use_rules(Path(sys.argv[1]).read_bytes())
from tests.support.runs import refresh
refresh(Path(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text()))
"""


def changed(table: str, old: str, new: str) -> bytes:
    tables = orjson.loads(rules_document())
    assert old in tables[table]
    return orjson.dumps({**tables, table: tables[table].replace(old, new)}, option=orjson.OPT_SORT_KEYS)


def made_by(rules: bytes, records: list[Record], folder: Path) -> Path:
    """A store that another process, with other rules, has published to."""
    (folder / "rules.json").write_bytes(rules)
    (folder / "records.json").write_text(json.dumps(records))
    root = folder / "former"
    command = [sys.executable, "-c", REFRESH, *map(str, (folder / "rules.json", root, folder / "records.json"))]
    subprocess.run(command, cwd=ROOT, check=True)
    return root


def proved(root: Path) -> dict[str, Finding]:
    now = reader(root, at=LATER)
    with closing(Auditor(now)) as prover:
        return {row.slug: prover.prove(row.slug) for row in now.rows()}


def test_what_other_rules_made_is_proved_by_them(equipped: Path, few: list[Record]) -> None:
    confabulation = "like all generative language models it can state falsehoods with confidence"
    root = made_by(changed("failure_modes.toml", confabulation, "it can state falsehoods"), few, equipped)
    assert reader(root).snapshot.rules_sha256 != rulebook().sha256
    assert {finding.verdict for finding in proved(root).values()} == {"ok"}
    assert "it can state falsehoods" in reader(root).passport(QWEN).decode()
    assert set(issued(refresh(root, few, at=LATER).report).values()) == {"pipeline_changed"}
    assert {finding.verdict for finding in proved(root).values()} == {"ok"}
    assert len(list((root / "registry/rules").iterdir())) == 2


def test_a_passport_that_stayed_while_the_rules_changed_is_proved_by_the_former_ones(
    equipped: Path, few: list[Record]
) -> None:
    root = made_by(changed("cards.toml", 'version = "2026-11"', 'version = "2026-10"'), few, equipped)
    edited = json.loads(json.dumps(few))
    edited[0]["context_length"] = 4096
    assert len(issued(refresh(root, edited, at=LATER).report)) == 1
    assert {row.generation for row in reader(root, at=LATER).rows()} == {1, 2}
    assert {finding.verdict for finding in proved(root).values()} == {"ok"}


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.unlink(), "nothing is stored at registry/rules/"),
        (lambda path: path.write_bytes(b"{}"), "does not hash to"),
    ],
)
def test_rules_that_are_gone_or_are_not_those_prove_nothing(
    spoil: Callable[[Path], object], reason: str, equipped: Path, few: list[Record]
) -> None:
    root = made_by(changed("cards.toml", 'version = "2026-11"', 'version = "2026-10"'), few, equipped)
    spoil(root / rules_key(reader(root).snapshot.rules_sha256))
    found = proved(root)[QWEN]
    assert found.verdict == "evidence_mismatch"
    assert found.reason.startswith("/provenance/rules_sha256: the passport was made by other rules: ")
    assert reason in found.reason


def test_rules_that_this_version_cannot_read_are_reported_with_the_remedy(equipped: Path, few: list[Record]) -> None:
    root = made_by(changed("cards.toml", 'version = "2026-11"', 'version = "2026-10"'), few, equipped)
    now = reader(root, at=LATER)
    with closing(Auditor(now)) as prover, pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(now), "rules", lambda _: b'{"cards.toml": ""}')
        found = prover.prove(QWEN)
    assert "cannot be read by this version" in found.reason
    assert "check with the version of passports that issued it" in found.reason


def test_a_process_that_has_read_its_rules_takes_no_others() -> None:
    rulebook()
    with pytest.raises(RulesError, match="in a separate process"):
        use_rules(rules_document())
