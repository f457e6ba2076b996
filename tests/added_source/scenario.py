"""What a source that was added must do, in a copy of the house that has it: refresh, prove, delist.

`tests/test_adding_a_source.py` makes the copy and runs this file in it; in the house itself there is no such source.
"""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.audit.auditor import Auditor
from flows.config.settings import read_settings
from flows.crawl.process import crawl
from flows.crawl.sources import crawl_source
from flows.ingest.ingestion import begin, ingest
from flows.job.job import Job, new_job
from flows.run.assemble import assemble
from flows.run.publish import build_passports, publish_generation
from pipelines.rules.gates import default_gates
from schemas.verdict import Verdict
from tests.support.runs import GATES, NOON, WORK, _hasty, brought, equip, reader, served_passport
from tests.support.spiders.scripted_server import Answer, answering
from tests.support.spiders.server import model

LISTED = [model(f"marsh/{name}") for name in ("heron-7b", "tern-2b", *(f"wader-{n}b" for n in range(8)))]
HERON = {"marsh/heron-7b": {"trained_until": "2025-06"}}
TERN = {"marsh/tern-2b": {"trained_until": "2024-11", "open": True}}


def refresh(root: Path, day: float, *, sold: list[dict[str, Any]], guide: dict[str, Any] | None = None) -> None:
    """Publish what the seller lists, and where it is given what the guide says."""
    sources = ("openrouter", "fieldguide") if guide is not None else ("openrouter",)
    with answering({"/guide.json": [Answer(200, guide)]}) as served:
        at = NOON + timedelta(days=day)
        settings = read_settings(store=str(root), sources=sources, fieldguide_url=served.url)
        job = new_job("refresh", settings, epoch=int(at.timestamp())).model_copy(update={"work": WORK})
        outcomes = [brought(sold, at=at)]
        outcomes += [asyncio.run(crawl_source(job, "fieldguide", begin(job)))] if guide is not None else []
    publish(job, outcomes)


def publish(job: Job, outcomes: Iterable[Any]) -> None:
    so_far = begin(job)
    for outcome in outcomes:
        so_far = ingest(job, so_far, outcome)
    assembled = assemble(job, so_far)
    assert publish_generation(job, assembled, build_passports(job, assembled)).report.state == "done"


def made_from(root: Path, slug: str, day: float) -> tuple[dict[str, Any], set[str]]:
    """The artifact of a passport whose evidence is found again, and the sources of its records."""
    finding = Auditor(reader(root, at=NOON + timedelta(days=day))).prove(slug)
    assert finding.verdict is Verdict.OK, finding.reason
    artifact: dict[str, Any] = served_passport(root, slug)["unfragile"]["artifact"]
    return artifact, {record["source"] for record in artifact["model"]["records"]}


def test_a_source_that_was_added_is_believed_proved_and_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = default_gates()["fieldguide"].model_dump()
    equip(tmp_path, monkeypatch, {**GATES, "fieldguide": own})
    monkeypatch.setattr("flows.crawl.sources.crawl", partial(_hasty, crawl))
    root = tmp_path / "store"

    refresh(root, 0, sold=LISTED, guide=HERON | TERN)
    heron, sources = made_from(root, "marsh-heron-7b", 0)
    assert (heron["model"]["knowledge_cutoff"], sources) == ("2025-06", {"openrouter", "fieldguide"})

    refresh(root, 1, sold=LISTED, guide=TERN)
    heron, sources = made_from(root, "marsh-heron-7b", 1)
    assert (heron["model"]["knowledge_cutoff"], sources) == (None, {"openrouter"}), "its entry is gone"
    tern, sources = made_from(root, "marsh-tern-2b", 1)
    assert (tern["model"]["open_weights"], sources) == (True, {"openrouter", "fieldguide"})

    for day, status, cutoff in ((2, "active", "2024-11"), (4, "delisted", None)):
        refresh(root, day, sold=[record for record in LISTED if record["id"] not in TERN])
        tern, sources = made_from(root, "marsh-tern-2b", day)
        assert (tern["status"], tern["model"]["knowledge_cutoff"]) == (status, cutoff)
