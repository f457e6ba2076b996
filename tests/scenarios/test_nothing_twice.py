"""Runs that reuse what earlier ones read publish the same bytes as runs that read everything."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.hub_server import CARDLESS, serving
from flows.build.composer import COMPOSER
from flows.config.settings import read_settings
from flows.job.job import new_job
from flows.job.workspace import workspace
from flows.run.publish import RunOutcome
from pipelines.merge.subject import Subject
from pipelines.passport.document import Draft, IssueContext, draft
from tests.support.runs import crawled, equip, files, finish

pytestmark = pytest.mark.slow

ITEMS = 2 * CARDLESS
CHANGED_ONE_IN = (0, 0, 3, 0)
"""One repository in so many has a newer commit and card on each day; on the last day it has the first one again."""

DATED_PAGES = 8
"""Most pages that state when the registry was last refreshed, and so change each day: front page, status, changes, …"""


def run(folder: Path, url: str, patch: pytest.MonkeyPatch, day: int, work: str) -> RunOutcome:
    equip(folder, patch)
    patch.setenv("PASSPORTS_WORK", str(folder / work))
    patch.setenv("PASSPORTS_HUGGINGFACE_URL", url)
    patch.setenv("PASSPORTS_HUGGINGFACE_MINIMUM_DOWNLOADS", "0")
    settings = read_settings(store=str(folder / "store"), sources=("huggingface",))
    epoch = int(datetime(2026, 6, day, tzinfo=UTC).timestamp())
    with workspace(new_job("refresh", settings, epoch=epoch)) as job:
        return finish(job, crawled(job))


def readings(work: Path) -> int:
    with closing(sqlite3.connect(work / "readings" / "huggingface.sqlite")) as database:
        count: int = database.execute("SELECT count(*) FROM reading").fetchone()[0]
        return count


def test_the_same_is_published_with_and_without_former_readings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again, anew = tmp_path / "again", tmp_path / "anew"
    stored, port = [], 0
    for day, changed in enumerate(CHANGED_ONE_IN, 1):
        with serving(ITEMS, port=port, changed=changed) as url:
            port = int(url.rpartition(":")[2])
            for folder, work in ((again, "work"), (anew, f"work-{day}")):
                folder.mkdir(exist_ok=True)
                done = run(folder, url, monkeypatch, day, work)
                assert done.report.accounting
                assert done.report.accounting.passports == ITEMS
        stored.append(readings(again / "work"))
        assert files(again / "store") == files(anew / "store")
    changed_repositories = len(range(0, ITEMS, 3))
    texts = ITEMS + ITEMS  # a record, and a card or the answer that there is none
    assert stored[:2] == [texts, texts]
    assert texts + changed_repositories < stored[2] <= texts + 2 * changed_repositories
    assert stored[3] == stored[2]


def test_an_unchanged_day_writes_no_passport_copy_index_or_page_of_a_passport(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(ITEMS) as url:
        first, second = (run(tmp_path, url, monkeypatch, day, "work") for day in (1, 2))
    assert first.published.written["objects"] == ITEMS
    assert second.report.unchanged == ITEMS
    unwritten = {"objects", "copies", "search"}
    assert {step: n for step, n in second.published.written.items() if step in unwritten and n} == {}
    assert second.published.written["pages"] <= DATED_PAGES < first.published.written["pages"]


def test_a_model_is_composed_again_only_where_something_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed: list[str] = []

    def counted(subject: Subject, terms: IssueContext) -> Draft:
        composed.append(subject.slug)
        return draft(subject, terms)

    monkeypatch.setattr("pipelines.order.draft", counted)
    with serving(ITEMS) as url:
        for day in (1, 2, 3):
            run(tmp_path, url, monkeypatch, day, "work")
            assert len(composed) == ITEMS  # on the first day alone
        monkeypatch.setattr(COMPOSER, "digest", lambda: "0" * 64)
        assert run(tmp_path, url, monkeypatch, 4, "work").report.unchanged == ITEMS
        assert len(composed) == 2 * ITEMS
        assert run(tmp_path, url, monkeypatch, 5, "work").report.issued == Counter(refreshed=ITEMS)
        assert len(composed) == 3 * ITEMS
        run(tmp_path, url, monkeypatch, 6, "work")
        assert len(composed) == 3 * ITEMS
        monkeypatch.setattr(COMPOSER, "digest", lambda: None)
        assert run(tmp_path, url, monkeypatch, 7, "work").report.unchanged == ITEMS
        assert len(composed) == 4 * ITEMS
