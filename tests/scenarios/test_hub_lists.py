"""What is asked for of the Hub's list, and what a walk of changes alone may build on."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.run.publish import RunOutcome
from pipelines.views.run_summary import summary_lines
from schemas.registry import ListCrawl
from tests.scenarios.test_sources import run, surround
from tests.support.runs import NOON, reader, served_passport
from tests.support.spiders import hub
from tests.support.spiders.scripted_server import Answer

OLD, NEW = "2026-04-01T00:00:00.000Z", "2026-04-22T13:30:00.000Z"
CHANGED = hub.TOP.replace("sort=downloads", "sort=lastModified")
OF_FEN = hub.TOP.replace("&expand", "&author=Fen&expand", 1)
TASK = {"pipeline_tag": "text-generation", "tags": ["safetensors", "license:mit"]}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return surround(tmp_path, monkeypatch)


def item(name: str, downloads: int, changed: str = OLD) -> dict[str, Any]:
    return hub.record(name, _id=name.encode().hex()[:24], downloads=downloads, lastModified=changed, **TASK)


CURLEW, TEAL = item("Fen/Curlew", 5_000_000), item("Fen/Teal", 20_000)
KNOT, STINT = item("Shore/Knot", 4_000_000), item("Shore/Stint", 10_000)


def lists(**pages: list[dict[str, Any]]) -> dict[str, list[Answer]]:
    """The list in each order that it may be asked for; one that is asked for and not named is a failed run."""
    at = {"whole": hub.TOP, "changed": CHANGED, "of_fen": OF_FEN}
    return {at[name]: hub.page(*items) for name, items in pages.items()}


def hub_run(root: Path, hours: int, **pages: list[dict[str, Any]]) -> RunOutcome:
    return run(root, lists(**pages), at=NOON + timedelta(hours=hours), sources=("huggingface",))


def list_crawls(root: Path) -> tuple[ListCrawl, ...]:
    [ref] = [ref for ref in reader(root).snapshot.sources if ref.source == "huggingface"]
    return ref.list_crawls


def slugs(root: Path) -> set[str]:
    return {row.slug for row in reader(root).rows()}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.getMessage().startswith("huggingface: crawling the whole list")
    ]


def test_after_the_floor_was_lowered_changes_alone_are_not_enough(
    root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PASSPORTS_HUGGINGFACE_CHANGES", "true")
    hub_run(root, 0, whole=[CURLEW, KNOT, TEAL, STINT])
    assert [walk.query.minimum_downloads for walk in list_crawls(root)] == [1_000_000]
    assert warnings(caplog)[-1].endswith("there is no earlier complete crawl")
    hub_run(root, 1, changed=[item("Fen/Curlew", 5_000_000, NEW), KNOT])
    assert (len(warnings(caplog)), list_crawls(root)[0].began_at) == (1, "2026-04-22T13:00:00.000Z")
    monkeypatch.setenv("PASSPORTS_HUGGINGFACE_MINIMUM_DOWNLOADS", "10000")
    done = hub_run(root, 2, whole=[CURLEW, KNOT, TEAL, STINT], changed=[CURLEW])
    assert warnings(caplog)[-1].endswith("no earlier crawl covers what is asked for now")
    assert (done.report.crawls[0].scope, "fen--teal" in slugs(root)) == ("whole", True)
    monkeypatch.setenv("PASSPORTS_HUGGINGFACE_MINIMUM_DOWNLOADS", "20000")
    assert (
        hub_run(root, 3, changed=[item("Fen/Snipe", 30_000, "2026-04-22T14:30:00.000Z"), TEAL]).report.crawls[0].scope
        == "changes"
    )
    assert ("fen--snipe" in slugs(root), len(warnings(caplog))) == (True, 2)


def test_a_walk_of_a_part_removes_nothing_and_is_nothing_that_the_whole_builds_on(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub_run(root, 0, whole=[CURLEW, KNOT])
    before = list_crawls(root)
    monkeypatch.setenv("PASSPORTS_HUGGINGFACE_CHANGES", "true")
    monkeypatch.setenv("PASSPORTS_HUGGINGFACE_AUTHOR", "Fen")
    monkeypatch.setenv("PASSPORTS_HUGGINGFACE_LIMIT", "1")
    limited = CHANGED.replace("&expand", "&author=Fen&expand", 1)
    run(
        root,
        {limited: hub.page(item("Fen/Curlew", 5_000_000, NEW))},
        at=NOON + timedelta(hours=30),
        sources=("huggingface",),
    )
    assert list_crawls(root) == before, "with a limit it is nobody's to build on"
    monkeypatch.delenv("PASSPORTS_HUGGINGFACE_LIMIT")
    done = run(
        root,
        {limited: hub.page(item("Fen/Curlew", 5_000_000, NEW))},
        at=NOON + timedelta(hours=60),
        sources=("huggingface",),
    )
    assert done.report.state == "done"
    assert [(walk.query.author, walk.began_at[:13]) for walk in list_crawls(root)] == [
        (None, "2026-04-22T12"),
        ("Fen", "2026-04-25T00"),
    ]
    assert served_passport(root, "shore--knot")["unfragile"]["artifact"]["status"] == "active"
    monkeypatch.delenv("PASSPORTS_HUGGINGFACE_AUTHOR")
    new = item("Shore/Dunlin", 3_000_000, NEW)
    hub_run(root, 61, changed=[new, item("Shore/Ruff", 3_000_000, "2026-04-22T12:30:00.000Z"), KNOT])
    assert slugs(root) >= {"shore--dunlin", "shore--ruff"}, "of before the walk of a part, and after that of the whole"


def test_gates_on_size_compare_a_walk_with_the_last_of_the_same_query(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gates = root.parent / "gates.toml"
    text = gates.read_text()
    at = text.index("[huggingface]")
    strict = text[at:].replace("minimum_listings = 0", "minimum_listings = 2", 1)
    gates.write_text(text[:at] + strict)
    four = [CURLEW, KNOT, item("Shore/A", 2_000_000), item("Shore/B", 2_000_000)]
    hub_run(root, 0, whole=four)
    monkeypatch.setenv("PASSPORTS_HUGGINGFACE_AUTHOR", "Fen")
    assert hub_run(root, 1, of_fen=[CURLEW]).report.state == "done", "one of a part is not too few"
    monkeypatch.delenv("PASSPORTS_HUGGINGFACE_AUTHOR")
    assert hub_run(root, 2, whole=four).report.state == "done"
    with pytest.raises(Exception, match="listings in the crawl: 2, after 4 last time"):
        hub_run(root, 3, whole=four[:2])


def test_a_summary_says_of_what_part_of_the_list_a_crawl_is(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert dict(summary_lines(hub_run(root, 0, whole=[CURLEW]).report, None))["crawl huggingface"] == (
        "1 listing in 3 requests"
    )
    monkeypatch.setenv("PASSPORTS_HUGGINGFACE_AUTHOR", "Fen")
    reported = dict(summary_lines(hub_run(root, 1, of_fen=[CURLEW]).report, None))["crawl huggingface"]
    assert reported.endswith("requests, only by Fen")
