"""The licence among the files: recognised by its title, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.audit.mismatches import mismatches
from pipelines.normalise.admit import admit
from pipelines.rules.gates import default_gates
from pipelines.rules.precedence import precedence
from schemas.listing import Fact, Listing, Quarantined
from tests.pipelines.audit.test_regather import RAWS, made_from
from tests.pipelines.merge.test_resolve import believed, shown, together
from tests.support.hub_records import REPOSITORY, card, fenced, repository
from tests.support.listings import admitted, listing, raw_body

AT = "/artifact/model/licence"
APACHE = "\n          Apache License\n    Version 2.0, January 2004\n\n  TERMS\n"
SOURCE = "huggingface-licence"


def licence(text: str) -> Listing:
    return admitted(raw_body(text, id=REPOSITORY, source=SOURCE))


def licence_fact(text: str) -> Fact | None:
    facts = licence(text).facts
    assert [fact.name for fact in facts[:1]] == ["licence"] * len(facts[:1])
    assert all(fact.name.startswith("licence_kind:") for fact in facts[1:])
    return facts[0] if facts else None


def value(text: str) -> object:
    fact = licence_fact(text)
    return fact.value if fact else None


@pytest.mark.parametrize("row", precedence().licence, ids=lambda row: row.licence)
def test_each_well_known_text_is_recognised_by_its_title_however_it_is_set(row: object) -> None:
    [found] = [one for one in precedence().licence if one == row]
    for title in found.titles:
        head, *rest = title
        for text in (
            "\n".join(title),
            "\r\n\r\n".join(f"   {line}  " for line in title) + "\r\nterms\r\n",
            "\ufeff# **" + head.upper() + "**\n=====\n" + "\n".join(rest) + "\n-----\nterms",
        ):
            assert value(text) == found.licence
        assert value("\n".join([*title, "x" * found.longest_bytes])) is None, "it says more than the licence does"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\n",
        "Modified MIT License\n",
        "MIT License (Non-Commercial)\n",
        "A copy of the\nMIT License\n",
        "Apache License\n",
        "Apache License\nVersion 1.1\n",
        "The Marsh Licence\n\nApache License\nVersion 2.0, January 2004\n",
        "Apache\u202eLicense\nVersion 2.0, January 2004\n",
        "Apache License\n" + "=" * 400 + "\nVersion 2.0, January 2004",
    ],
)
def test_what_begins_otherwise_states_nothing(text: str) -> None:
    assert licence_fact(text) is None


def test_a_title_is_quoted_from_its_first_word_to_its_last() -> None:
    fact = licence_fact(f"\u00e9\n{APACHE}"[2:])
    assert fact is not None
    assert (fact.name, fact.method, fact.locator) == ("licence", "pattern", "bytes:11-55")
    assert fact.as_stated == "Apache License\n    Version 2.0, January 2004"


@given(st.text())
def test_any_text_is_read_and_what_is_quoted_is_there(text: str) -> None:
    for whole in (text, f"{text}\nMIT License", f"MIT License{text}"):
        if not any("\ud800" <= one <= "\udfff" for one in whole) and (fact := licence_fact(whole)):
            start, _, end = fact.locator.removeprefix("bytes:").partition("-")
            assert whole.encode()[int(start) : int(end)].decode() == fact.as_stated


def test_a_text_of_no_repository_is_refused() -> None:
    assert isinstance(admit(raw_body("MIT License", id="../x", source=SOURCE)), Quarantined)


def test_a_licence_that_nobody_declares_is_that_of_the_file() -> None:
    one = together(listing(), repository(tags=["en"]), licence(APACHE))
    assert (believed(one, "licence"), shown(one)) == (("apache-2.0", SOURCE), [])
    vague = together(
        listing(), card(fenced("license: gpl")), licence("GNU GENERAL PUBLIC LICENSE\nVersion 2, June 1991")
    )
    assert (believed(vague, "licence"), shown(vague)) == (("gpl-2.0", SOURCE), [])


def test_card_tag_and_file_that_differ_are_in_one_conflict_each_with_its_place() -> None:
    hub = repository(cardData={"license": "mit"}, tags=["license:gpl-3.0"])
    one = together(listing(), hub, card(fenced("license: mit")), licence(APACHE))
    assert believed(one, "licence") == ("mit", "huggingface-card")
    [(path, sides)] = shown(one)
    assert (path, sides) == (
        AT,
        [
            ("license: mit", "huggingface-card", "model card"),
            ("Apache License\n    Version 2.0, January 2004", SOURCE, "licence file"),
            ("license:gpl-3.0", "huggingface", "model repository, tag"),
        ],
    )


@pytest.mark.parametrize(
    ("text", "conflict"), [(APACHE, False), ("MIT License\n", True), ("The Marsh Licence\n", False)]
)
def test_a_passport_is_proved_with_the_text_that_it_was_held_against(text: str, conflict: bool) -> None:
    raws = [*RAWS, raw_body(text, id=REPOSITORY, source=SOURCE)]
    document = made_from(together(*map(admitted, raws)))
    assert mismatches(document, raws, gates=default_gates()) == []
    unfragile = document["unfragile"]
    assert (AT in [one["path"] for one in unfragile["conflicts"]]) is conflict
    shown_by = [one["source"] for one in unfragile["evidence"] if one["path"] == AT]
    assert (SOURCE in shown_by) is (text == APACHE)
    left_out = mismatches(made_from(together(*map(admitted, RAWS))), raws, gates=default_gates())
    assert "is of this model, but the passport does not name it" in left_out[0].reason
