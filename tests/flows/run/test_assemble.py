import asyncio
import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from flows.audit.copy_check import check_copy
from flows.crawl.sources import breach_of, crawl_source
from flows.demo import recording
from flows.ingest.crawl_file import CrawlFailedError
from flows.ingest.ingestion import begin
from flows.publish.protocol import publish
from flows.registry.signed_files import TamperedError
from flows.run.assemble import GateClosedError
from flows.run.publish import RunOutcome, build_passports, publish_generation
from flows.store.base import StoreUnavailableError
from pipelines.signing.keys import signing_key_to_jwk
from pipelines.views.run_summary import summary_lines
from schemas.run import RunReport
from tests.support.runs import (
    GATE,
    GATES,
    NOON,
    Record,
    assemble_crawls,
    brought,
    crawled,
    edited,
    equip,
    files,
    finish,
    issued,
    job_for,
    playing,
    reader,
    refresh,
    served_passport,
)
from tests.support.spiders.server import model, serving
from tests.support.waiting import until

QWEN = "qwen-qwq-32b"
LATER = NOON + timedelta(hours=1)


def written_for_readers(root: Path) -> dict[str, bytes]:
    return {key: body for key, body in files(root).items() if key.startswith(("api/", "registry/objects/"))}


def reports(root: Path) -> dict[str, RunReport]:
    found = (root / "registry/runs").glob("*.json")
    return {path.stem: RunReport.model_validate_json(path.read_bytes()) for path in found}


def test_the_same_input_clock_and_key_give_the_same_bytes(equipped: Path) -> None:
    roots = [equipped / "one", equipped / "other"]
    with playing(recording.models()) as url:
        for root in roots:
            job = job_for(root, url=url)
            finish(job, crawled(job))
    one, other = (files(root) for root in roots)
    assert len([key for key in one if key.startswith("api/v1/passport/")]) == 22
    assert one == other


def test_a_second_run_with_nothing_new_issues_nothing(store: Path, records: list[Record]) -> None:
    before = written_for_readers(store)
    done = refresh(store, records, at=LATER)
    assert (issued(done.report), done.report.unchanged) == ({}, 22)
    assert written_for_readers(store) == before
    row = reader(store).row(QWEN)
    assert row is not None
    assert (row.generation, row.last_seen, row.last_scraped_at) == (
        1,
        "2026-04-22T13:00:00.000Z",
        "2026-04-22T12:00:00.000Z",
    )


CHANGES: dict[str, dict[str, Any]] = {
    "price": {"pricing": {"prompt": "0.00000016", "completion": "0.0000004"}},
    "context": {"context_length": 65536},
    "name": {"name": "Qwen: QwQ 32B (renamed)"},
    "parameters": {"supported_parameters": ["temperature"]},
    "end": {"expiration_date": "2026-06-01"},
}


@pytest.mark.parametrize("fields", CHANGES.values(), ids=CHANGES)
def test_what_changed_is_issued_anew_and_nothing_else(
    fields: dict[str, Any], store: Path, records: list[Record]
) -> None:
    before, old = written_for_readers(store), reader(store).row(QWEN)
    done = refresh(store, edited(records, "qwen/qwq-32b", **fields), at=LATER)
    assert issued(done.report) == {QWEN: "source_changed"}
    assert done.report.unchanged == 21
    new = reader(store).row(QWEN)
    assert old is not None
    assert new is not None
    assert (new.previous, new.first_seen, new.generation) == (old.object, old.first_seen, 2)
    assert new.last_changed == "2026-04-22T13:00:00.000Z"
    after = written_for_readers(store)
    assert {key for key in after if after[key] != before.get(key)} == {
        f"api/v1/brief/{QWEN}",
        f"api/v1/passport/{QWEN}",
        f"registry/objects/{new.object[:2]}/{new.object}.json",
    }
    assert reader(store, at=LATER).check(QWEN).verdict == "ok"


def test_a_changed_price_is_reported_to_the_last_digit(store: Path, records: list[Record]) -> None:
    prices = {"prompt": "0.000000151234567890123", "completion": "0.0000004"}
    refresh(store, edited(records, "qwen/qwq-32b", pricing=prices), at=LATER)
    artifact = served_passport(store, QWEN)["unfragile"]["artifact"]
    reported = {price["kind"]: price["usd"] for price in artifact["model"]["prices"]}
    assert reported == prices
    assert artifact["pricing"]["starting_price"] == "$1.51e-7 per prompt token"


def shuffled(value: Any, chance: random.Random) -> Any:
    """Another order of everything, but of the conditional prices: the later one of them wins."""
    if isinstance(value, dict):
        names = chance.sample(list(value), len(value))
        return {name: value[name] if name == "overrides" else shuffled(value[name], chance) for name in names}
    if isinstance(value, list):
        return [shuffled(entry, chance) for entry in chance.sample(value, len(value))]
    return value


@pytest.mark.parametrize("seed", range(3))
def test_another_order_is_no_change(seed: int, store: Path, records: list[Record]) -> None:
    before = written_for_readers(store)
    chance = random.Random(seed)  # noqa: S311 - an order, not a secret
    done = refresh(store, shuffled(records, chance), at=LATER)
    assert issued(done.report) == {}
    assert written_for_readers(store) == before


def test_a_passport_is_refreshed_once_its_scrape_is_old(store: Path, records: list[Record]) -> None:
    in_time, late = (NOON + timedelta(hours=GATE["refresh_after_h"], seconds=seconds) for seconds in (0, 1))
    assert "refreshed" not in issued(refresh(store, records, at=in_time).report).values()
    done = refresh(store, records, at=late)
    assert set(issued(done.report).values()) == {"refreshed"}
    assert len(done.report.changes) + done.report.unchanged == 22
    assert done.report.unchanged <= 1, "but for a model whose announced end has passed meanwhile"
    maintenance = served_passport(store, QWEN)["unfragile"]["trust"]["maintenance"]
    assert maintenance["last_scraped_at"] == "2026-04-25T12:00:01.000Z"
    assert maintenance["updated_at"] == "2026-04-22T12:00:00.000Z"


def test_a_publication_that_was_overtaken_and_then_failed_can_be_tried_again(
    store: Path, records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(*order: Any, base: Any, rebase: Any, **more: Any) -> Any:
        rebase(base)
        if tries.append(1) or len(tries) == 1:  # type: ignore[func-returns-value]
            raise StoreUnavailableError("the store does not answer")
        return publish(*order, base=base, rebase=rebase, **more)

    tries: list[int] = []
    monkeypatch.setattr("flows.run.publish.publish", overtaken)
    job = job_for(store, at=LATER)
    assembled = assemble_crawls(job, [brought(edited(records, "qwen/qwq-32b", name="Another"), at=LATER)])
    built = build_passports(job, assembled)
    with pytest.raises(StoreUnavailableError):
        publish_generation(job, assembled, built)
    assert publish_generation(job, assembled, built).published.generation == 2


def test_a_rescrape_renews_its_passport_and_touches_no_other(store: Path) -> None:
    before, rows = written_for_readers(store), {row.slug: row for row in reader(store).rows()}
    with playing(recording.models()) as url:
        job = job_for(
            store, url=url, at=LATER, flow="rescrape", only=("openai/gpt-oss-120b", "openai/gpt-oss-120b:free")
        )
        done = finish(job, crawled(job))
    slug = "openai-gpt-oss-120b"
    assert issued(done.report) == {slug: "refreshed"}
    assert (done.report.unchanged, done.report.absent) == (0, 0)
    assert done.report.accounting is not None
    assert done.report.accounting.listings == 2
    after = {row.slug: row for row in reader(store).rows()}
    assert {slug for slug in rows if rows[slug] != after[slug]} == {slug}
    assert after[slug].previous == rows[slug].object
    changed = {key for key, body in written_for_readers(store).items() if body != before.get(key)}
    assert changed == {
        f"api/v1/brief/{slug}",
        f"api/v1/passport/{slug}",
        f"registry/objects/{after[slug].object[:2]}/{after[slug].object}.json",
    }
    assert len(list(reader(store).source_listings("openrouter"))) == 28


def test_a_rescrape_of_a_new_listing_adds_its_passport(store: Path) -> None:
    new = {**recording.models()[1], "id": "ada/lovelace", "canonical_slug": "ada/lovelace", "name": "Ada: Lovelace"}
    with playing([*recording.models(), new]) as url:
        job = job_for(store, url=url, at=LATER, flow="rescrape", only=("ada/lovelace",))
        done = finish(job, crawled(job))
    assert issued(done.report) == {"ada-lovelace": "first_seen"}
    assert len(list(reader(store).rows())) == 23


def test_a_rescrape_of_what_is_not_listed_closes_the_gate(store: Path) -> None:
    before = written_for_readers(store)
    with playing(recording.models()) as url:
        job = job_for(store, url=url, at=LATER, flow="rescrape", only=("ada/nobody",))
        outcomes = crawled(job)
    with pytest.raises(GateClosedError, match="not listed: 'ada/nobody'"):
        assemble_crawls(job, outcomes)
    assert written_for_readers(store) == before


def test_a_model_that_is_not_listed_any_more_keeps_its_passport(store: Path, records: list[Record]) -> None:
    before, rows = written_for_readers(store), {row.slug: row for row in reader(store).rows()}
    done = refresh(store, [record for record in records if record["id"] != "qwen/qwq-32b"], at=LATER)
    assert (done.report.absent, done.report.unchanged, issued(done.report)) == (1, 22, {})
    assert written_for_readers(store) == before
    after = {row.slug: row for row in reader(store).rows()}
    assert after[QWEN] == rows[QWEN]
    assert reader(store, at=LATER).check(QWEN).verdict == "ok"


class Closing(NamedTuple):
    """Bounds, how many good and bad records come, and the gate that they do not pass."""

    bounds: dict[str, Any]
    good: int
    bad: int
    gate: str


CLOSED = {
    "too few": Closing({"minimum_listings": 29}, 28, 0, "minimum_listings"),
    "a drop": Closing({"largest_drop": 0.1}, 25, 0, "largest_drop"),
    "too many refused": Closing({"largest_reject_rate": 0.05}, 28, 2, "largest_reject_rate"),
    "a field that went": Closing({"fill_rates": {"context_tokens": 0.99}}, 28, 0, "fill_rates.context_tokens"),
}


@pytest.mark.parametrize("closing", CLOSED.values(), ids=CLOSED)
def test_a_closed_gate_publishes_nothing_but_its_report(
    closing: Closing, store: Path, records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    equip(store.parent, monkeypatch, {**GATES, "openrouter": {**GATE, **closing.bounds}})
    before = files(store)
    retained = [record for record in records if record["id"] != "example-lab/negative-price"][: closing.good]
    broken = [{"id": f"ada/broken-{n}"} for n in range(closing.bad)]
    with pytest.raises(GateClosedError) as error:
        refresh(store, [*retained, *broken], at=LATER)
    assert [breach.gate for breach in error.value.report.breaches] == [closing.gate]
    after = files(store)
    [new] = after.keys() - before.keys()
    assert {key: after[key] for key in before} == before
    assert new.startswith("registry/runs/20260422T130000Z-")
    report = RunReport.model_validate_json(after[new])
    assert report == error.value.report
    assert (report.state, report.accounting, report.changes) == ("failed", None, ())
    assert len(report.quarantined) == closing.bad
    assert report.breaches[0].reason in str(error.value)


def test_a_drop_that_somebody_has_looked_at_is_published_and_reported(store: Path, records: list[Record]) -> None:
    fewer = [record for record in records if record["id"] != "example-lab/negative-price"][:15]
    with pytest.raises(GateClosedError, match="publish with --accept-drop"):
        refresh(store, fewer, at=LATER)
    done = finish(job_for(store, at=LATER, accept_drop=True), [brought(fewer, at=LATER)])
    assert (done.report.state, done.report.breaches) == ("done", ())
    assert [(breach.source, breach.gate) for breach in done.report.waived] == [("openrouter", "largest_drop")]
    reported = dict(summary_lines(done.report, done.published))
    assert reported["accepted: openrouter"].startswith("largest_drop: listings in the crawl: 15, after 28 last time")
    gone = [row.slug for row in reader(store, at=LATER).rows() if row.status == "delisted"]
    assert gone == ["arcee-ai-trinity-large-preview"], "its announced end had come; of the others one miss is no end"
    assert refresh(store, fewer, at=LATER + timedelta(hours=1)).report.waived == (), "the next is held to this one"


def test_nothing_else_is_accepted_with_a_drop(
    store: Path, records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = {"minimum_listings": 20, "fill_rates": {"context_tokens": 0.99}}
    equip(store.parent, monkeypatch, {**GATES, "openrouter": {**GATE, **bounds}})
    fewer = [record for record in records if record["id"] != "example-lab/negative-price"][:15]
    with pytest.raises(GateClosedError) as error:
        finish(job_for(store, at=LATER, accept_drop=True), [brought(fewer, at=LATER)])
    assert [breach.gate for breach in error.value.report.breaches] == ["minimum_listings", "fill_rates.context_tokens"]


@pytest.mark.parametrize("fault", ["html", "empty"])
def test_an_answer_that_is_no_list_closes_the_gate(fault: str, equipped: Path) -> None:
    root = equipped / "store"
    refresh(root, [model(f"ada/m{n}") for n in range(7)])
    before = files(root)
    with serving(always=fault) as source:
        job = job_for(root, url=source.url, at=LATER)
        outcomes = crawled(job)
    with pytest.raises(GateClosedError) as error:
        assemble_crawls(job, outcomes)
    assert {breach.gate for breach in error.value.report.breaches} == {"complete"}
    assert len(files(root).keys() - before.keys()) == 1
    assert files(root) | before == files(root)


def test_passports_that_cannot_be_made_close_the_gate_too(
    store: Path, records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORTS_BASE_URL", "https://[not-an-address")
    before = files(store)
    with pytest.raises(GateClosedError, match="passports that could not be made: 22 of 22") as error:
        refresh(store, records, at=LATER)
    assert len(files(store).keys() - before.keys()) == 1
    assert files(store) | before == files(store)
    stages = {(refused.id, refused.stage) for refused in error.value.report.quarantined}
    assert ("qwen/qwq-32b", "verify") in stages
    assert len(stages) == 23


def test_a_rescrape_of_a_record_that_cannot_be_read_closes_the_gate(store: Path) -> None:
    broken = edited(recording.models(), "qwen/qwq-32b", context_length="many")
    before = written_for_readers(store)
    with playing(broken) as url:
        job = job_for(store, url=url, at=LATER, flow="rescrape", only=("qwen/qwq-32b",))
        outcomes = crawled(job)
    reported = "openrouter: no listing could be read: qwen/qwq-32b /context_length is 'many', not a"
    with pytest.raises(GateClosedError, match=reported) as error:
        assemble_crawls(job, outcomes)
    assert [refused.field for refused in error.value.report.quarantined] == ["/context_length"]
    assert written_for_readers(store) == before


def test_a_run_that_failed_does_not_stop_the_next_one(store: Path, records: list[Record]) -> None:
    with pytest.raises(GateClosedError):
        refresh(store, records[:3], at=LATER)
    assert refresh(store, records, at=LATER).published.generation == 2
    assert sorted(report.state for report in reports(store).values()) == ["done", "done", "failed"]


def test_every_refused_record_is_quarantined_with_its_place(store: Path, records: list[Record]) -> None:
    broken = edited(records, "qwen/qwq-32b", context_length="many")
    done = refresh(store, [*broken, "no record", {"name": "nameless"}], at=LATER)
    found = {refused.id: (refused.stage, refused.field) for refused in done.report.quarantined}
    assert found["qwen/qwq-32b"] == ("normalise", "/context_length")
    assert found["example-lab/negative-price"] == ("normalise", "/pricing/completion")
    assert len(done.report.quarantined) == 4
    counted = done.report.accounting
    assert counted is not None
    assert counted.listings == len(records) + 2
    assert counted.listings == counted.passports + counted.offers_merged + counted.aliases + counted.quarantined
    assert (counted.passports, counted.quarantined) == (21, 4)
    assert done.report.absent == 0, "it is listed, and its last good record stays"
    raw = next(refused.raw for refused in done.report.quarantined if refused.id == "qwen/qwq-32b")
    assert json.loads(raw)["context_length"] == "many"
    assert reader(store, at=LATER).check(QWEN).verdict == "ok"


def test_no_report_is_lost_where_the_clock_stands_still(store: Path, few: list[Record], records: list[Record]) -> None:
    before = reports(store)
    changed = edited(records, "qwen/qwq-32b", context_length=65_536)
    done = [refresh(store, listed).report for listed in (records, changed)]
    failed = []
    for brought_now in (few, few[:1]):
        with pytest.raises(GateClosedError) as closed:
            refresh(store, brought_now)
        failed.append(closed.value.report)
    assert reports(store) == before | {report.run: report for report in (*done, *failed)}
    assert len(reports(store)) == len(before) + 4


def test_a_publication_that_was_overtaken_keeps_the_report_of_what_it_published(
    store: Path, records: list[Record]
) -> None:
    job = job_for(store, at=LATER)
    assembled = assemble_crawls(job, [brought(records, at=LATER)])
    built = build_passports(job, assembled)
    refresh(store, edited(records, "qwen/qwq-32b", context_length=65_536), at=LATER)
    done = publish_generation(job, assembled, built)
    assert reports(store)[reader(store, at=LATER).snapshot.run] == done.report


def test_the_report_is_where_the_snapshot_says(store: Path) -> None:
    snapshot = reader(store).snapshot
    report = reports(store)[snapshot.run]
    assert (report.run, report.state, report.flow) == (snapshot.run, "done", "refresh")
    assert report.accounting is not None
    assert report.accounting.passports == snapshot.counts["active"] + snapshot.counts["deprecated"] == 22
    assert report.rules_sha256 == snapshot.rules_sha256


def demo(root: Path) -> None:
    job = job_for(root, flow="demo", at=recording.RECORDED_AT)
    finish(job, [brought(recording.models(), at=recording.RECORDED_AT)])


def test_a_real_run_starts_over_where_the_demo_was(equipped: Path, few: list[Record]) -> None:
    root = equipped / "store"
    demo(root)
    (root / "notes.txt").write_text("not the demo's")
    done = refresh(root, few)
    assert (done.published.generation, done.report.absent) == (1, 0)
    assert set(issued(done.report).values()) == {"first_seen"}
    passports = [key for key in files(root) if key.startswith("api/v1/passport/")]
    assert len(passports) == len(few)
    assert (root / "notes.txt").read_text() == "not the demo's"
    assert all(check_copy(reader(root), row.slug).verdict == "ok" for row in reader(root).rows())


def test_a_closed_gate_leaves_what_the_demo_published(equipped: Path, few: list[Record]) -> None:
    root = equipped / "store"
    demo(root)
    before = files(root)
    with pytest.raises(GateClosedError):
        refresh(root, few[:1])
    assert files(root) | before == files(root)


def test_the_demo_repeats_where_it_was_before(equipped: Path) -> None:
    root = equipped / "store"
    demo(root)
    before = written_for_readers(root)
    demo(root)
    assert written_for_readers(root) == before


@pytest.mark.parametrize("flow", ["refresh", "demo"])
def test_a_store_of_another_key_is_refused_and_left_as_it_is(flow: Any, store: Path, records: list[Record]) -> None:
    (store.parent / "signing-key.jwk").write_text(signing_key_to_jwk(bytes(range(1, 33))))
    before = files(store)
    job = job_for(store, flow=flow)
    with pytest.raises(TamperedError, match=r"registry/timestamp.json cannot be trusted: .*key"):
        finish(job, [brought(records)])
    assert files(store) == before


def test_a_store_that_was_tampered_with_is_not_built_on(store: Path, records: list[Record]) -> None:
    [shard] = (store / "registry/shards").iterdir()
    shard.write_bytes(shard.read_bytes()[:-1])
    before = files(store)
    with pytest.raises(TamperedError, match="registry/shards/"):
        refresh(store, records, at=LATER)
    assert files(store) == before


def test_a_refresh_does_not_undo_the_rescrape_that_overtook_it(store: Path, records: list[Record]) -> None:
    slow = job_for(store, at=LATER)
    begun = assemble_crawls(slow, [brought(records, at=LATER)])
    built = build_passports(slow, begun)
    quick = job_for(store, at=LATER + timedelta(minutes=1), flow="rescrape", only=("qwen/qwq-32b",))
    dearer = edited(records, "qwen/qwq-32b", context_length=65536)
    found = [record for record in dearer if record["id"] == "qwen/qwq-32b"]
    finish(quick, [brought(found, at=LATER + timedelta(minutes=1))])
    rescraped = reader(store).row(QWEN)
    done = publish_generation(slow, begun, built)
    assert done.published.generation == reader(store).generation > 2
    assert issued(done.report) == {}
    retained = reader(store).row(QWEN)
    assert retained is not None
    assert rescraped is not None
    assert (retained.object, retained.generation) == (rescraped.object, 2)
    assert served_passport(store, QWEN)["unfragile"]["artifact"]["model"]["context_tokens"] == 65536
    lines = {line["raw"]["id"]: line["raw"] for line in map(orjson.loads, reader(store).source_listings("openrouter"))}
    assert len(lines) == 28
    assert json.loads(lines["qwen/qwq-32b"]["body"])["context_length"] == 65536
    assert lines["openai/gpt-audio"]["observed_at"] == "2026-04-22T13:00:00.000Z"


def test_a_rescrape_does_not_undo_the_refresh_that_overtook_it(store: Path, records: list[Record]) -> None:
    slow = job_for(store, at=LATER, flow="rescrape", only=("qwen/qwq-32b",))
    found = [record for record in records if record["id"] == "qwen/qwq-32b"]
    begun = assemble_crawls(slow, [brought(found, at=LATER)])
    built = build_passports(slow, begun)
    new = {**records[1], "id": "ada/lovelace", "canonical_slug": "ada/lovelace", "name": "Ada: Lovelace"}
    changed = edited(records, "openai/gpt-audio", context_length=1000)
    refresh(store, [*changed, new], at=LATER - timedelta(minutes=1))
    done = publish_generation(slow, begun, built)
    assert issued(done.report) == {QWEN: "refreshed"}
    after = {row.slug: row for row in reader(store).rows()}
    assert len(after) == 23
    assert {slug for slug, row in after.items() if row.generation == 2} == {"ada-lovelace", "openai-gpt-audio"}
    assert len(list(reader(store).source_listings("openrouter"))) == 29
    assert all(check_copy(reader(store, at=LATER), slug).verdict == "ok" for slug in after)


def test_two_first_runs_at_once_are_both_served(equipped: Path, few: list[Record]) -> None:
    root = equipped / "store"
    soon = NOON + timedelta(minutes=4)  # the other's clock may be ahead by so much
    one, other = job_for(root), job_for(root, at=soon)
    first = assemble_crawls(one, [brought(few)])
    second = assemble_crawls(other, [brought([*few[:3], model("ada/lovelace")], at=soon)])
    publish_generation(other, second, build_passports(other, second))
    done = publish_generation(one, first, build_passports(one, first))
    assert done.published.generation == reader(root).generation > 1
    assert len(list(reader(root).rows())) == 5
    assert check_copy(reader(root, at=soon), "ada-lovelace").verdict == "ok"


def test_a_cancelled_crawl_leaves_the_store_as_it_was(store: Path) -> None:
    before = files(store)

    async def cancel_once_asked() -> None:
        with serving(always="429", retry_after="300") as source:
            job = job_for(store, url=source.url)
            task = asyncio.create_task(crawl_source(job, "openrouter", begin(job)))
            await asyncio.to_thread(until, source.asked)
            task.cancel()
            await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancel_once_asked())
    assert files(store) == before


def test_a_crawl_without_a_report_of_its_own_is_reported_all_the_same(equipped: Path) -> None:
    job = job_for(equipped / "store")
    failure = breach_of("openrouter", CrawlFailedError("openrouter at http://127.0.0.1:9: no end after 1 s, stopped"))
    with pytest.raises(GateClosedError, match="no end after 1 s") as closed:
        assemble_crawls(job, [], [failure])
    (retained,) = (equipped / "store/registry/runs").iterdir()
    assert RunReport.model_validate_json(retained.read_bytes()) == closed.value.report
    assert (retained.name, closed.value.report.state) == (f"{job.run}-failed.json", "failed")


def test_of_thousands_that_are_refused_only_the_first_are_retained_as_they_came(
    store: Path, records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.ingest.crawl_partitions.MOST_WHOLE", 2)
    done = refresh(store, [*records, *({"id": f"ada/broken-{n}"} for n in range(3))], at=LATER)
    assert [bool(refused.raw) for refused in done.report.quarantined] == [True, True, False, False]
    assert all(refused.reason for refused in done.report.quarantined)


def test_many_passports_are_written_ahead_and_published_all_the_same(
    equipped: Path, records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = refresh(equipped / "in memory", records)
    monkeypatch.setattr("flows.build.passports.FEW_OBJECTS", 3)
    job = job_for(equipped / "ahead")
    assembled = assemble_crawls(job, [brought(records)])
    built = build_passports(job, assembled)
    assert (built.ahead, len(built.objects)) == (22, 0)
    done = publish_generation(job, assembled, built)
    assert done.published.written == before.published.written, "those written ahead are counted"
    retained, ahead = (files(equipped / name) for name in ("in memory", "ahead"))
    assert len([key for key in retained if key.startswith("registry/objects/")]) == 22
    assert retained == ahead


def test_a_source_that_brings_too_much_is_named_with_the_bound_and_growth_is_measured_by_the_last_good_crawl(
    equipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = {"most_listings": 10, "largest_growth": 2.0}
    equip(equipped, monkeypatch, {**GATES, "openrouter": {**GATE, "bounds": bounds}})

    def refreshed(count: int, at: datetime) -> RunOutcome:
        with serving(models=[model(f"ada/m{n}") for n in range(count)]) as source:
            job = job_for(tmp_path / "store", url=source.url, at=at)
            return finish(job, crawled(job))

    with pytest.raises(
        GateClosedError, match=r"^openrouter: the crawl was stopped: the source sent more than 10 listings: check"
    ):
        refreshed(40, NOON)
    assert refreshed(9, NOON).report.accounting.passports == 9
    assert refreshed(18, LATER).report.accounting.passports == 18
    with pytest.raises(GateClosedError, match="the source sent more than 36 listings"):
        refreshed(60, LATER + timedelta(hours=1))
