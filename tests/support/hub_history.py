"""Publishes what crawls of the Hub bring on single days, and audits every passport at the end of each day."""

import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flows.audit.auditor import Auditor
from flows.config.settings import read_settings
from flows.ingest.crawl_file import CrawlOutcome, read_crawl
from flows.job.job import new_job
from flows.run.publish import RunOutcome
from pipelines.item_pipeline import AdmitListing
from schemas.crawl import FetchFailure
from schemas.listing import Observation, Quarantined, RawListing
from schemas.times import timestamp
from schemas.verdict import Verdict
from spiders.download.documents import raw_listing, raw_text
from spiders.extensions.tally import Tally
from tests.support.runs import NOON, SOURCE_URL, WORK, brought, finish, reader, served_passport
from tests.support.spiders.hub import record
from tests.support.spiders.server import model

HERON = {**model("marsh/heron-7b"), "hugging_face_id": "Marsh/Heron-7B"}
OTHERS = [model(f"ada/other-{n}") for n in range(3)]
CARD = "# Heron\n\n## Limitations\n\nThe model can hallucinate facts about birds.\n"
NEW_CARD = "# Heron\n\n## Limitations\n\nThe model can hallucinate facts about fish.\n"
BIG = {"downloads": 9_000_000, "tags": ["safetensors", "license:mit"], "pipeline_tag": "text-generation"}
GPL = {"tags": ["license:gpl-3.0"]}
OURS, THEIRS = "a" * 24, "b" * 24
SMALL = [(record(f"Ada/Small-{n}", _id=f"{n:024}"), None) for n in range(9)]
"""Repositories without passports; with them a crawl has enough records to pass its gate."""


def repository(
    name: str, identity: str = OURS, *, asked_as: str | None = None, **fields: Any
) -> tuple[Any, str | None]:
    return record(name, _id=identity, **{**BIG, **fields}), asked_as


def gone(name: str) -> tuple[Any, None]:
    """Return the answer that there is no such repository."""
    return {"asked": name, "error": "Repository not found", "status": 401}, None


class Hub:
    """A Hub whose crawls of single days are published to a store, each followed by an audit of all passports."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def day(
        self, number: float, *found: tuple[Any, str | None], cards: dict[str, str] | None = None, heron: Any = HERON
    ) -> RunOutcome:
        at = NOON + timedelta(days=number)
        settings = read_settings(
            store=str(self.root), sources=("openrouter", "huggingface"), openrouter_url=SOURCE_URL,
            huggingface_url=SOURCE_URL,
        )  # fmt: skip
        job = new_job("refresh", settings, epoch=int(at.timestamp())).model_copy(update={"work": WORK})
        done = finish(job, [brought([heron, *OTHERS], at=at), self._crawl(at, [*found, *SMALL], cards or {})])
        prover = Auditor(reader(self.root, at=at))
        findings = {slug: prover.prove(slug) for slug in self.statuses(at)}
        assert {slug: one.reason for slug, one in findings.items() if one.verdict is not Verdict.OK} == {}
        return done

    def _crawl(self, at: datetime, found: Iterable[tuple[Any, str | None]], cards: dict[str, str]) -> CrawlOutcome:
        seen = Observation("huggingface", "", timestamp(at), f"{SOURCE_URL}/x")
        came: list[RawListing | Quarantined] = [
            raw_listing(one, seen._replace(id=one.get("id") or one["asked"]), asked_as=asked_as)
            for one, asked_as in found
        ]
        came += [
            raw_text(
                text.encode(),
                seen._replace(source="huggingface-card", id=name, url=f"{SOURCE_URL}/{name}"),
                version=None,
            )
            for name, text in cards.items()
        ]
        pipeline, tally = AdmitListing(), Tally("huggingface")
        lines = [pipeline.process_item(one) for one in came]
        for line in lines:
            assert not isinstance(line, FetchFailure)
            tally.count(line)
        report = tally.report({}, finish_reason="finished", started_at=timestamp(at), finished_at=timestamp(at))
        path = Path(tempfile.mkdtemp(dir=WORK)) / "crawl.jsonl"
        path.write_text("".join(f"{line.model_dump_json()}\n" for line in (*lines, report)))
        return read_crawl(path)

    def unfragile(self, slug: str) -> dict[str, Any]:
        unfragile: dict[str, Any] = served_passport(self.root, slug)["unfragile"]
        return unfragile

    def records(self, slug: str) -> list[tuple[str, str]]:
        return [(one["source"], one["id"]) for one in self.unfragile(slug)["artifact"]["model"]["records"]]

    def modes(self, slug: str = "marsh-heron-7b") -> str:
        return " ".join(self.unfragile(slug)["trust"]["failure_modes"])

    def statuses(self, at: datetime = NOON + timedelta(days=9)) -> dict[str, str]:
        """Slug → status, of all passports but those of OTHERS."""
        return {row.slug: row.status for row in reader(self.root, at=at).rows() if not row.slug.startswith("ada-other")}
