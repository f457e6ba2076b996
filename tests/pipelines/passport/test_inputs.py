"""Whatever a substance is composed from is in the digest of its inputs, and what is left out changes no substance."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from flows.demo.recording import models as demo_models
from pipelines.lifecycle.absence import Absence
from pipelines.merge.gather import gather
from pipelines.merge.joins import Joined
from pipelines.merge.subject import Subject
from pipelines.normalise.admit import admit
from pipelines.passport.document import IssueContext, draft
from pipelines.passport.inputs import inputs_digest, terms_digest
from pipelines.rules.gates import default_gates
from pipelines.rules.rulebook import rulebook
from schemas.listing import BenchmarkResult, Listing
from tests.support.facets import HERON, facet, subject_of
from tests.support.hub_records import absence, card, repository
from tests.support.listings import NOW, TERMS, endpoints, listing, raw, subject

LATER = "2026-06-01T11:00:00.000Z"
CARD = card("---\nlicense: mit\n---\n# Heron\n\n## Limitations\n\nThe model may produce text that sounds right.\n")
OTHERS: dict[str, Any] = {
    "source": "modelsdev", "id": "heron-lab/other", "kind": "variant", "base_id": "heron-lab/b", "slug": "b",
    "variant": "free", "name": "Other", "author": "other", "facts": (), "prices": listing().prices[:1],
    "providers": endpoints({"tag": "marsh/fp4"}).providers,
    "results": (BenchmarkResult("t", "d", "m", "1", "/x", 1),), "same_as": ("huggingface:a/b",), "leftovers": ("/new",),
    "unfamiliar": ("parameter:telepathy",), "url": "https://elsewhere.example", "content_sha256": "0" * 64,
}  # fmt: skip
"""Another value for each field of a listing but the time of its observation."""


def at(**moved: float) -> IssueContext:
    return dataclasses.replace(TERMS, now=NOW + timedelta(**moved))


def seen_later(one: Listing) -> Listing:
    return one.model_copy(update={"observed_at": LATER})


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_every_field_of_a_record_but_the_time_of_its_observation_is_an_input(name: str) -> None:
    assert {*OTHERS, "observed_at"} == set(Listing.model_fields)
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


def test_a_place_in_the_order_by_usage_is_an_input() -> None:
    orders = ([HERON, "ada/owl"], ["ada/owl", HERON], ["ada/owl"])
    found = [inputs_digest(subject_of([facet("sort=top-weekly", one)], listing()), TERMS) for one in orders]
    assert len({*found, inputs_digest(subject(listing()), TERMS)}) == len(orders)
    assert found[-1] == inputs_digest(subject(listing()), TERMS)


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
    joined = [Joined(about.slug, repository(), "stated"), Joined(about.slug, CARD, "stated")]
    (rich,) = gather([listing(), endpoints({})], joined=joined).subjects
    return [*recorded, rich, subject_of([facet("sort=top-weekly", within=[HERON])], listing())]


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
