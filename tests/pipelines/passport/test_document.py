import dataclasses
from datetime import timedelta, timezone
from typing import Any

import pytest

from pipelines.passport.document import IssueContext, draft
from pipelines.passport.issue import cause_of
from pipelines.passport.links import links
from schemas.registry import Cause, ShardRow
from tests.support.listings import NOW, SEEN, TERMS, issued, listing, passport, statement, subject
from tests.support.recordings import sample_passport

ROW = issued(listing()).row
LATER = "2026-06-05T09:00:00.000Z"


def seen_at(instant: str, **changes: Any) -> Any:
    return listing(**changes).model_copy(update={"observed_at": instant})


def at(**moved: float) -> IssueContext:
    return dataclasses.replace(TERMS, now=NOW + timedelta(**moved))


@pytest.mark.parametrize(
    ("one", "last", "terms", "cause"),
    [
        (listing(), None, TERMS, "first_seen"),
        (listing(), ROW, TERMS, None),
        (seen_at(LATER), ROW, at(days=2), None),
        (listing(name="Heron"), ROW, TERMS, "source_changed"),
        (listing(), ROW.model_copy(update={"payload": "0" * 64}), TERMS, "pipeline_changed"),
        (listing(), ROW.model_copy(update={"key_id": "x" * 43}), TERMS, "key_changed"),
        (seen_at(LATER), ROW, at(days=4), "refreshed"),
        (listing(), ROW, at(days=4), None),
        (listing(), ROW, dataclasses.replace(TERMS, renew=True), "refreshed"),
        (listing(name="Heron"), ROW.model_copy(update={"key_id": "x" * 43}), TERMS, "source_changed"),
        (listing(aura=1), ROW, TERMS, None),
        (seen_at(LATER), ROW, at(days=40), None),
        (listing(name="Heron"), ROW.model_copy(update={"key_id": "x" * 43}), at(days=40), None),
        (listing(expiration_date="2026-06-30"), issued(listing(expiration_date="2026-06-30")).row, at(days=20), None),
        (
            listing(expiration_date="2026-06-10"),
            issued(listing(expiration_date="2026-06-10")).row,
            at(days=20),
            "source_changed",
        ),
    ],
)
def test_a_passport_is_issued_for_a_cause(
    one: Any, last: ShardRow | None, terms: IssueContext, cause: Cause | None
) -> None:
    about = subject(one)
    assert cause_of(about, draft(about, terms).substance, last, terms) == cause


def test_the_date_of_change_moves_with_substance_only() -> None:
    assert ROW.last_changed == "2026-06-01T12:00:00.000Z"
    renewed = issued(seen_at(LATER), last=ROW, terms=at(days=4))
    assert renewed.row.last_changed == ROW.last_changed
    changed = issued(listing(name="Heron"), last=ROW, terms=at(days=4))
    assert changed.row.last_changed == "2026-06-05T12:00:00.000Z"


def test_the_statement_has_the_keys_of_the_format_in_its_order() -> None:
    assert list(statement(listing())) == [
        "@version", "version", "artifact", "capabilities", "purposes", "trust", "distribution", "evidence", "conflicts",
        "unknowns", "provenance",
    ]  # fmt: skip


def test_the_cause_and_the_dates_are_in_the_passport() -> None:
    made = passport(listing())
    unfragile = made["unfragile"]
    assert unfragile["provenance"]["cause"] == "first_seen"
    assert unfragile["trust"]["maintenance"] == {
        "status": "active",
        "updated_at": "2026-06-01T12:00:00.000Z",
        "last_scraped_at": SEEN,
        "last_commit": None,
    }
    assert made["expiresAt"] == "2026-07-01T09:00:00.000Z"


def test_the_days_of_the_calendar_are_those_of_utc() -> None:
    terms = dataclasses.replace(TERMS, now=NOW.astimezone(timezone(timedelta(hours=14))))
    assert statement(listing(expiration_date="2026-06-01"), terms=terms) == statement(
        listing(expiration_date="2026-06-01")
    )


@pytest.mark.recordings
def test_links_and_distribution_are_built_as_in_the_sample() -> None:
    document = sample_passport()
    issuer = TERMS.issuer._replace(base_url="https://unfragile.ai")
    assert list(links(issuer, "qwen-qwq-32b")) == list(document["_links"])
    qwq = statement(listing(id="qwen/qwq-32b"), terms=dataclasses.replace(TERMS, issuer=issuer))
    assert qwq["distribution"] == document["passport"]["unfragile"]["distribution"]
    assert qwq["@version"] == document["passport"]["unfragile"]["@version"]
