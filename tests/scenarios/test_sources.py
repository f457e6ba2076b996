"""Several sources, each crawled for real: joined, believed, missed, and one that is down."""

import asyncio
import json
import shutil
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.audit.auditor import Auditor
from flows.config.settings import read_settings
from flows.crawl.process import crawl
from flows.crawl.sources import crawl_source, crawl_waves, extract_limits
from flows.ingest.crawl_file import CrawlOutcome
from flows.ingest.ingestion import Ingestion, begin, ingest
from flows.job.job import Job, new_job
from flows.run.assemble import assemble
from flows.run.publish import RunOutcome, build_passports, publish_generation
from flows.run.targets import NothingToAskError, listings_to_crawl
from schemas.sources import CRAWLS
from schemas.verdict import Verdict
from tests.support.language_model import speaking
from tests.support.runs import GATE, GATES, NOON, WORK, _hasty, equip, reader, served_passport
from tests.support.spiders import hub
from tests.support.spiders.scripted_server import Answer, Scripted, answering
from tests.support.spiders.server import model

HERON = {**model("marsh/heron-7b"), "hugging_face_id": "Marsh/Heron-7B"}
NAMELESS = {**model("marsh/tern-2b"), "hugging_face_id": None}
PRIVATE = {**model("marsh/plover"), "hugging_face_id": "Marsh/Plover"}
EPOCH = int(NOON.timestamp())
CARD = (
    "---\nlicense: apache-2.0\n---\n# Heron\n\n## Limitations\n\nThe model can hallucinate facts about birds.\n"
    "\n## Making\n\nRivers were left out of what it learned from.\n"
)
ENTRY = {
    "id": "marsh/heron-7b", "name": "Heron 7B", "attachment": False, "reasoning": False, "tool_call": True,
    "temperature": True, "release_date": "2026-01-01", "last_updated": "2026-01-01", "open_weights": False,
    "modalities": {"input": ["text"], "output": ["text"]}, "limit": {"context": 4096, "output": 2048},
    "knowledge": "2025-06",
}  # fmt: skip
BIG = {"downloads": 9_000_000, "tags": ["safetensors", "license:mit"], "pipeline_tag": "text-generation"}


def listed(*records: dict[str, Any]) -> dict[str, list[Answer]]:
    body = {"data": list(records), "total_count": len(records), "links": {"next": None}}
    return {"/api/v1/models?output_modalities=all": [Answer(200, body)]}


def hosted(**heron: Any) -> dict[str, list[Answer]]:
    """The Hub: the listed model's repository, one that fits another's name, one that is private, and a large one."""
    return {
        **hub.detail("Marsh/Heron-7B", _id="a" * 24, tags=["safetensors", "license:mit"], **heron),
        **hub.card("Marsh/Heron-7B", CARD),
        hub.record_path("Marsh/Plover"): [hub.MISSING],
        hub.TOP: hub.page(
            hub.record("Marsh/Tern-2B", _id="b" * 24, **BIG),
            hub.record("Fen/Curlew-1B", _id="c" * 24, **BIG),
            hub.record("Fen/Small", _id="d" * 24),
        ),
    }


CATALOGUE = {"/api.json": [Answer(200, {"openrouter": {"models": {"marsh/heron-7b": ENTRY}}})]}


def surround(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """Set key, gates and floor; gives the folder of the store."""
    equip(folder, patch, {**GATES, "openrouter": {**GATE, "minimum_listings": 1}})
    patch.setenv("PASSPORTS_HUGGINGFACE_MINIMUM_DOWNLOADS", "1000000")
    patch.setenv("PASSPORTS_WORK", str(folder / "work"))
    patch.setattr("flows.crawl.sources.crawl", partial(_hasty, crawl))
    return folder / "store"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunOutcome]:
    """A store that all sources were published to once, and what came of it."""
    with pytest.MonkeyPatch.context() as patch:
        root = surround(tmp_path_factory.mktemp("first"), patch)
        return root, run(root, all_answers())


@pytest.fixture
def root(first: tuple[Path, RunOutcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(first[0], surround(tmp_path, monkeypatch)))


def job_of(root: Path, source: Scripted, at: datetime, sources: tuple[str, ...]) -> Job:
    urls = {f"{name}_url": source.url for name in ("openrouter", "huggingface", "modelsdev", "github")}
    settings = read_settings(store=str(root), sources=sources, **urls)
    job = new_job("refresh", settings, epoch=int(at.timestamp()))
    return job.model_copy(update={"work": WORK})


def run(
    root: Path,
    answers: dict[str, list[Answer]],
    at: datetime = NOON,
    sources: tuple[str, ...] = ("openrouter", "modelsdev", "huggingface"),
) -> RunOutcome:
    """Crawl the sources wave by wave, and publish."""
    with answering(answers) as source:
        job = job_of(root, source, at, sources)
        so_far = begin(job)
        for wave in crawl_waves(job.sources):
            for outcome in asyncio.run(_crawled(job, wave, so_far)):
                so_far = ingest(job, so_far, outcome)
        extraction = asyncio.run(extract_limits(job, so_far))
        if extraction:
            so_far = ingest(job, so_far, extraction)
    assembled = assemble(job, so_far)
    return publish_generation(job, assembled, build_passports(job, assembled))


async def _crawled(job: Job, wave: tuple[str, ...], so_far: Ingestion) -> list[CrawlOutcome]:
    return await asyncio.gather(*(crawl_source(job, name, so_far) for name in wave))


def all_answers(**heron: Any) -> dict[str, list[Answer]]:
    return {**listed(HERON, NAMELESS, PRIVATE), **CATALOGUE, **hosted(**heron)}


def proved(root: Path, slug: str) -> tuple[Verdict, str]:
    finding = Auditor(reader(root)).prove(slug)
    return finding.verdict, finding.reason


def unfragile_of(root: Path, slug: str) -> dict[str, Any]:
    unfragile: dict[str, Any] = served_passport(root, slug)["unfragile"]
    return unfragile


def test_sources_that_others_name_come_after_them() -> None:
    assert crawl_waves(("openrouter", "modelsdev", "huggingface", "github")) == [
        ("openrouter", "modelsdev"), ("huggingface",), ("github",),
    ]  # fmt: skip
    assert crawl_waves(("github", "huggingface")) == [("huggingface",), ("github",)]


def test_each_model_has_one_passport_of_all_that_is_stated_of_it(first: tuple[Path, RunOutcome]) -> None:
    root, done = first
    assert done.report.state == "done"
    assert {row.slug for row in reader(root).rows()} == {
        "marsh-heron-7b", "marsh-tern-2b", "marsh-plover", "fen--curlew-1b",
    }  # fmt: skip
    heron = unfragile_of(root, "marsh-heron-7b")
    made_from = [(one["source"], one["joined_by"]) for one in heron["artifact"]["model"]["records"]]
    assert made_from == [
        ("openrouter", "own"), ("huggingface", "stated"), ("huggingface-card", "stated"), ("modelsdev", "stated"),
    ]  # fmt: skip
    assert heron["artifact"]["model"]["licence"] == "apache-2.0", "the card is believed before the tag"
    assert {one["path"] for one in heron["conflicts"]} >= {"/artifact/model/licence", "/artifact/model/open_weights"}
    assert heron["artifact"]["model"]["knowledge_cutoff"] == "2025-06"
    assert any("card" in text for text in heron["trust"]["failure_modes"])
    counted = done.report.accounting
    assert counted is not None
    assert (counted.listings, counted.passports, counted.joined) == (6, 4, 2)


def test_a_name_alone_joins_only_where_it_is_sure_and_says_so(root: Path) -> None:
    tern = unfragile_of(root, "marsh-tern-2b")["artifact"]["model"]
    assert ("huggingface", "name") in [(one["source"], one["joined_by"]) for one in tern["records"]]
    assert tern["licence"] == "mit"
    curlew = unfragile_of(root, "fen--curlew-1b")["artifact"]
    assert (curlew["id"], curlew["pricing"]["model"]) == ("hf-model-fen--curlew-1b", "open_source")


def test_what_the_hub_does_not_show_is_withheld(root: Path) -> None:
    withheld = {one["path"] for one in unfragile_of(root, "marsh-plover")["unknowns"] if one["reason"] == "withheld"}
    assert "/artifact/model/licence" in withheld


def test_everything_is_proved_by_the_records(root: Path) -> None:
    prover = Auditor(reader(root))
    findings = {row.slug: prover.prove(row.slug) for row in reader(root).rows()}
    assert {slug: one.reason for slug, one in findings.items() if one.verdict is not Verdict.OK} == {}


def test_a_source_that_is_down_keeps_its_facts_and_the_run_says_so(root: Path) -> None:
    broken = {**all_answers(), "/api.json": [Answer(503, b"")]}
    broken |= listed({**HERON, "context_length": 8192}, NAMELESS, PRIVATE)
    done = run(root, broken, at=NOON + timedelta(days=9))
    assert (done.report.state, {breach.source for breach in done.report.breaches}) == ("partial", {"modelsdev"})
    assert done.report.not_renewed == {"modelsdev": "2026-04-22T12:00:00.000Z"}
    heron = unfragile_of(root, "marsh-heron-7b")
    assert heron["artifact"]["model"]["knowledge_cutoff"] == "2025-06"
    verdicts = {one["source"]: one["verdict"] for one in heron["trust"]["freshness"]["sources"]}
    assert (verdicts["modelsdev"], verdicts["openrouter"]) == ("stale", "fresh")


def test_a_run_of_one_source_merges_with_what_the_others_last_stated(root: Path) -> None:
    run(root, listed(HERON, NAMELESS, PRIVATE), at=NOON + timedelta(hours=1), sources=("openrouter",))
    assert unfragile_of(root, "marsh-heron-7b")["artifact"]["model"]["licence"] == "apache-2.0"
    done = run(root, hosted(likes=12), at=NOON + timedelta(hours=2), sources=("huggingface",))
    assert done.report.issued == {"source_changed": 1}, "likes are stated now; how many there are is no substance"
    done = run(root, hosted(likes=13), at=NOON + timedelta(hours=3), sources=("huggingface",))
    assert done.report.issued == {}


def test_another_repository_under_a_known_name_is_not_joined(root: Path) -> None:
    stolen = {**all_answers(), **hub.detail("Marsh/Heron-7B", _id="e" * 24, tags=["license:other"], downloads=1)}
    done = run(root, stolen, at=NOON + timedelta(hours=1))
    [refused] = [one for one in done.report.quarantined if one.source == "huggingface"]
    assert (refused.id, refused.field) == ("Marsh/Heron-7B", "/_id")
    assert unfragile_of(root, "marsh-heron-7b")["artifact"]["model"]["licence"] == "apache-2.0"


@pytest.mark.parametrize("served", [True, False], ids=["it was there before", "both are new"])
def test_nothing_of_another_id_that_shares_the_slug_is_shown(served: bool, root: Path) -> None:
    ours, other = ("Marsh/Heron-7B", "Marsh-Heron/7B") if served else ("Marsh-Heron/7B", "Marsh/Heron-7B")
    second = {**model("marsh-heron/7b"), "hugging_face_id": "Marsh-Heron/7B"}
    answers = all_answers() | listed(HERON, second, NAMELESS, PRIVATE)
    answers |= hub.detail("Marsh-Heron/7B", _id="f" * 24, tags=["safetensors", "license:other"], downloads=5)
    answers |= hub.card("Marsh-Heron/7B", CARD.replace("apache-2.0", "gpl-3.0").replace("birds", "fish"))
    entries = {name: {**ENTRY, "id": name} for name in ("marsh/heron-7b", "marsh-heron/7b")}
    answers["/api.json"] = [Answer(200, {"openrouter": {"models": entries}})]
    root = root if served else root.with_name("another")
    done = run(root, answers, at=NOON + timedelta(hours=1))
    assert other.lower() in {one.id for one in done.report.quarantined}
    records = unfragile_of(root, "marsh-heron-7b")["artifact"]["model"]["records"]
    assert [one["id"] for one in records if one["source"] != "modelsdev"] == [ours.lower(), ours, ours]
    assert [one["id"] for one in records if one["source"] == "modelsdev"] == [f"openrouter/{ours.lower()}"]
    assert other not in json.dumps(unfragile_of(root, "marsh-heron-7b"))
    assert proved(root, "marsh-heron-7b")[0] is Verdict.OK


@pytest.mark.slow
def test_a_repository_that_is_gone_is_delisted_after_two_answers_a_day_apart(root: Path) -> None:
    gone = {**all_answers(), hub.record_path("Fen/Curlew-1B"): [hub.MISSING]}
    gone[hub.TOP] = hub.page(hub.record("Fen/Other", **BIG))
    for hours in (80, 100):
        run(root, gone, at=NOON + timedelta(hours=hours))
        assert unfragile_of(root, "fen--curlew-1b")["artifact"]["status"] == "active"
    run(root, gone, at=NOON + timedelta(hours=180))
    curlew = unfragile_of(root, "fen--curlew-1b")
    assert curlew["artifact"]["status"] == "delisted"
    shown = [(one["source"], one["value"]) for one in curlew["evidence"] if one["path"] == "/artifact/status"]
    assert shown == [("huggingface", 401)]
    assert proved(root, "fen--curlew-1b") == (
        Verdict.OK,
        "all 28 entries of the evidence were found again, and the rules give the same result",
    )


@pytest.mark.parametrize("hours", [(1,), (1, 30)], ids=["missed once", "gone"])
def test_a_listing_whose_repository_is_gone_is_proved_by_the_record_or_the_answer(
    hours: tuple[int, ...], root: Path
) -> None:
    gone = {**all_answers(), hub.record_path("Marsh/Heron-7B"): [hub.MISSING]}
    gone |= listed({**HERON, "context_length": 8192, "hugging_face_id": "marsh/heron-7b"}, NAMELESS, PRIVATE)
    gone[hub.record_path("marsh/heron-7b")] = [hub.MISSING]
    for after in hours:
        run(root, gone, at=NOON + timedelta(hours=after))
    records = unfragile_of(root, "marsh-heron-7b")["artifact"]["model"]["records"]
    assert [one["id"] for one in records if one["source"] == "huggingface"] == (
        ["Marsh/Heron-7B", "marsh/heron-7b"] if len(hours) == 1 else ["marsh/heron-7b"]
    )
    assert proved(root, "marsh-heron-7b")[0] is Verdict.OK


def test_a_crawl_that_finds_only_what_is_gone_is_no_broken_one(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSPORTS_HUGGINGFACE_MINIMUM_DOWNLOADS", "-")
    root = root.with_name("another")
    run(root, listed(PRIVATE), sources=("openrouter",))
    only = {hub.record_path("Marsh/Plover"): [hub.MISSING]}
    done = run(root, only, at=NOON + timedelta(hours=1), sources=("huggingface",))
    assert (done.report.state, done.report.breaches) == ("done", ())


def test_a_rescrape_asks_for_one_passport_or_is_refused(root: Path) -> None:
    every, seller = (read_settings(store=str(root), sources=sources) for sources in (tuple(CRAWLS), ("openrouter",)))
    for target in ("fen--curlew-1b", "Fen/Curlew-1B"):
        assert listings_to_crawl(target, every, EPOCH) == {"huggingface": ("Fen/Curlew-1B",)}
        with pytest.raises(NothingToAskError, match="add one of them to PASSPORTS_SOURCES: huggingface"):
            listings_to_crawl(target, seller, EPOCH)
    assert listings_to_crawl("fen/nobody", every, EPOCH) == {"openrouter": ("fen/nobody",)}


def test_a_language_model_points_at_sentences_and_nothing_else_of_it_counts(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence = "Rivers were left out of what it learned from."
    with speaking(lambda _: [("plain", sentence), ("praise", "# Heron"), ("plain", "It is the best.")]) as ear:
        monkeypatch.setenv("PASSPORTS_EXTRACTOR_URL", ear.url)
        monkeypatch.setenv("PASSPORTS_EXTRACTOR_MODEL", "marsh-1")
        run(root, all_answers(), at=NOON + timedelta(hours=1))
        asked = len(ear.requests)
        run(root, all_answers(), at=NOON + timedelta(hours=2), sources=("openrouter",))
        assert len(ear.requests) == asked, "the same text is not asked about again"
    heron = unfragile_of(root, "marsh-heron-7b")
    found = [one for one in heron["evidence"] if one["source"] == "extraction"]
    assert {one["quote"] for one in found} == {sentence}
    assert "It is the best." not in json.dumps(heron)
    assert Auditor(reader(root)).prove("marsh-heron-7b").verdict is Verdict.OK
