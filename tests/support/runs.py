"""Runs jobs without Prefect: the stages in order, on the bundled recording or on an edited copy of it."""

import asyncio
import atexit
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest

from flows.config.settings import read_settings
from flows.crawl.process import CrawlOrder, crawl
from flows.crawl.sources import crawl_source
from flows.demo import recording, replay
from flows.ingest.crawl_file import CrawlOutcome, read_crawl
from flows.ingest.ingestion import begin, ingest, with_failures
from flows.job.job import Consent, Job, new_job
from flows.registry.reader import Reader
from flows.run.assemble import Assembled, assemble
from flows.run.publish import RunOutcome, build_passports, publish_generation
from flows.store.local import LocalStore
from pipelines.item_pipeline import AdmitListing
from pipelines.registry.layout import passport_copy_key
from pipelines.signing.keys import KeyRing, Signer, jwk, signing_key_to_jwk
from pipelines.views.ages import Generation
from schemas.crawl import FetchFailure
from schemas.run import Breach, RunReport
from schemas.sources import SOURCE_NAMES
from schemas.times import timestamp
from spiders.extensions.tally import Tally
from spiders.openrouter.model_list import ModelList
from spiders.openrouter.pages import read_page
from tests.support.spiders.crawls import HASTY

NOON = datetime(2026, 4, 22, 12, tzinfo=UTC)
"""The time of these jobs: on the day of the recording."""
SEED = bytes(range(32))
SIGNER = Signer(SEED)
SOURCE_URL = "http://127.0.0.1:9"
"""Never requested: `brought` needs no network."""

GATE = {
    "minimum_listings": 3,
    "largest_drop": 0.2,
    "largest_reject_rate": 0.25,
    "refresh_after_h": 72,
    "stale_after_h": 168,
    "expires_after_h": 720,
}
EASY = {**GATE, "minimum_listings": 0}
GATES = {source: GATE if source == "openrouter" else EASY for source in SOURCE_NAMES}
"""Gates that a handful of records pass."""

WORK = tempfile.mkdtemp(prefix="passports-tests-")
"""Folder of the temporary files of these jobs."""
atexit.register(shutil.rmtree, WORK, ignore_errors=True)

Record = dict[str, Any]


def equip(folder: Path, patch: pytest.MonkeyPatch, gates: dict[str, dict[str, Any]] | None = None) -> None:
    """Write a signing key and gates to a folder, and make the settings name them."""
    key, bounds = folder / "signing-key.jwk", folder / "gates.toml"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(signing_key_to_jwk(SEED))
        (folder / "public-key.jwk").write_text(json.dumps(jwk(SIGNER.public_key)))
    tables = [f"[{source}]\n{_toml(gate)}" for source, gate in (gates or GATES).items()]
    bounds.write_text("\n".join(tables))
    patch.setenv("PASSPORTS_SIGNING_KEY_FILE", str(key))
    patch.setenv("PASSPORTS_GATES_FILE", str(bounds))


def job_for(
    root: Path,
    *,
    url: str = SOURCE_URL,
    at: datetime = NOON,
    flow: Literal["refresh", "rescrape", "demo"] = "refresh",
    only: tuple[str, ...] = (),
    accept_drop: bool = False,
) -> Job:
    settings = read_settings(store=str(root), openrouter_url=url, sources=("openrouter",))
    ids = {"openrouter": only} if only else None
    job = new_job(flow, settings, epoch=int(at.timestamp()), only=ids, consent=Consent(accept_drop))
    return job.model_copy(update={"work": tempfile.mkdtemp(dir=WORK)})


def crawled(job: Job) -> list[CrawlOutcome]:
    """Crawl in a separate process, as a run does, but without the waits between requests to a real source."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flows.crawl.sources.crawl", partial(_hasty, crawl))
        return [asyncio.run(crawl_source(job, source, begin(job))) for source in job.sources]


async def _hasty(crawl: Any, order: CrawlOrder, *watched: Any) -> CrawlOutcome:
    outcome: CrawlOutcome = await crawl(replace(order, settings={**order.settings, **HASTY}), *watched)
    return outcome


def assemble_crawls(job: Job, outcomes: Sequence[CrawlOutcome], failures: Sequence[Breach] = ()) -> Assembled:
    """Ingest crawls that have ended, in this order, and return the batch that they make with the served listings."""
    so_far = begin(job)
    for outcome in outcomes:
        so_far = ingest(job, so_far, outcome)
    return assemble(job, with_failures(so_far, failures))


def finish(job: Job, outcomes: list[CrawlOutcome]) -> RunOutcome:
    assembled = assemble_crawls(job, outcomes)
    return publish_generation(job, assembled, build_passports(job, assembled))


def brought(records: Sequence[object], *, at: datetime = NOON, failures: Sequence[str] = ()) -> CrawlOutcome:
    """Return the outcome of a crawl whose list has these records: the same steps, without the network."""
    walk, pipeline, tally = ModelList(SOURCE_URL), AdmitListing(), Tally("openrouter")
    page = read_page(json.dumps({"data": records, "total_count": len(records)}).encode())
    lines = []
    for accepted in walk.take(page, f"{SOURCE_URL}/api/v1/models", timestamp(at)):
        line = pipeline.process_item(accepted)
        assert not isinstance(line, FetchFailure)
        tally.count(line)
        lines.append(line)
    tally.failures += [FetchFailure(url=SOURCE_URL, status=500, reason=reason) for reason in failures]
    report = tally.report({}, finish_reason="finished", started_at=timestamp(at), finished_at=timestamp(at))
    path = Path(tempfile.mkdtemp(dir=WORK)) / "crawl.jsonl"
    path.write_text("".join(f"{line.model_dump_json()}\n" for line in (*lines, report)))
    return read_crawl(path)


def refresh(root: Path, records: Sequence[object], *, at: datetime = NOON) -> RunOutcome:
    """Run a refresh whose crawl brings these records."""
    return finish(job_for(root, at=at), [brought(records, at=at)])


@contextmanager
def playing(records: list[Record]) -> Iterator[str]:
    """Serve records as the demo serves its recording; later changes of them are served too."""
    with replay.listening(replay._handler(records, recording.endpoints())) as url:
        yield url


def files(root: Path) -> dict[str, bytes]:
    """Return key → file of everything in a store, without locks and temporary files."""
    found = (path for path in root.rglob("*") if path.is_file())
    keyed = {path.relative_to(root).as_posix(): path for path in found}
    return {key: path.read_bytes() for key, path in sorted(keyed.items()) if not key.startswith(".tmp/")}


def served_passport(root: Path, slug: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((root / passport_copy_key(slug)).read_bytes())
    return document["passport"]


def reader(root: Path, *, at: datetime = NOON) -> Reader:
    return Reader(LocalStore(root), KeyRing([SIGNER.public_key]), at)


def generation(read: Reader) -> Generation:
    """Return what a reader serves, in the form that `status` judges."""
    return Generation(read.pointer, read.snapshot, read.rows())


def edited(records: Sequence[Record], listing_id: str, **fields: Any) -> list[Record]:
    """Return the records with one of them changed."""
    assert any(record["id"] == listing_id for record in records)
    return [record | fields if record["id"] == listing_id else record for record in records]


def issued(report: RunReport) -> dict[str, str]:
    """Slug → cause, of every passport that a run issued."""
    return {change.slug: change.cause for change in report.changes}


def _toml(gate: dict[str, Any]) -> str:
    plain = [f"{name} = {value}" for name, value in gate.items() if not isinstance(value, dict)]
    tables = {name: table for name, table in gate.items() if isinstance(table, dict)}
    nested = [f"{table}.{name} = {value}" for table, values in tables.items() for name, value in values.items()]
    return "\n".join([*plain, *nested]) + "\n"
