"""Repositories that are renamed, handed on, or made anew under the name of another: by what a crawl brings of them."""

import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.crawl import CrawlOutcome, read_crawl
from flows.job import new_job
from flows.proving import Prover
from flows.settings import read_settings
from flows.stages import Done
from pipelines.item_pipeline import AdmitListing
from schemas.crawl import FetchFailure
from schemas.listing import Quarantined, RawListing
from schemas.times import timestamp
from schemas.verdict import Verdict
from spiders.documents import raw_listing, raw_text
from spiders.tally import Tally
from tests.flows.running import GATE, GATES, NOON, SOURCE_URL, WORK, brought, equip, finish, reader, served_passport
from tests.spiders.hub import record
from tests.spiders.server import model

HERON = {**model("marsh/heron-7b"), "hugging_face_id": "Marsh/Heron-7B"}
OTHERS = [model(f"ada/other-{n}") for n in range(3)]
CARD = "# Heron\n\n## Limitations\n\nThe model can hallucinate facts about birds.\n"
NEW_CARD = "# Heron\n\n## Limitations\n\nThe model can hallucinate facts about fish.\n"
BIG = {"downloads": 9_000_000, "tags": ["safetensors", "license:mit"], "pipeline_tag": "text-generation"}
OURS, THEIRS = "a" * 24, "b" * 24
SMALL = [(record(f"Ada/Small-{n}", _id=f"{n:024}"), None) for n in range(9)]
"""Repositories that have no passport; they keep the gate open."""


def repository(
    name: str, identity: str = OURS, *, asked_as: str | None = None, **fields: Any
) -> tuple[Any, str | None]:
    return record(name, _id=identity, **{**BIG, **fields}), asked_as


class Hub:
    """A store, and a Hub that brings what a day's crawl would."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def day(
        self, number: int, *found: tuple[Any, str | None], cards: dict[str, str] | None = None, heron: Any = HERON
    ) -> Done:
        at = NOON + timedelta(days=number)
        settings = read_settings(
            store=str(self.root), sources=("openrouter", "huggingface"), openrouter_url=SOURCE_URL,
            huggingface_url=SOURCE_URL,
        )  # fmt: skip
        job = new_job("refresh", settings, epoch=int(at.timestamp())).model_copy(update={"work": WORK})
        return finish(job, [brought([heron, *OTHERS], at=at), self._crawl(at, [*found, *SMALL], cards or {})])

    def _crawl(self, at: datetime, found: Iterable[tuple[Any, str | None]], cards: dict[str, str]) -> CrawlOutcome:
        said = {"source": "huggingface", "observed_at": timestamp(at)}
        taken: list[RawListing | Quarantined] = [
            raw_listing(one, listing_id=one["id"], url=f"{SOURCE_URL}/{one['id']}", asked_as=asked_as, **said)
            for one, asked_as in found
        ]
        said["source"] = "huggingface-card"
        taken += [
            raw_text(text.encode(), listing_id=name, url=f"{SOURCE_URL}/{name}", version=None, **said)
            for name, text in cards.items()
        ]
        pipeline, tally = AdmitListing(), Tally("huggingface")
        lines = [pipeline.process_item(one) for one in taken]
        for line in lines:
            assert not isinstance(line, FetchFailure)
            tally.count(line)
        report = tally.report({}, finish_reason="finished", started_at=timestamp(at), finished_at=timestamp(at))
        path = Path(tempfile.mkdtemp(dir=WORK)) / "crawl.jsonl"
        path.write_text("".join(f"{line.model_dump_json()}\n" for line in (*lines, report)))
        return read_crawl(path)

    def said(self, slug: str) -> dict[str, Any]:
        unfragile: dict[str, Any] = served_passport(self.root, slug)["unfragile"]
        return unfragile

    def records(self, slug: str) -> list[tuple[str, str]]:
        return [(one["source"], one["id"]) for one in self.said(slug)["artifact"]["model"]["records"]]

    def statuses(self) -> dict[str, str]:
        rows = reader(self.root, at=NOON + timedelta(days=9)).rows()
        return {row.slug: row.status for row in rows if not row.slug.startswith("ada-other")}

    def all_proved(self, number: int) -> bool:
        prover = Prover(reader(self.root, at=NOON + timedelta(days=number)))
        findings = {slug: prover.prove(slug) for slug in self.statuses()}
        assert {slug: one.reason for slug, one in findings.items() if one.verdict is not Verdict.OK} == {}
        return True


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    equip(tmp_path, monkeypatch, {**GATES, "openrouter": {**GATE, "minimum_listings": 1}})
    monkeypatch.setenv("PASSPORTS_HUGGINGFACE_MINIMUM_DOWNLOADS", "1000000")
    return Hub(tmp_path / "store")


def test_a_repository_that_others_sell_is_followed_to_another_owner_and_its_old_record_is_left(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"), cards={"Marsh/Heron-7B": CARD})
    moved = repository("Fen/Heron-7B-Chat", tags=["safetensors", "license:apache-2.0"])
    hub.day(1, moved, cards={"Fen/Heron-7B-Chat": NEW_CARD})
    assert hub.records("marsh-heron-7b")[1:] == [
        ("huggingface", "Fen/Heron-7B-Chat"),
        ("huggingface-card", "Fen/Heron-7B-Chat"),
    ]
    assert hub.said("marsh-heron-7b")["artifact"]["model"]["licence"] == "apache-2.0"
    assert hub.statuses() == {"marsh-heron-7b": "active"}, "neither name has a passport of its own"
    hub.day(2, moved, cards={"Fen/Heron-7B-Chat": NEW_CARD})
    assert ("huggingface", "Fen/Heron-7B-Chat") in hub.records("marsh-heron-7b"), "the next crawl knows of it"
    assert hub.all_proved(2)


def test_a_passport_under_the_old_name_says_where_the_repository_is_now(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Curlew"), cards={"Marsh/Curlew": CARD})
    assert hub.statuses() == {"marsh--curlew": "active", "marsh-heron-7b": "active"}
    hub.day(1, repository("Marsh/Curlew-1B"), cards={"Marsh/Curlew-1B": CARD})
    assert hub.statuses() == {"marsh--curlew": "delisted", "marsh--curlew-1b": "active", "marsh-heron-7b": "active"}
    left = hub.said("marsh--curlew")
    shown = [(one["locator"], one["value"]) for one in left["evidence"] if one["path"] == "/artifact/status"]
    assert shown == [("/found", "Marsh/Curlew-1B")]
    assert any("called Marsh/Curlew-1B now" in text for text in left["trust"]["failure_modes"])
    assert hub.all_proved(1)
    hub.day(2, repository("Marsh/Curlew"), cards={"Marsh/Curlew": CARD})
    assert hub.statuses() == {"marsh--curlew": "active", "marsh--curlew-1b": "delisted", "marsh-heron-7b": "active"}
    assert hub.all_proved(2)


def test_an_old_name_that_is_handed_on_is_another_repository(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"))
    hub.day(1, repository("Fen/Heron-7B"))
    handed_on = repository("Marsh/Heron-7B", THEIRS, tags=["license:gpl-3.0"])
    hub.day(2, repository("Fen/Heron-7B"), handed_on, cards={"Marsh/Heron-7B": NEW_CARD})
    assert hub.records("marsh-heron-7b")[1:] == [("huggingface", "Fen/Heron-7B")]
    assert hub.records("marsh--heron-7b") == [("huggingface", "Marsh/Heron-7B"), ("huggingface-card", "Marsh/Heron-7B")]
    assert hub.all_proved(2)


def test_a_repository_that_was_made_anew_takes_the_place_after_a_day_and_is_joined_to_nothing(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"), repository("Marsh/Curlew", "c" * 24))
    anew = (repository("Marsh/Heron-7B", THEIRS), repository("Marsh/Curlew", "d" * 24, tags=["license:gpl-3.0"]))
    done = hub.day(1, *anew)
    refused = {(one.id, one.field) for one in done.report.quarantined}
    assert refused == {("Marsh/Curlew", "/_id"), ("Marsh/Heron-7B", "/_id")}
    assert hub.said("marsh--curlew")["artifact"]["model"]["licence"] == "mit"
    assert hub.all_proved(1)
    for number in (2, 3):
        assert hub.day(number, *anew).report.quarantined == ()
        assert hub.said("marsh--curlew")["artifact"]["model"]["licence"] == "gpl-3.0"
        assert hub.said("marsh-heron-7b")["artifact"]["model"]["licence"] is None
        told = hub.said("marsh-heron-7b")["trust"]["failure_modes"]
        assert any("another one lies under that name now" in text for text in told)
        assert hub.statuses()["marsh--heron-7b"] == "active"
        assert hub.all_proved(number)


def test_a_name_that_leads_to_another_repository_joins_nothing(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B"))
    hub.day(1, repository("Marsh/Bittern", THEIRS, asked_as="Marsh/Heron-7B"))
    assert ("huggingface", "Marsh/Bittern") not in hub.records("marsh-heron-7b")
    assert ("huggingface", "Marsh/Heron-7B") in hub.records("marsh-heron-7b"), "one look is not enough"
    hub.day(2, repository("Marsh/Bittern", THEIRS, asked_as="Marsh/Heron-7B"))
    assert ("huggingface", "Marsh/Bittern") in hub.records("marsh--bittern")
    assert hub.said("marsh-heron-7b")["artifact"]["model"]["licence"] is None
    assert hub.all_proved(2)


def test_a_redirect_is_remembered_when_the_list_alone_brings_the_repository(hub: Hub) -> None:
    hub.day(0, repository("Marsh/Heron-7B-Chat", asked_as="Marsh/Heron-7B"))
    hub.day(1, repository("Marsh/Heron-7B-Chat"))
    assert ("huggingface", "Marsh/Heron-7B-Chat") in hub.records("marsh-heron-7b")
    hub.day(2, repository("Marsh/Heron-7B-Chat"), repository("Marsh/Heron-7B", THEIRS))
    assert ("huggingface", "Marsh/Heron-7B-Chat") in hub.records("marsh-heron-7b")
    assert hub.records("marsh--heron-7b") == [("huggingface", "Marsh/Heron-7B")]
    assert hub.all_proved(2)


def test_a_passport_of_its_own_is_kept_up_when_a_seller_comes_to_name_the_repository(hub: Hub) -> None:
    unnamed = {**HERON, "hugging_face_id": ""}
    hub.day(0, repository("Marsh/Heron-7B"), cards={"Marsh/Heron-7B": CARD}, heron=unnamed)
    assert hub.statuses() == {"marsh--heron-7b": "active", "marsh-heron-7b": "active"}
    changed = repository("Marsh/Heron-7B", tags=["safetensors", "license:apache-2.0"])
    hub.day(1, changed, cards={"Marsh/Heron-7B": NEW_CARD})
    for slug in hub.statuses():
        assert hub.said(slug)["artifact"]["model"]["licence"] == "apache-2.0"
        assert ("huggingface-card", "Marsh/Heron-7B") in hub.records(slug)
    assert hub.all_proved(1)
