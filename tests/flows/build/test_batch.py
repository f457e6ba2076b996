from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flows.build.batch import Batch, batch_of, summed
from flows.build.batch_part import part_of
from flows.ingest.crawl_file import CrawlOutcome
from flows.ingest.crawl_partitions import IngestedCrawl, partition
from flows.ingest.gates import breaches_of
from flows.ingest.ingestion import Ingestion, JudgedCrawls
from flows.ingest.listings import served_listings, update_listings
from flows.registry.published import EMPTY, PublishedState
from pipelines.merge.subject import Subject
from pipelines.registry.slots import EVERY_SLOT, slot
from pipelines.rules.gates import Gate, default_gates
from schemas.crawl import AdmittedLine
from schemas.listing import Quarantined
from schemas.registry import ShardRow, SourceRef
from schemas.run import Accounting
from tests.support.publications import row
from tests.support.runs import GATE, NOON, Record, brought
from tests.support.spiders.crawls import admitted
from tests.support.spiders.server import model

LATER = NOON + timedelta(hours=1)
GATES = {"openrouter": Gate.model_validate(GATE)}


class Serving(PublishedState):
    """A store that serves what was brought, and passports whose slug has an owner."""

    def __init__(self, *outcomes: CrawlOutcome, **owners: str) -> None:
        super().__init__(None)
        self.brought: dict[str, dict[str, AdmittedLine]] = defaultdict(dict)
        for outcome in outcomes:
            for line in admitted(outcome):
                self.brought[line.raw.source][line.raw.id] = line
        slugs = {slug.replace("_", "-"): owner for slug, owner in owners.items()}
        self.owned = {slug: row(slug).model_copy(update={"listing_id": owner}) for slug, owner in slugs.items()}

    @property
    def sources(self) -> dict[str, SourceRef]:
        return {
            source: SourceRef(
                source=source, parts=(), count=1, listings=len(lines), last_scraped_at="2026-04-22T12:00:00.000Z"
            )
            for source, lines in self.brought.items()
        }

    def scraped_at(self, source: str) -> str | None:
        return self.sources[source].last_scraped_at if source in self.sources else None

    def rows(self, slots: range = EVERY_SLOT) -> dict[str, ShardRow]:
        return {slug: one for slug, one in self.owned.items() if slot(slug) in slots}

    def lines(self, source: str, slots: range = EVERY_SLOT) -> Iterator[AdmittedLine]:
        lines = self.brought.get(source, {})
        return (lines[one] for one in sorted(lines) if slot(lines[one].listing.slug) in slots)


class Made(NamedTuple):
    """A batch, put together."""

    batch: Batch
    subjects: list[Subject]
    quarantined: list[Quarantined]
    accounting: Accounting

    def lines(self, source: str = "openrouter") -> list[AdmittedLine]:
        return list(self.batch.listings.read(source))


@pytest.fixture
def make(tmp_path: Path) -> Any:
    numbers = iter(range(100))

    def made(outcomes: list[CrawlOutcome], served: PublishedState, *, whole: bool = True) -> Made:
        folder = tmp_path / str(next(numbers))
        ingested = [partition(outcome, folder / "ingested", whole=whole) for outcome in outcomes]
        stock = served_listings(served, folder / "served")
        for crawl in ingested:
            stock = update_listings(stock, crawl, served, folder / "stock", whole=whole)
        ingestion = Ingestion(served, stock, JudgedCrawls(good=tuple(ingested)), folder)
        batch = batch_of(ingestion, folder / "away", whole=whole)
        parts = [part_of(batch, served, index) for index in range(batch.parts)]
        refused = [refusal for one in ingested for refusal in one.refused]
        counted = summed((part.accounting for part in parts), len(refused))
        subjects = [subject for part in parts for subject in part.gathered.subjects]
        return Made(batch, subjects, [*refused, *(one for part in parts for one in part.quarantined)], counted)

    return made


def ingested_of(outcome: CrawlOutcome, folder: Path) -> IngestedCrawl:
    return partition(outcome, folder / "ingested", whole=True)


def ids(lines: list[AdmittedLine]) -> list[str]:
    return [line.raw.id for line in lines]


def test_a_whole_crawl_takes_the_place_of_the_last_one(make: Any) -> None:
    last = Serving(brought([model("ada/old"), model("ada/one")]))
    made = make([brought([model("ada/two"), model("ada/one")], at=LATER)], last)
    assert [(line.raw.id, line.missing_since) for line in made.lines()] == [
        ("ada/old", "2026-04-22T13:00:00.000Z"),
        ("ada/one", None),
        ("ada/two", None),
    ]
    assert {line.raw.observed_at for line in made.lines()[1:]} == {"2026-04-22T13:00:00.000Z"}
    [roll] = made.lines("openrouter-roll")
    assert roll.raw.body == '{"listed":{"ada/one":true,"ada/two":true}}'
    old, *others = made.subjects
    assert [subject.slug for subject in others] == ["ada-one", "ada-two"]
    assert old.absence is not None
    assert (old.slug, old.absence.confirmed, [observation.id for observation in old.absence.observations]) == (
        "ada-old", False, ["2026-04-22T13:00:00.000Z"],
    )  # fmt: skip


def test_a_crawl_of_single_listings_concerns_their_models_only(make: Any) -> None:
    last = Serving(brought([model("ada/one"), model("ada/one:free"), model("ada/two")]))
    made = make([brought([model("ada/one", context_length=8192)], at=LATER)], last, whole=False)
    assert [subject.slug for subject in made.subjects] == ["ada-one"]
    assert [offer.id for offer in made.subjects[0].offers] == ["ada/one", "ada/one:free"]
    assert ids(made.lines()) == ["ada/one", "ada/one:free", "ada/two"]
    assert made.lines()[1:] == list(last.lines("openrouter"))[1:]
    assert made.accounting.listings == 2


def test_a_source_that_was_not_crawled_stays_as_it_was(make: Any) -> None:
    last = Serving(brought([model("ada/one")]))
    last.brought["openrouter-endpoints"] = dict(last.brought["openrouter"])
    made = make([brought([model("ada/one")], at=LATER)], last)
    assert made.lines("openrouter-endpoints") == list(last.lines("openrouter-endpoints"))
    assert made.batch.listings.changed.keys() == {"openrouter", "openrouter-roll"}


def test_of_two_ids_that_share_a_slug_the_one_that_was_there_first_keeps_it(make: Any) -> None:
    records = [model("ada/one-two"), model("ada-one/two"), model("ada/three")]
    made = make([brought(records)], Serving(ada_one_two="ada-one/two"))
    assert {subject.primary.id for subject in made.subjects} == {"ada-one/two", "ada/three"}
    [refused] = made.quarantined
    assert (refused.stage, refused.id, refused.field) == ("merge", "ada/one-two", "/id")
    assert "'ada-one/two', which had it first and retains it" in refused.reason
    assert '"ada/one-two"' in refused.raw
    assert made.accounting.model_dump() == {
        "listings": 3,
        "passports": 2,
        "offers_merged": 0,
        "aliases": 0,
        "joined": 0,
        "quarantined": 1,
        "aliases_without_target": (),
    }


def test_two_newcomers_that_share_a_slug_collide_the_same_way_whatever_their_order(make: Any) -> None:
    records = [model("ada/one-two"), model("ada-one/two"), model("ada-one/two:free")]
    winners = set()
    for order in (records, records[::-1]):
        made = make([brought(order)], EMPTY)
        winners.add(tuple(subject.primary.id for subject in made.subjects))
        assert made.accounting.quarantined == len(made.quarantined)
        assert made.accounting.listings == 3
    assert len(winners) == 1


def test_every_listing_is_accounted_for(records: list[Record], make: Any) -> None:
    made = make([brought([*records, {"id": "ada/broken"}, "no record"])], EMPTY)
    counted = made.accounting
    assert counted.listings == len(records) + 2
    assert counted.listings == counted.passports + counted.offers_merged + counted.aliases + counted.quarantined
    assert counted.quarantined == len(made.quarantined) == 3
    assert counted.aliases_without_target == ("~example-lab/kestrel-latest",)


def test_what_another_run_saw_later_is_retained(make: Any) -> None:
    ours = brought([model("ada/one"), model("ada/two")], at=LATER)
    earlier = brought([model("ada/two", context_length=1)], at=NOON + timedelta(minutes=1))
    later = brought([model("ada/one", context_length=2), model("ada/new")], at=LATER + timedelta(hours=1))
    gone = brought([model("ada/gone")])
    found = {line.raw.id: line for line in make([ours], Serving(gone, earlier, later)).lines()}
    assert {name for name, line in found.items() if line.missing_since is None} == {"ada/new", "ada/one", "ada/two"}
    assert found["ada/one"] == admitted(later)[0]
    assert found["ada/two"] == admitted(ours)[1]
    assert found["ada/gone"].missing_since == "2026-04-22T13:00:00.000Z"


@pytest.mark.parametrize("whole", [True, False])
def test_a_crawl_that_did_not_come_closes_the_gate_however_much_was_asked(whole: bool, tmp_path: Path) -> None:
    outcome = brought([model(f"ada/m{n}") for n in range(5)], failures=["the list never came"])
    [breach] = breaches_of(ingested_of(outcome, tmp_path), EMPTY, GATES, whole=whole)
    assert (breach.source, breach.gate, breach.reason) == ("openrouter", "complete", "the list never came")


def test_a_crawl_of_single_listings_need_not_be_large(tmp_path: Path) -> None:
    ingested = ingested_of(brought([model("ada/one")]), tmp_path)
    assert breaches_of(ingested, EMPTY, GATES, whole=False) == []
    assert [breach.gate for breach in breaches_of(ingested, EMPTY, GATES, whole=True)] == ["minimum_listings"]


def test_the_drop_is_measured_against_the_last_good_crawl(tmp_path: Path) -> None:
    last = Serving(brought([model(f"ada/m{n}") for n in range(10)]))
    eight, seven = (
        ingested_of(brought([model(f"ada/m{n}") for n in range(count)]), tmp_path / str(count)) for count in (8, 7)
    )
    assert breaches_of(eight, last, GATES, whole=True) == []
    assert [breach.gate for breach in breaches_of(seven, last, GATES, whole=True)] == ["largest_drop"]


@pytest.mark.parametrize("source", ["huggingface", "github"])
def test_a_source_that_is_asked_for_some_of_its_records_may_bring_fewer_than_are_retained(source: str) -> None:
    outcome = brought([model("ada/one")])
    report = outcome.report.model_copy(update={"source": source})
    ingested = IngestedCrawl(outcome._replace(report=report), counts=Counter({source: 1}))
    ingested.fill_counts.listings, ingested.fill_counts.stated["downloads"] = 1, 1
    last = Serving()
    last.brought[source] = {f"ada/m{n}": line for n in range(9) for line in admitted(outcome)}
    assert last.last_good(source) == 9
    assert breaches_of(ingested, last, default_gates(), whole=True) == []


def test_single_listings_do_not_make_a_source_look_freshly_crawled(make: Any) -> None:
    last = Serving(brought([model("ada/one"), model("ada/two")]))
    single = make([brought([model("ada/one")], at=LATER)], last, whole=False)
    assert single.batch.listings.changed["openrouter"].last_scraped_at == "2026-04-22T12:00:00.000Z"
    whole = make([brought([model("ada/one"), model("ada/two")], at=LATER)], last)
    assert whole.batch.listings.changed["openrouter"].last_scraped_at == "2026-04-22T13:00:00.000Z"
    late = make([brought([model("ada/one"), model("ada/two")], at=NOON - timedelta(hours=1))], last)
    assert late.batch.listings.changed["openrouter"].last_scraped_at == "2026-04-22T12:00:00.000Z"


@pytest.mark.parametrize(("broken", "more"), [(3, ""), (5, "; and 2 more, see the quarantine")])
def test_where_nothing_can_be_read_the_first_are_named_with_their_reasons(
    broken: int, more: str, tmp_path: Path
) -> None:
    ingested = partition(brought([model(f"ada/m{n}", name="") for n in range(broken)]), tmp_path, whole=False)
    [breach] = breaches_of(ingested, EMPTY, GATES, whole=False)
    named = "; ".join(f"ada/m{n} /name is '', not a text" for n in range(3))
    assert breach.reason == f"no listing could be read: {named}{more}"
