from datetime import timedelta

import pytest

from flows.batch import batch_of, breaches_of
from flows.crawl import CrawlOutcome
from flows.state import EMPTY, Served, added, replaced
from pipelines.gates import Gate
from schemas.crawl import AdmittedLine
from schemas.registry import ShardRow
from tests.flows.publishing import row
from tests.flows.running import GATE, NOON, Record, brought
from tests.spiders.server import model

LATER = NOON + timedelta(hours=1)
GATES = {"openrouter": Gate.model_validate(GATE)}


def serving(*outcomes: CrawlOutcome, **owners: str) -> Served:
    """A store that serves what was brought, and passports whose slug has an owner."""
    lines = {line.raw.id: line for outcome in outcomes for line in outcome.admitted}
    rows: dict[str, ShardRow] = {
        slug.replace("_", "-"): row(slug.replace("_", "-")).model_copy(update={"listing_id": owner})
        for slug, owner in owners.items()
    }
    return Served(None, rows, {"openrouter": [lines[listing_id] for listing_id in sorted(lines)]})


def ids(lines: list[AdmittedLine]) -> list[str]:
    return [line.raw.id for line in lines]


def test_a_whole_crawl_takes_the_place_of_the_last_one() -> None:
    last = serving(brought([model("ada/old"), model("ada/one")]))
    batch = batch_of([brought([model("ada/two"), model("ada/one")], at=LATER)], last, whole=True)
    assert ids(batch.lines["openrouter"]) == ["ada/one", "ada/two"]
    assert {subject.slug for subject in batch.gathered.subjects} == {"ada-one", "ada-two"}
    assert {line.raw.observed_at for line in batch.lines["openrouter"]} == {"2026-04-22T13:00:00.000Z"}


def test_a_crawl_of_single_listings_concerns_their_models_only() -> None:
    last = serving(brought([model("ada/one"), model("ada/one:free"), model("ada/two")]))
    batch = batch_of([brought([model("ada/one", context_length=8192)], at=LATER)], last, whole=False)
    assert [subject.slug for subject in batch.gathered.subjects] == ["ada-one"]
    assert [offer.id for offer in batch.gathered.subjects[0].offers] == ["ada/one", "ada/one:free"]
    assert ids(batch.lines["openrouter"]) == ["ada/one", "ada/one:free", "ada/two"]
    assert batch.lines["openrouter"][1:] == last.lines["openrouter"][1:]
    assert batch.accounting.listings == 2


def test_a_source_that_was_not_crawled_stays_as_it_was() -> None:
    other = serving(brought([model("ada/one")])).lines["openrouter"]
    batch = batch_of([brought([model("ada/one")])], Served(None, {}, {"elsewhere": other}), whole=True)
    assert batch.lines["elsewhere"] == other


def test_of_two_ids_that_share_a_slug_the_one_that_was_there_first_keeps_it() -> None:
    records = [model("ada/one-two"), model("ada-one/two"), model("ada/three")]
    batch = batch_of([brought(records)], serving(ada_one_two="ada-one/two"), whole=True)
    assert [subject.primary.id for subject in batch.gathered.subjects] == ["ada-one/two", "ada/three"]
    [refused] = batch.quarantined
    assert (refused.stage, refused.id, refused.field) == ("merge", "ada/one-two", "/id")
    assert "'ada-one/two', which was seen first and keeps it" in refused.reason
    assert '"ada/one-two"' in refused.raw
    assert ids(batch.lines["openrouter"]) == ["ada-one/two", "ada/three"]
    assert batch.accounting.model_dump() == {
        "listings": 3,
        "passports": 2,
        "offers_merged": 0,
        "aliases": 0,
        "quarantined": 1,
        "aliases_without_target": (),
    }


def test_two_newcomers_that_share_a_slug_collide_the_same_way_whatever_their_order() -> None:
    records = [model("ada/one-two"), model("ada-one/two"), model("ada-one/two:free")]
    winners = set()
    for order in (records, records[::-1]):
        batch = batch_of([brought(order)], EMPTY, whole=True)
        winners.add(tuple(subject.primary.id for subject in batch.gathered.subjects))
        assert batch.accounting.quarantined == len(batch.quarantined)
        assert batch.accounting.listings == 3
    assert len(winners) == 1


def test_every_listing_is_accounted_for(records: list[Record]) -> None:
    batch = batch_of([brought([*records, {"id": "ada/broken"}, "no record"])], EMPTY, whole=True)
    counted = batch.accounting
    assert counted.listings == len(records) + 2
    assert counted.listings == counted.passports + counted.offers_merged + counted.aliases + counted.quarantined
    assert counted.quarantined == len(batch.quarantined) == 3
    assert counted.aliases_without_target == ("~example-lab/kestrel-latest",)


def test_what_another_run_saw_later_is_kept_and_what_it_saw_earlier_is_not() -> None:
    before = serving(brought([model("ada/one"), model("ada/two"), model("ada/gone")]))
    ours = brought([model("ada/one"), model("ada/two")], at=LATER)
    earlier = brought([model("ada/two", context_length=1)], at=NOON + timedelta(minutes=1))
    later = brought([model("ada/one", context_length=2), model("ada/new")], at=LATER + timedelta(hours=1))
    gone = brought([model("ada/gone")])
    batch = batch_of([ours], serving(gone, earlier, later), whole=True, before=before)
    found = {line.raw.id: line for line in batch.lines["openrouter"]}
    assert set(found) == {"ada/new", "ada/one", "ada/two"}
    assert found["ada/one"] == later.admitted[0]
    assert found["ada/two"] == ours.admitted[1]


def test_added_and_replaced_go_by_id() -> None:
    before, now = serving(brought([model("ada/b")])), serving(brought([model("ada/b"), model("ada/a")]))
    assert ids(added("openrouter", before, now)) == ["ada/a"]
    assert added("elsewhere", before, now) == []
    again = brought([model("ada/b", context_length=9)], at=LATER).admitted
    assert replaced(now.lines["openrouter"], again) == [now.lines["openrouter"][0], again[0]]


@pytest.mark.parametrize("whole", [True, False])
def test_a_crawl_that_did_not_come_closes_the_gate_however_much_was_asked(whole: bool) -> None:
    outcome = brought([model(f"ada/m{n}") for n in range(5)], failures=["the list never came"])
    [breach] = breaches_of([outcome], EMPTY, GATES, whole=whole)
    assert (breach.source, breach.gate, breach.reason) == ("openrouter", "complete", "the list never came")


def test_a_crawl_of_single_listings_need_not_be_large() -> None:
    outcome = brought([model("ada/one")])
    assert breaches_of([outcome], EMPTY, GATES, whole=False) == []
    assert [breach.gate for breach in breaches_of([outcome], EMPTY, GATES, whole=True)] == ["minimum_listings"]


def test_the_drop_is_measured_against_the_last_good_crawl() -> None:
    last = serving(brought([model(f"ada/m{n}") for n in range(10)]))
    eight, seven = (brought([model(f"ada/m{n}") for n in range(count)]) for count in (8, 7))
    assert breaches_of([eight], last, GATES, whole=True) == []
    assert [breach.gate for breach in breaches_of([seven], last, GATES, whole=True)] == ["largest_drop"]
