"""Whatever a substance is composed from is in the digest of its inputs, and what is left out changes no substance."""

import dataclasses
import json
from collections.abc import Container
from datetime import timedelta
from typing import Any

import pytest

from flows.demo.recording import models as demo_models
from pipelines.lifecycle.absence import Absence
from pipelines.merge.facets import Facets
from pipelines.merge.gather import gather
from pipelines.merge.joins import Joined
from pipelines.merge.subject import Subject
from pipelines.normalise.admit import admit
from pipelines.passport.digests import COUNTS
from pipelines.passport.document import IssueContext, draft
from pipelines.passport.inputs import UNREAD, inputs_digest, terms_digest
from pipelines.rules.gates import default_gates
from pipelines.rules.precedence import Field, field_of, precedence
from pipelines.rules.rulebook import rulebook
from pipelines.rules.tables import TABLES, table_text
from schemas.facets import BY_ID, FACETS
from schemas.listing import BenchmarkResult, Fact, Listing
from tests.support.facets import HERON, MARSH, facet, providers, rankings, subject_of
from tests.support.hub_records import absence, card, repository
from tests.support.listings import NOW, TERMS, admitted, endpoints, listing, raw, raw_body, subject
from tests.support.recordings import openrouter_models

LATER = "2026-06-01T11:00:00.000Z"
CARD = card("---\nlicense: mit\n---\n# Heron\n\n## Limitations\n\nThe model may produce text that sounds right.\n")
CODE = admitted(
    raw_body(
        json.dumps(
            {
                "id": 7,
                "full_name": "HeronLab/heron",
                "stargazers_count": 12,
                "forks_count": 3,
                "pushed_at": "2026-05-31T22:01:02Z",
            }
        ),
        id="HeronLab/heron",
        source="github",
    )
)
OTHERS: dict[str, Any] = {
    "source": "modelsdev", "id": "heron-lab/other", "kind": "variant", "base_id": "heron-lab/b", "slug": "b",
    "variant": "free", "name": "Other", "author": "other", "facts": (), "prices": listing().prices[:1],
    "providers": endpoints({"tag": "marsh/fp4"}).providers,
    "results": (BenchmarkResult("t", "d", "m", "1", "/x", 1),), "same_as": ("huggingface:a/b",), "leftovers": ("/new",),
    "unfamiliar": ("parameter:telepathy",), "url": "https://elsewhere.example",
}  # fmt: skip
"""Another value for each field of a listing but the time of its observation and its hash."""


def at(**moved: float) -> IssueContext:
    return dataclasses.replace(TERMS, now=NOW + timedelta(**moved))


def seen_later(one: Listing) -> Listing:
    return one.model_copy(update={"observed_at": LATER})


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_every_field_of_a_record_but_the_time_of_its_observation_and_its_hash_is_an_input(name: str) -> None:
    assert {*OTHERS, *UNREAD} == set(Listing.model_fields)
    first = listing()
    served = endpoints({})
    about = dataclasses.replace(subject(first), endpoints=served)
    for changed in (
        dataclasses.replace(about, offers=(first.model_copy(update={name: OTHERS[name]}),)),
        dataclasses.replace(about, endpoints=served.model_copy(update={name: OTHERS[name]})),
    ):
        assert changed != about
        assert inputs_digest(changed, TERMS) != inputs_digest(about, TERMS)


def test_the_place_of_a_record_and_each_that_joins_or_leaves_are_inputs() -> None:
    one, other = listing(), listing(id="heron-lab/heron-7b:free", name="Heron Lab: Heron 7B (free)")
    about = subject(one)
    joined = Joined(about.slug, CARD, "stated")
    ways = [
        about,
        dataclasses.replace(about, offers=(one, other)),
        dataclasses.replace(about, aliases=(other,)),
        dataclasses.replace(about, endpoints=other),
        dataclasses.replace(about, supplements=(joined,)),
        dataclasses.replace(about, supplements=(joined._replace(by="name"),)),
        dataclasses.replace(about, supplements=(joined, joined)),
        dataclasses.replace(about, slug="another"),
    ]
    assert len({inputs_digest(way, TERMS) for way in ways}) == len(ways)


def test_that_a_model_has_a_place_in_the_order_by_usage_is_an_input_and_which_one_is_none() -> None:
    orders = ([HERON, "ada/owl"], ["ada/owl", HERON], ["ada/owl"])
    ranked, later, unranked = (subject_of([facet("sort=top-weekly", one)], listing()) for one in orders)
    assert ranked.count("usage_rank") != later.count("usage_rank")
    assert inputs_digest(ranked, TERMS) == inputs_digest(later, TERMS) != inputs_digest(unranked, TERMS)
    assert draft(ranked, TERMS).substance == draft(later, TERMS).substance
    assert inputs_digest(unranked, TERMS) == inputs_digest(subject(listing()), TERMS)


def test_what_an_answer_about_all_models_says_of_one_is_an_input() -> None:
    answers = [facet("zdr=true", [HERON]), facet("zdr=true", [], [HERON]), facet("distillable=true", [HERON])]
    assert len({inputs_digest(subject_of([one], listing()), TERMS) for one in answers}) == len(answers)


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_of_a_count_no_source_is_compared_with_another_and_no_rule_asks_for_more_than_whether_it_is_stated(
    name: str,
) -> None:
    row = field_of(name)
    assert row
    assert row == Field(fact=name, order=row.order)
    assert len(row.order) == 1
    for table in TABLES:
        for line in table_text(table).splitlines():
            if f'"{name}"' in line or line.startswith(f"{name} ") or f" {name} =" in line:
                assert line.startswith(("fact = ", "all = ", "any = ", "none = ")), (table, line)


def test_a_day_that_ends_a_model_is_an_input_and_other_days_are_not() -> None:
    about = subject(listing(expiration_date="2026-06-10"))
    before, last, after = (inputs_digest(about, at(days=days)) for days in (0, 9, 10))
    assert before == last != after


def test_a_missed_model_is_composed_each_time() -> None:
    answer = absence()
    for confirmed in (True, False):
        missed = dataclasses.replace(subject(listing()), absence=Absence((answer,), confirmed))
        assert inputs_digest(missed, TERMS) is None


def test_issuer_gates_and_rules_are_what_all_passports_depend_on_and_clock_and_key_are_not() -> None:
    gates = default_gates()
    easier = {**gates, "openrouter": gates["openrouter"].model_copy(update={"refresh_after_h": 1})}
    for other in (
        dataclasses.replace(TERMS, issuer=TERMS.issuer._replace(name="other.example")),
        dataclasses.replace(TERMS, issuer=TERMS.issuer._replace(base_url="https://other.example")),
        dataclasses.replace(TERMS, gates=easier),
    ):
        assert terms_digest(other) != terms_digest(TERMS)
    with pytest.MonkeyPatch.context() as patch:
        before = terms_digest(TERMS)
        patch.setattr("pipelines.passport.inputs.rulebook", lambda: rulebook().model_copy(update={"sha256": "0" * 64}))
        assert terms_digest(TERMS) != before
    assert terms_digest(dataclasses.replace(at(days=9), key_id="x" * 43, renew=True)) == terms_digest(TERMS)


def subjects() -> list[Subject]:
    """Return the subjects of the bundled recording, and two that rest on several records."""
    judged = [admit(raw(record)) for record in demo_models()]
    recorded = gather(one for one in judged if isinstance(one, Listing)).subjects
    about = subject(listing())
    joined = [Joined(about.slug, one, "stated") for one in (repository(), CARD, CODE)]
    (rich,) = gather([listing(), endpoints({})], joined=joined).subjects
    members, others = (
        [one for one in FACETS if one.within],
        [rankings({"heron-lab/heron-7b-2026-01": "1234"}), providers(MARSH)],
    )
    within = [*(facet(one.id, within=["ada/owl", HERON]) for one in members), *others]
    without = [facet(one.id, ["ada/owl"], [HERON]) for one in members]
    served = endpoints({"provider_name": "Marsh"})
    answered = [subject_of(within, listing(), served), subject_of(without, listing(), served)]
    return [*recorded, rich, *(gather([listing(), served], joined=one.supplements).subjects[0] for one in answered)]


def counted_otherwise(one: Listing, disputed: Container[str] = ()) -> Listing:
    """Return a record with another hash and other counts; an answer about all models with other places.

    Of facts that are disputed, conflicts show what each source has.
    """

    def other(fact: Fact) -> Fact:
        if fact.name in COUNTS:
            value = 987_654_321 if isinstance(fact.value, int) else "2020-01-02T03:04:05Z"
            return fact._replace(value=value, as_stated=value, locator="/elsewhere")
        moved = one.id in BY_ID and fact.name not in disputed
        return fact._replace(locator="/elsewhere", as_stated=4321) if moved else fact

    return one.model_copy(update={"content_sha256": "9" * 64, "facts": tuple(map(other, one.facts))})


def test_hashes_counts_and_places_in_answers_change_no_substance() -> None:
    counted, answers = set[str](), set[str]()
    for about in subjects():
        beside = [*about.offers, *about.aliases, *([about.endpoints] if about.endpoints else [])]
        changed = [each._replace(listing=counted_otherwise(each.listing, about.others)) for each in about.supplements]
        (one,) = gather(beside, joined=about.supplements).subjects
        (other,) = gather(map(counted_otherwise, beside), joined=changed).subjects
        assert other != one
        assert inputs_digest(other, TERMS) == inputs_digest(one, TERMS)
        assert draft(other, TERMS).substance == draft(one, TERMS).substance
        counted |= COUNTS.intersection(one.stated)
        answers |= {each.id for each in one.listings()} & BY_ID.keys()
    assert (counted, answers) == (COUNTS, BY_ID.keys())


def test_what_sources_have_of_a_fact_on_which_they_disagree_is_an_input() -> None:
    other = facet("endpoints/zdr", [HERON])
    agreed, first, second = (
        subject_of([facet("zdr=true", within, [HERON][len(within) :]), other], listing())
        for within in ([HERON], [], [])
    )
    assert inputs_digest(first, TERMS) == inputs_digest(second, TERMS) != inputs_digest(agreed, TERMS)
    places = [
        subject_of([facet("zdr=true", ["ada/owl"], [HERON]), facet("endpoints/zdr", [*before, HERON])], listing())
        for before in ([], ["ada/owl"])
    ]
    assert all(any("zero_retention" in one["path"] for one in draft(at, TERMS).unfragile["conflicts"]) for at in places)
    substances, inputs = {draft(at, TERMS).substance for at in places}, {inputs_digest(at, TERMS) for at in places}
    assert len(inputs) >= len(substances)


def test_no_other_fact_is_compared_with_one_of_an_answer_about_all_models() -> None:
    stated = {name for one in FACETS if one.within for name in (one.within, *(name for name, _ in one.without))}
    table = precedence()
    compared = {name for row in table.field for name in (*row.also, row.otherwise, *row.copies.values())}
    compared |= {name for denial in table.denial for name in (denial.fact, denial.sentence)}
    assert stated
    assert stated.isdisjoint(compared)


@pytest.mark.slow
@pytest.mark.recordings
def test_of_recorded_days_those_models_are_unchanged_that_are_so_when_composed_again() -> None:
    days = []
    for day in ("2026-04-22", "2026-04-23"):
        read = [one for record in openrouter_models(day) if isinstance(one := admit(raw(record)), Listing)]
        names = [one.id for one in read]
        asked = [facet("sort=top-weekly", names[day == "2026-04-23" :]), facet("zdr=true", names[::3], names[1::3])]
        days.append({one.slug: one for one in gather(read, facets=Facets(map(admitted, asked))).subjects})
    same = [slug for slug in days[0].keys() & days[1].keys()
            if inputs_digest(days[0][slug], TERMS) == inputs_digest(days[1][slug], TERMS)]  # fmt: skip
    for slug in same:
        assert draft(days[0][slug], TERMS).substance == draft(days[1][slug], TERMS).substance
    assert len(same) > len(days[1]) // 2


def observed_later(one: Subject, *, even_the_first: bool) -> Subject:
    """Return the subject of the same records, each observed later; or each but the one that names it."""
    offers = [seen_later(offer) if even_the_first or offer is not one.primary else offer for offer in one.offers]
    beside = [*one.aliases, *([one.endpoints] if one.endpoints else [])]
    joined = [joined._replace(listing=seen_later(joined.listing)) for joined in one.supplements]
    (later,) = gather([*offers, *map(seen_later, beside)], joined=joined).subjects
    return later


def test_when_records_were_observed_and_the_time_of_day_change_no_substance() -> None:
    compared = 0
    for one in subjects():
        substance, inputs = draft(one, TERMS).substance, inputs_digest(one, TERMS)
        for later in (observed_later(one, even_the_first=True), observed_later(one, even_the_first=False)):
            assert inputs_digest(later, TERMS) == inputs
            assert draft(later, at(hours=11)).substance == substance
            compared += 1
    assert compared > 20
