"""`verify --evidence` reads the records that the store keeps of the generation that issued a passport."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.audit.auditor import Auditor
from flows.ingest.crawl_file import read_crawl
from pipelines.passport.issue import issue
from schemas.verdict import Verdict
from tests.support.cli import Terminal
from tests.support.runs import NOON, Record, brought, edited, finish, job_for, reader, refresh

AT = NOON.isoformat().replace("+00:00", "Z")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(monkeypatch, capsys)


def test_everything_published_can_be_shown(store: Path, typed: Terminal) -> None:
    ended = typed("verify", "--all", "--evidence", "--store", store, "--at", AT)
    assert (ended.status, "22 of 22 passports verified" in ended.out) == (0, True), ended.out + ended.err


def test_a_passport_that_stayed_is_proved_by_the_records_of_its_own_generation(
    equipped: Path, few: list[Record]
) -> None:
    root = equipped / "retained"
    refresh(root, few)
    changed = json.loads(json.dumps(few))
    changed[0]["context_length"] = 4096
    done = refresh(root, changed, at=NOON + timedelta(hours=6))
    assert len(done.report.changes) == 1
    now = reader(root, at=NOON + timedelta(hours=6))
    prover = Auditor(now)
    assert {row.generation for row in now.rows()} == {1, 2}
    assert [prover.prove(row.slug).verdict for row in now.rows()] == [Verdict.OK] * 4


def test_a_false_claim_that_the_issuer_signed_is_named(
    equipped: Path, few: list[Record], typed: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def boast(*draft: object) -> dict[str, Any]:
        unfragile = issue(*draft)  # type: ignore[arg-type]
        unfragile["trust"]["data_access_risk"] = "low"
        return unfragile

    monkeypatch.setattr("pipelines.order.issue", boast)
    root = equipped / "boasting"
    refresh(root, few)
    ended = typed("verify", "qwen-qwq-32b", "--store", root, "--at", AT)
    assert ended.status == 0, ended.out
    ended = typed("verify", "qwen-qwq-32b", "--evidence", "--store", root, "--at", AT, "--json")
    (finding,) = ended.json()["findings"]
    assert (ended.status, finding["verdict"]) == (1, "evidence_mismatch")
    assert finding["reason"].startswith("/trust/data_access_risk: the rules give 'moderate', not 'low'")


def test_a_record_that_the_issuer_forged_under_the_true_ones_hash_is_named(
    equipped: Path, few: list[Record], typed: Terminal
) -> None:
    slug, model = "qwen-qwq-32b", "qwen/qwq-32b"
    boasting = brought(edited(few, model, description="It never makes a mistake."))
    true, forged = (_hash_of(path, model) for path in (brought(few).path, boasting.path))
    boasting.path.write_text(boasting.path.read_text().replace(forged, true))
    root = equipped / "forging"
    finish(job_for(root), [read_crawl(boasting.path)])
    assert typed("verify", slug, "--store", root, "--at", AT).status == 0
    ended = typed("verify", slug, "--evidence", "--store", root, "--at", AT, "--json")
    (finding,) = ended.json()["findings"]
    assert (ended.status, finding["verdict"]) == (1, "evidence_mismatch")
    assert f"the stored record '{model}' of openrouter hashes to {forged}, not {true}" in finding["reason"]


def _hash_of(crawl: Path, model: str) -> str:
    lines = map(json.loads, crawl.read_text().splitlines())
    return next(str(one["raw"]["content_sha256"]) for one in lines if one.get("raw", {}).get("id") == model)


def test_evidence_needs_a_store(store: Path, typed: Terminal) -> None:
    ended = typed("verify", store / "api/v1/passport/qwen-qwq-32b", "--evidence")
    assert ended.status == 2
    assert "name passports by their slugs" in ended.err
