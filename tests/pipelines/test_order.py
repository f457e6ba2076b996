import dataclasses
import hashlib
import json
from datetime import timedelta

import pytest

from flows.demo.recording import models as demo_models
from pipelines.lifecycle.absence import Absence
from pipelines.merge.gather import account, gather
from pipelines.merge.subject import Subject
from pipelines.normalise.admit import admit
from pipelines.order import Issuance, Issued, Unchanged, make
from pipelines.passport.document import IssueContext, Substance
from pipelines.rules.gates import default_gates
from pipelines.scoring.score import score_of
from pipelines.signing.contract import conforms
from pipelines.signing.keys import Signer
from pipelines.signing.verification import verify_passport
from schemas.listing import Listing, Quarantined, RawListing
from schemas.registry import ShardRow
from schemas.times import instant, timestamp
from tests.support.hub_records import absence as absent
from tests.support.listings import NOW, SEEN, TERMS, endpoints, issued, listing, raw, raw_body, record, subject
from tests.support.recordings import openrouter_models
from tests.support.signed import KEYS, SIGNER

ACCOUNTS = {
    "2025-12-18": (350, 315, 35, 0, 0), "2026-01-29": (347, 315, 32, 0, 0), "2026-03-19": (350, 327, 23, 0, 0),
    "2026-04-07": (348, 326, 22, 0, 0), "2026-04-22": (346, 324, 21, 1, 0), "2026-04-23": (348, 326, 21, 1, 0),
    "2026-04-28": (367, 338, 21, 8, 0), "2026-04-29": (369, 340, 21, 8, 0), "2026-05-01": (371, 342, 21, 8, 0),
    "2026-06-18": (339, 317, 13, 9, 0),
}  # fmt: skip
"""Day → listings, passports, offers merged, aliases, quarantined."""


def test_a_passport_is_made_signed_and_verified() -> None:
    made = issued(listing())
    finding, passport = verify_passport(made.document, keys=KEYS, at=NOW)
    assert finding.verdict.good
    assert passport is not None
    assert score_of(passport) == passport["unfragile"]["trust"]["score"]


def test_the_row_says_what_was_made() -> None:
    made = issued(listing())
    assert made.row == ShardRow.model_validate(
        {
            "slug": "heron-lab-heron-7b", "listing_id": "heron-lab/heron-7b",
            "object": hashlib.sha256(made.document).hexdigest(), "payload": made.row.payload, "facts": made.row.facts,
            "status": "active", "cause": "first_seen", "key_id": SIGNER.key_id, "previous": None, "first_seen": SEEN,
            "last_seen": SEEN, "last_changed": "2026-06-01T12:00:00.000Z", "last_scraped_at": SEEN, "looked_at": SEEN,
            "generation": 1,
        }
    )  # fmt: skip


def test_the_same_input_clock_and_key_give_the_same_bytes() -> None:
    assert issued(listing()).document == issued(listing()).document


def test_what_is_unchanged_is_not_written_and_noted_as_seen() -> None:
    row = issued(listing()).row
    later = listing().model_copy(update={"observed_at": "2026-06-02T09:00:00.000Z"})
    terms = dataclasses.replace(TERMS, now=instant("2026-06-02T09:00:00.000Z"))
    made = make(subject(later), row, Issuance(terms, SIGNER, KEYS, 2))
    assert made == Unchanged(row.model_copy(update={"last_seen": "2026-06-02T09:00:00.000Z"}))
    earlier = make(subject(listing()), made.row, Issuance(terms, SIGNER, KEYS, 3))
    assert earlier.row == made.row


def test_what_a_clock_ahead_noted_as_seen_is_noted_anew() -> None:
    row = issued(listing()).row
    ahead = row.model_copy(update={"last_seen": "2099-01-01T00:00:00.000Z"})
    made = make(subject(listing()), ahead, Issuance(TERMS, SIGNER, KEYS, 2))
    assert made == Unchanged(row)


@pytest.mark.parametrize("date", ["last_scraped_at", "last_observed_at", "last_changed"])
def test_what_a_clock_ahead_issued_is_issued_anew(date: str) -> None:
    row = issued(listing()).row
    ahead = row.model_copy(update={date: "2099-01-01T00:00:00.000Z", "first_seen": "2099-01-01T00:00:00.000Z"})
    made = issued(listing(), last=ahead).row
    assert made.cause == "refreshed"
    assert max(made.first_seen, made.last_seen, made.last_changed, made.last_observed_at) <= timestamp(TERMS.now)


def test_a_new_passport_follows_the_one_before() -> None:
    row = issued(listing()).row
    made = issued(listing(name="Heron"), last=row)
    assert (made.row.previous, made.row.first_seen, made.row.cause) == (row.object, row.first_seen, "source_changed")


def test_a_passport_that_would_be_void_is_put_aside_with_its_step_and_its_record() -> None:
    terms = dataclasses.replace(TERMS, now=NOW + timedelta(days=31))
    refusal = make(subject(listing()), None, Issuance(terms, SIGNER, KEYS, 1))
    assert isinstance(refusal, Quarantined)
    assert (refusal.stage, refusal.id) == ("issue", "heron-lab/heron-7b")
    assert "crawl its sources again" in refusal.reason
    assert json.loads(refusal.raw)["name"] == "Heron Lab: Heron 7B"


def test_a_passport_that_breaks_the_contract_is_put_aside_with_the_place() -> None:
    terms = dataclasses.replace(TERMS, issuer=TERMS.issuer._replace(base_url="ftp://nowhere"))
    refusal = make(subject(listing()), None, Issuance(terms, SIGNER, KEYS, 1))
    assert isinstance(refusal, Quarantined)
    assert (refusal.stage, refusal.field) == ("verify", "/passport/unfragile/artifact/page_url")


def test_a_passport_that_readers_would_not_trust_is_put_aside() -> None:
    other = Signer(bytes(32))
    terms = dataclasses.replace(TERMS, key_id=other.key_id)
    refusal = make(subject(listing()), None, Issuance(terms, other, KEYS, 1))
    assert isinstance(refusal, Quarantined)
    assert (refusal.stage, refusal.field) == ("sign", "/passport/keyId")


def test_a_source_that_nobody_reads_is_put_aside() -> None:
    refusal = admit(raw_body("{}", source="elsewhere"))
    assert isinstance(refusal, Quarantined)
    assert (refusal.stage, refusal.source, refusal.raw) == ("normalise", "elsewhere", "{}")


def test_one_bad_record_never_stops_a_batch() -> None:
    raws = [raw(record()), raw_body("nonsense"), raw(record(id="heron-lab/b", name=7)), raw(record(id="heron-lab/c"))]
    judged = [admit(one) for one in raws]
    assert [type(one) for one in judged] == [Listing, Quarantined, Quarantined, Listing]


def batch(raws: list[RawListing], day: str) -> tuple[list[Issued | Unchanged | Quarantined], tuple[int, ...]]:
    seen = f"{day}T09:00:00.000Z"
    judged = [admit(one.model_copy(update={"observed_at": seen})) for one in raws]
    listings = [one for one in judged if isinstance(one, Listing)]
    gathered = gather(listings)
    now = instant(f"{day}T12:00:00.000Z")
    terms = IssueContext(TERMS.issuer, default_gates(), now, SIGNER.key_id)
    made = [make(one, None, Issuance(terms, SIGNER, KEYS, 1)) for one in gathered.subjects]
    counted = account(gathered, listings=listings, quarantined=len(judged) - len(listings))
    return made, tuple(counted.model_dump(exclude={"aliases_without_target", "joined"}).values())


def assert_all_conform(made: list[Issued | Unchanged | Quarantined]) -> None:
    for one in made:
        assert isinstance(one, Issued), one
        assert conforms(json.loads(one.document)), one.row.slug


def test_the_demo_is_wholly_accounted_for_and_conforms() -> None:
    made, counted = batch([raw(model) for model in demo_models()], "2026-04-22")
    assert counted[0] == sum(counted[1:]) == len(demo_models())
    assert len(made) == counted[1]
    assert_all_conform(made)


@pytest.mark.recordings
@pytest.mark.parametrize("day", ACCOUNTS)
def test_a_recorded_day_is_wholly_accounted_for_and_conforms(day: str) -> None:
    made, counted = batch([raw(model) for model in openrouter_models(day)], day)
    assert counted == ACCOUNTS[day]
    assert counted[0] == sum(counted[1:])
    assert_all_conform(made)


class Remembered:
    """What was composed before, in memory."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], Substance] = {}

    def find(self, slug: str, inputs: str) -> Substance | None:
        return self.entries.get((slug, inputs))

    def remember(self, slug: str, inputs: str, substance: Substance) -> None:
        self.entries[slug, inputs] = substance


ENDING = "2026-06-10"
MORNING = "2026-06-01T09:30:00.000Z"
SOON_AGAIN, LATER_AGAIN = "2026-06-02T09:00:00.000Z", "2026-06-08T09:00:00.000Z"


def seen(when: str, **changes: object) -> Listing:
    return listing(expiration_date=ENDING, **changes).model_copy(update={"observed_at": when})


def days_on(days: float, **changes: object) -> IssueContext:
    return dataclasses.replace(TERMS, now=NOW + timedelta(days=days), **changes)  # type: ignore[arg-type]


def missed(confirmed: bool) -> Subject:
    about = seen(MORNING)
    return gather([about], absences={(about.source, about.id): Absence((absent(),), confirmed)}).subjects[0]


AHEAD = "2099-01-01T00:00:00.000Z"
FIRST = issued(seen(MORNING)).row
CASES: dict[str, tuple[Subject, ShardRow, IssueContext, str | None]] = {
    "nothing": (subject(seen(SOON_AGAIN)), FIRST, days_on(1), None),
    "a record": (subject(seen(SOON_AGAIN, name="Heron")), FIRST, days_on(1), "source_changed"),
    "a figure that is no substance": (subject(seen(SOON_AGAIN, aura=1)), FIRST, days_on(1), None),
    "another record joins": (subject(seen(SOON_AGAIN), endpoints({})), FIRST, days_on(1), "source_changed"),
    "refresh age passes": (subject(seen(LATER_AGAIN)), FIRST, days_on(7), "refreshed"),
    "refresh age passes, with no newer record": (subject(seen(MORNING)), FIRST, days_on(7), None),
    "the announced end passes": (subject(seen(LATER_AGAIN)), FIRST, days_on(9.5), "source_changed"),
    "the record is too old to sign by": (subject(seen(MORNING)), FIRST, days_on(40), None),
    "the rules' or code's outcome": (subject(seen(SOON_AGAIN)), FIRST.model_copy(update={"payload": "0" * 64}),
                                     days_on(1), "pipeline_changed"),
    "the key": (subject(seen(SOON_AGAIN)), FIRST.model_copy(update={"key_id": "x" * 43}), days_on(1), "key_changed"),
    "a person asks": (subject(seen(SOON_AGAIN)), FIRST, days_on(1, renew=True), "refreshed"),
    "a clock was ahead": (subject(seen(SOON_AGAIN)), FIRST.model_copy(update={"last_changed": AHEAD})
                          , days_on(1), "refreshed"),
    "it is revoked": (subject(seen(LATER_AGAIN)), FIRST, days_on(7, revoked={FIRST.slug: FIRST.payload}), None),
    "another substance is revoked": (subject(seen(LATER_AGAIN)), FIRST, days_on(7, revoked={FIRST.slug: "0" * 64}),
                                     "refreshed"),
    "it is missed": (missed(confirmed=False), FIRST, days_on(1), None),
    "it is gone": (missed(confirmed=True), FIRST, days_on(1), "source_changed"),
}  # fmt: skip
"""What is different on a later day → the subject, the served row, the terms, and the cause of the issue."""


@pytest.mark.parametrize("what", CASES)
def test_a_passport_is_issued_or_not_whether_or_not_its_model_was_composed_before(what: str) -> None:
    about, last, terms, cause = CASES[what]
    anew = make(about, last, Issuance(terms, SIGNER, KEYS, 2))
    former = Remembered()
    first = make(subject(seen(MORNING)), None, Issuance(TERMS, SIGNER, KEYS, 1, former))
    assert isinstance(first, Issued)
    assert first.row == FIRST
    assert former.entries
    assert make(about, last, Issuance(terms, SIGNER, KEYS, 2, former)) == anew
    assert make(about, last, Issuance(terms, SIGNER, KEYS, 2, former)) == anew
    assert (anew.row.cause if isinstance(anew, Issued) else None) == cause


def test_a_model_of_which_nothing_changed_is_not_composed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    former = Remembered()
    make(subject(seen(MORNING)), None, Issuance(TERMS, SIGNER, KEYS, 1, former))
    monkeypatch.setattr("pipelines.order.draft", lambda *_: pytest.fail("it was composed again"))
    for what in ("nothing", "refresh age passes, with no newer record", "it is revoked"):
        about, last, terms, _ = CASES[what]
        assert isinstance(make(about, last, Issuance(terms, SIGNER, KEYS, 2, former)), Unchanged)
