"""OpenRouter's endpoints under a budget, from run to run: who is asked, and what becomes of the others."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flows.crawl.process import crawl
from flows.crawl.sources import crawl_source
from flows.ingest.ingestion import begin
from schemas.crawl import AdmittedLine
from schemas.times import instant
from tests.support.runs import NOON, _hasty, finish, job_for, reader
from tests.support.spiders.server import API, Source, serving

BUDGET = 3
EVERY = timedelta(hours=6)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    """Seven listings, six of which have endpoints."""
    monkeypatch.setenv("PASSPORTS_ENDPOINTS", "true")
    monkeypatch.setenv("PASSPORTS_OPENROUTER_BUDGET", str(BUDGET))
    with serving(endpoints_of={f"ada/m{n}" for n in range(1, 7)}) as source:
        yield source


class Registry:
    """A store that is refreshed every six hours."""

    def __init__(self, root: Path, source: Source) -> None:
        self.root, self.source, self.at = root, source, NOON

    def refresh(self) -> list[str]:
        """The listings that were asked for their endpoints."""
        self.source.requests.clear()
        self.at += EVERY
        job = job_for(self.root, url=self.source.url, at=self.at)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("flows.crawl.sources.crawl", partial(_hasty, crawl))
            outcome = asyncio.run(crawl_source(job, "openrouter", begin(job)))
        assert outcome.report.complete
        finish(job, [outcome])
        paths = [urlsplit(path).path.removeprefix(f"{API}/models/") for path in self.source.asked()]
        return sorted(path.removesuffix("/endpoints") for path in paths if path.endswith("/endpoints"))

    def stored(self) -> dict[str, str]:
        """Listing → when its endpoints were seen, of those that the store holds."""
        retained = reader(self.root, at=self.at).source_listings("openrouter-endpoints")
        raws = [AdmittedLine.model_validate_json(line).raw for line in retained]
        return {raw.id: raw.observed_at for raw in raws}


def test_each_has_its_turn_the_others_stay_with_their_own_dates_and_one_without_any_keeps_nobody_waiting(
    source: Source, equipped: Path
) -> None:
    registry = Registry(equipped / "store", source)
    asked = [registry.refresh() for _ in range(8)]
    assert {len(one) for one in asked} == {BUDGET}
    assert registry.stored().keys() == {f"ada/m{n}" for n in range(1, 7)}
    waits = {one: registry.at - instant(seen) for one, seen in registry.stored().items()}
    assert timedelta(0) < max(waits.values()) <= 3 * EVERY
    longest = sorted(waits, key=lambda one: (-waits[one], one))[: BUDGET - 1]
    assert set(longest) <= set(registry.refresh()), "those not seen for longest are next"


def test_the_endpoints_of_what_is_not_listed_any_more_go_at_once(source: Source, equipped: Path) -> None:
    registry = Registry(equipped / "store", source)
    for _ in range(6):
        registry.refresh()
    source.models = [model for model in source.models if model["id"] != "ada/m3"]
    registry.refresh()
    assert registry.stored().keys() == {f"ada/m{n}" for n in (1, 2, 4, 5, 6)}


def test_with_a_budget_of_nothing_nobody_is_asked_and_all_stays(
    source: Source, equipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(equipped / "store", source)
    registry.refresh()
    before = registry.stored()
    monkeypatch.setenv("PASSPORTS_OPENROUTER_BUDGET", "0")
    assert registry.refresh() == []
    assert registry.stored() == before != {}


def test_a_rescrape_is_under_no_budget(source: Source, equipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSPORTS_OPENROUTER_BUDGET", "0")
    job = job_for(equipped / "store", url=source.url, flow="rescrape", only=("ada/m1",))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flows.crawl.sources.crawl", partial(_hasty, crawl))
        asyncio.run(crawl_source(job, "openrouter", begin(job)))
    assert f"{API}/models/ada/m1/endpoints" in source.asked()
