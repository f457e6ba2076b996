import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.enrich.status import ALIVE
from pipelines.merge.agreement import agree, agreeing, differing
from pipelines.merge.gather import gather
from pipelines.merge.joins import Joined
from pipelines.merge.subject import Subject
from pipelines.passport.conflicts import conflicts
from pipelines.rules.precedence import field_of, precedence
from schemas.listing import Fact, FactValue, Listing
from schemas.sources import SOURCE_NAMES
from tests.support.hub_records import absence, card, fenced, repository
from tests.support.listings import admitted, listing, raw_body

SLUG = "heron-lab-heron-7b"
OWN = "heronlab--heron-7b"


def stating(source: str, *facts: tuple[str, FactValue], name: str = "x") -> Listing:
    stated = tuple(Fact(fact, value, f"/{place}", value) for place, (fact, value) in enumerate(facts))
    return repository().model_copy(update={"source": source, "kind": "entry", "id": name, "facts": stated})


def together(primary: Listing, *others: Listing) -> Subject:
    (one,) = gather([primary], joined=[Joined(primary.slug, other, "stated") for other in others]).subjects
    return one


def believed(subject: Subject, fact: str) -> tuple[FactValue, str]:
    claim = subject.claims[fact]
    return claim.fact.value, claim.listing.source


def shown(subject: Subject) -> list[tuple[str, list[tuple[object, str, str]]]]:
    """Conflicts: path, and value, source and scope of each side."""
    return [
        (found["path"], [(side["value"], side["source"], side["scope"]) for side in found["values"]])
        for found in conflicts(subject, life=ALIVE)
    ]


def test_a_listing_with_its_repository_and_card_says_more_and_disputes_nothing() -> None:
    one = together(listing(), repository(gated="auto"), card(fenced("license: apache-2.0\nlanguage: en")))
    assert believed(one, "licence") == ("apache-2.0", "huggingface-card")
    assert believed(one, "hugging_face_id") == ("HeronLab/Heron-7B", "huggingface")
    assert believed(one, "context_tokens") == (65_536, "openrouter")
    assert (one.count("downloads"), one.text("gated"), one.value("open_weights")) == (4200, "auto", True)
    assert [claim.listing.source for claim in agreeing(one, "licence")] == ["huggingface"]
    assert [claim.listing.source for claim in agreeing(one, "hugging_face_id")] == ["openrouter"]
    assert shown(one) == []


def test_what_the_table_does_not_name_stays_with_its_record() -> None:
    one = together(listing(), repository(), stating("modelsdev", ("licence", "mit"), ("described", "great")))
    assert believed(one, "licence") == ("apache-2.0", "huggingface")
    assert one.others.get("licence", ()) == ()
    assert "described" not in one.claims
    assert one.claims["listed"].listing.source == "openrouter"


def test_a_catalogue_that_copies_the_day_of_the_listing_states_no_release() -> None:
    copied, own = (
        together(listing(), stating("modelsdev", ("released_on", day))) for day in ("2026-01-01", "2025-12-30")
    )
    assert "released_on" not in copied.claims
    assert (believed(copied, "listed_on"), believed(own, "released_on")) == (
        ("2026-01-01", "openrouter"), ("2025-12-30", "modelsdev"),
    )  # fmt: skip


def test_a_release_on_the_day_on_which_the_hub_got_a_repository_is_one() -> None:
    made = together(
        repository(createdAt="2026-01-01T08:00:00.000Z"), stating("modelsdev", ("released_on", "2026-01-01"))
    )
    assert believed(made, "released_on") == ("2026-01-01", "modelsdev")


def test_a_repository_that_names_its_passport_is_believed_of_what_the_table_gives_to_nobody() -> None:
    one = together(repository(), card(fenced("license: mit")))
    assert believed(one, "library") == ("transformers", "huggingface")
    assert believed(one, "licence") == ("mit", "huggingface-card")
    assert shown(one) == [
        (
            "/artifact/model/licence",
            [
                ("license: mit", "huggingface-card", "model card"),
                ("license:apache-2.0", "huggingface", "model repository"),
            ],
        )
    ]


@pytest.mark.parametrize(
    ("yaml", "tag", "licence", "disputed"),
    [
        ("license: other\nlicense_name: marsh-1", "license:other", "marsh-1", False),
        ("license: other", "license:apache-2.0", "apache-2.0", False),
        ("license: unknown", "license:unknown", None, False),
        ("license: Apache-2.0", "license:apache-2.0", "apache-2.0", False),
        ("license: mit", "license:other", "mit", False),
        ("license: mit", "license:gpl-3.0", "mit", True),
    ],
)
def test_a_licence_that_is_only_called_other_says_little(
    yaml: str, tag: str, licence: str | None, *, disputed: bool
) -> None:
    one = together(listing(), repository(tags=[tag]), card(fenced(yaml)))
    assert (one.text("licence"), bool(shown(one))) == (licence, disputed)
    others = [claim for claim in one.others.get("licence", ()) if claim.fact.value == "other"]
    assert not any(claim in agreeing(one, "licence") for claim in others)


def test_languages_and_base_models_come_whole_from_one_record() -> None:
    tags = ["en", "sv", "base_model:finetune:fen/Owl"]
    spoken = card(fenced("language: [en, nl]\nbase_model: fen/Owl"))
    one = together(listing(), repository(tags=tags), spoken)
    assert one.items("language") == ["en", "nl"]
    assert one.items("base_model") == ["finetune:fen/Owl"]
    assert {one.claims[f"language:{code}"].listing.source for code in ("en", "nl")} == {"huggingface-card"}
    silent = together(listing(), repository(tags=tags), card("# Heron"))
    assert silent.items("language") == ["en", "sv"]
    alone = together(repository(tags=[]), spoken)
    assert (alone.items("language"), alone.items("base_model")) == (["en", "nl"], ["base:fen/Owl"])


def test_of_several_sentences_of_one_failure_mode_the_first_counts_and_the_rest_is_retained() -> None:
    text = "## Limitations\n\nIt may state false facts as if they were true. It was seen to invent facts about birds.\n"
    for primary in (listing(), repository()):
        one = together(primary, card(text))
        claim, *rest = one.claims["limit:confabulation"], *one.others["limit:confabulation"]
        assert str(claim.fact.as_stated).startswith("It may state")
        assert [str(other.fact.as_stated)[:11] for other in rest] == ["It was seen"]


def test_a_list_and_its_items_come_from_one_source() -> None:
    catalogue = stating(
        "modelsdev", ("input_modalities", ("image", "text")), ("input:image", True), ("input:text", True)
    )
    one = together(listing(), catalogue)
    assert one.items("input") == ["text"]
    assert shown(one) == [
        (
            "/artifact/model/input_modalities",
            [(("text",), "openrouter", "listing"), (("image", "text"), "modelsdev", "catalogue")],
        )
    ]
    bare = together(repository(), catalogue)
    assert bare.items("input") == ["image", "text"]


def test_that_a_repository_is_missing_is_a_claim() -> None:
    assert together(listing(), absence()).count("repository_missing") == 401


def test_a_former_name_of_a_repository_is_no_disagreement() -> None:
    renamed = repository(id="HeronLab/Heron-New", asked_as="HeronLab/Heron-7B")
    one = together(listing(), renamed)
    assert believed(one, "hugging_face_id") == ("HeronLab/Heron-New", "huggingface")
    assert (agreeing(one, "hugging_face_id"), differing(one, "hugging_face_id"), shown(one)) == ([], [], [])
    another = together(listing(hugging_face_id="fen/Owl"), renamed)
    assert [path for path, _ in shown(another)] == ["/artifact/model/huggingface_id"]


@pytest.mark.parametrize(
    ("fact", "one", "other", "same"),
    [
        ("price:prompt", "0.0000002", "0.00000020", True),
        ("price:prompt", "0.0000002", "0.0000003", False),
        ("knowledge_cutoff", "2025-06", "2025-06-30", True),
        ("knowledge_cutoff", "2025-06", "2025-07-31", True),
        ("knowledge_cutoff", "2025-06", "2025-08-01", False),
        ("knowledge_cutoff", "2025-06", "2025-08", False),
        ("knowledge_cutoff", "2025-12", "2025-10-31", True),
        ("knowledge_cutoff", "2025-06-01", "2025-07-02", True),
        ("knowledge_cutoff", "2025-06-01", "2025-07-03", False),
        ("released_on", "2026-01-01", "2026-02-01", True),
        ("released_on", "2026-01-01", "2026-02-02", False),
        ("released_on", "2026-01", "2026-01-30", True),
        ("context_tokens", 65_536, 65_537, False),
        ("input_modalities", ("text", "image"), ("image", "text"), True),
        ("hugging_face_id", "HeronLab/Heron", "heronlab/heron", True),
        ("open_weights", True, False, False),
    ],
)
def test_values_agree_when_they_mean_the_same(fact: str, one: FactValue, other: FactValue, *, same: bool) -> None:
    row = field_of(fact)
    assert row is not None
    assert (agree(row, one, other), agree(row, other, one)) == (same, same)


def test_a_denial_is_shown_beside_what_the_listing_offers() -> None:
    one = together(listing(), stating("modelsdev", ("claimed:tools", False), ("claimed:reasoning", False)))
    ((path, (listed, denied)),) = shown(one)
    assert (path, listed[1:], denied) == (
        "/artifact/model/parameters",
        ("openrouter", "listing, on tools"),
        (False, "modelsdev", "catalogue, on tools"),
    )  # fmt: skip


def test_a_card_that_denies_what_the_listing_offers_is_quoted_beside_it() -> None:
    sentence = "Tool calling is not supported."
    one = together(listing(), card(f"# Limitations\n\n{sentence}\n"))
    ((path, (listed, denied)),) = shown(one)
    assert (path, listed[1:], denied) == (
        "/artifact/model/parameters",
        ("openrouter", "listing, on tools"),
        (sentence, "huggingface-card", "model card, on tools"),
    )
    silent = together(listing(supported_parameters=["temperature"]), card(f"# Limitations\n\n{sentence}\n"))
    assert shown(silent) == []


def test_what_a_catalogue_says_of_the_paid_offer_is_not_held_against_the_free_one() -> None:
    entry = stating("modelsdev", ("price:prompt", "0.5"), ("claimed:tools", False), ("knowledge_cutoff", "2025-01"))
    named = entry.model_copy(update={"same_as": ("openrouter:heron-lab/heron-7b",)})
    free = listing(id="heron-lab/heron-7b:free", pricing={"prompt": "0", "completion": "0"})
    one = together(free, named)
    assert (shown(one), believed(one, "knowledge_cutoff")) == ([], ("2025-01", "modelsdev"))
    assert {path for path, _ in shown(together(listing(), named))} == {
        "/artifact/model/prices",
        "/artifact/model/parameters",
    }
    very = named.model_copy(update={"same_as": ("openrouter:heron-lab/heron-7b:FREE",)})
    assert [path for path, _ in shown(together(free, very))] == [
        "/artifact/model/prices",
        "/artifact/model/parameters",
    ]


def test_the_sides_of_a_conflict_are_in_one_unit() -> None:
    sold = listing(**{"pricing.prompt": "0.0000002"})
    cost = {"input": 0.5, "output": 0.6}
    stated = {"id": "heron-lab/heron-7b", "name": "Heron", "cost": cost}
    record = {"openrouter": {"models": {stated["id"]: stated}}}
    entry = admitted(raw_body(json.dumps(record), id=f"openrouter/{stated['id']}", source="modelsdev"))
    found = {path: [value for value, *_ in sides] for path, sides in shown(together(sold, entry))}
    assert found["/artifact/model/prices"] == ["0.0000002", "0.0000005"]


def test_the_table_names_known_sources_each_with_a_scope() -> None:
    table = precedence()
    named = {source for row in table.field for source in row.order}
    assert named | table.scope.keys() <= set(SOURCE_NAMES)
    assert named <= table.scope.keys()
    assert len({row.fact for row in table.field}) == len(table.field)
    assert not any(row.whole and not row.fact.endswith(":") for row in table.field)


RECORDS = [
    repository(), card(fenced("license: mit\nlanguage: [en, nl]")), absence(),
    repository(id="HeronLab/Heron-9B", tags=["sv", "license:other"]),
    stating("modelsdev", ("input_modalities", ("audio",)), ("input:audio", True), ("context_tokens", 1), name="m"),
    stating("github", ("stars", 4), name="g"), stating("extraction", ("limit:confabulation", "q"), name="e"),
]  # fmt: skip


@given(st.permutations(RECORDS), st.booleans())
def test_the_order_of_records_changes_nothing_and_no_claim_is_lost_or_made_up(batch: list[Listing], bare: bool) -> None:
    primary = repository(id="HeronLab/Heron-0") if bare else listing()
    one, again = together(primary, *RECORDS), together(primary, *batch)
    assert (one.claims, one.others, one.stated) == (again.claims, again.others, again.stated)
    assert one.others.keys() <= one.claims.keys()
    instead = {row.otherwise: row.fact for row in precedence().field if row.otherwise}
    reported: list[Any] = [fact for record in (primary, *RECORDS) for fact in record.facts]
    reported += [fact._replace(name=instead[fact.name]) for fact in reported if fact.name in instead]
    made = [claim.fact for name, claim in one.claims.items() if not name.startswith("offer:")]
    assert all(fact in reported for fact in [*made, *(claim.fact for rest in one.others.values() for claim in rest)])
    names = {fact.name for fact in primary.facts if not fact.name.startswith("language:")}
    assert {instead.get(name, name) for name in names} <= one.claims.keys()


def test_a_number_of_weights_by_a_repositorys_name_counts_only_where_no_source_states_it_better() -> None:
    stated = together(listing(name="Heron", description="Heron is a 7.2B-parameter model."), repository())
    named = together(listing(id="heron-lab/heron", name="Heron"), repository())
    counts = [one.claims["parameter_count"] for one in (stated, named)]
    assert [(claim.fact.value, claim.listing.source) for claim in counts] == [
        (7_200_000_000, "openrouter"), (7_000_000_000, "huggingface"),
    ]  # fmt: skip


def test_a_repository_without_a_card_has_the_number_of_weights_of_its_name() -> None:
    alone = together(repository())
    assert alone.claims["parameter_count"].fact[:4] == ("parameter_count", 7_000_000_000, "/id", "7B")
    assert "parameter_count_in_name" not in alone.claims


def test_a_listings_successor_comes_before_the_one_that_the_repository_declares() -> None:
    declared = repository(cardData={"new_version": "HeronLab/Heron-8B"})
    stated = listing(description="This model has been superseded by the Heron 2. Use it.")
    assert together(stated, declared).claims["successor"].fact.value == "Heron 2"
    assert together(listing(), declared).claims["successor"].fact.value == "HeronLab/Heron-8B"
