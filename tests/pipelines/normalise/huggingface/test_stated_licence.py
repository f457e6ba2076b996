"""The licence that only a card's text states, and what a restricted licence means for a passport."""

import time
from typing import Any

import pytest

from schemas.listing import Fact
from tests.support.claims import evidence_of, unfragile_of
from tests.support.hub_records import card, facts, fenced, repository

BARE: dict[str, Any] = {"tags": ["safetensors"]}
AT = "/artifact/model/licence"


def licence_of(text: str) -> Fact | None:
    """Return the licence that a card's text states, after the check that its quote is what is written at its place."""
    found = facts(card(text))
    fact = found.get("licence_in_text") or found.get("licence_stated")
    if fact:
        start, end = map(int, fact.locator.removeprefix("bytes:").split("-"))
        assert text.encode()[start:end].decode() == fact.as_stated
    return fact


@pytest.mark.parametrize(
    ("text", "value", "quote"),
    [
        ("# Heron\n\n## License\n\nMIT\n", "mit", "MIT"),
        ("# Heron\n\n  License: Apache 2.0\n", "apache-2.0", "License: Apache 2.0"),
        ("# Héron\n\n- **License:** MIT\n", "mit", "- **License:** MIT"),
        ("| **License** | `cc-by-nc-4.0` |\n", "cc-by-nc-4.0", "| **License** | `cc-by-nc-4.0` |"),
        ("This model is licensed under the [Apache License, Version 2.0](https://x.org/L).", "apache-2.0",
         "This model is licensed under the [Apache License, Version 2.0](https://x.org/L)."),
        ("# License\nThe model is available under the MIT License.\n", "mit",
         "The model is available under the MIT License."),
        ("## Licence\n\nLicensed under the [MIT](LICENSE.txt) license.\n", "mit",
         "Licensed under the [MIT](LICENSE.txt) license."),
        ("language: es\nlicense: apache-2.0\n", "apache-2.0", "license: apache-2.0"),
        ("License: Marsh Licence 7\n", "Marsh Licence 7", "License: Marsh Licence 7"),
    ],
)  # fmt: skip
def test_a_licence_in_the_text_is_quoted(text: str, value: str, quote: str) -> None:
    fact = licence_of(text)
    assert fact is not None
    assert (fact.value, fact.as_stated, fact.method) == (value, quote, "pattern")


@pytest.mark.parametrize(
    "text",
    [
        "License: n/a\n", "License: TBD", "License: [here](https://x.org)\n", "License: https://x.org/LICENSE\n",
        "The code is licensed under the MIT License.", "The data set is released under CC BY 4.0.",
        "# License\n\nThe official license can be found [here](https://x.org).\n",
        "# License\n\nThe code is under MIT.\n", "## Training data\n\nLicense: CC-BY-4.0\n",
        "```\nlicense: mit\n```\n", "License: MIT\nLicense: Apache 2.0\n", "A driving licence: it reads it.\n",
        "License: MIT\u202e\n",
    ],
)  # fmt: skip
def test_what_is_no_statement_of_the_models_licence_states_none(text: str) -> None:
    assert licence_of(text) is None


@pytest.mark.parametrize("unit", [" ", "\t", "\x0b", " \n", "|", "*", "licence: ", "is released under "])
def test_a_card_without_a_licence_is_read_quickly_whatever_it_repeats(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    begun = time.process_time()
    facts(card(text))
    assert time.process_time() - begun < 1.0


def test_a_declared_licence_is_believed_and_the_text_not_read() -> None:
    assert set(facts(card(fenced("license: mit", "License: Apache 2.0\n")))) == {"licence"}
    tagged = unfragile_of(repository(), card("License: MIT\n"))
    assert tagged["artifact"]["model"]["licence"] == "apache-2.0"


@pytest.mark.parametrize("key", ["license", "licence", "liscence", "licenses", "licences"])
def test_a_licence_is_read_under_any_of_its_keys(key: str) -> None:
    assert facts(card(fenced(f'{key}: "mit"')))["licence"].as_stated == f'{key}: "mit"'
    assert facts(repository(cardData={key: "mit"}))["licence"].locator == f"/cardData/{key}"


def test_a_licence_of_the_text_alone_is_shown_with_its_quote_and_its_kind() -> None:
    unfragile = unfragile_of(repository(**BARE), card("# License\n\nCC BY-NC 4.0\n"))
    assert unfragile["artifact"]["model"]["licence"] == "cc-by-nc-4.0"
    assert unfragile["artifact"]["pricing"] == {"model": "free", "free": True, "starting_price": None}
    assert [(one["source"], one["quote"]) for one in evidence_of(unfragile, AT)] == [
        ("huggingface-card", "CC BY-NC 4.0")
    ]
    assert any("non-commercial use or research only" in text for text in unfragile["trust"]["failure_modes"])
    assert not any("no licence is stated" in text for text in unfragile["trust"]["failure_modes"])


@pytest.mark.parametrize("changes", [{"cardData": {"license": "???"}}, {"tags": ["license:???"]}])
def test_what_is_no_licence_is_unknown_and_quoted(changes: dict[str, Any]) -> None:
    unfragile = unfragile_of(repository(**changes))
    assert unfragile["artifact"]["model"]["licence"] is None
    assert (AT, "not_stated") in {(one["path"], one["reason"]) for one in unfragile["unknowns"]}
    (shown,) = evidence_of(unfragile, AT)
    assert "???" in shown["value"]
    words = [text for text in unfragile["trust"]["failure_modes"] if "licen" in text]
    assert words == [
        'what is stated as its licence, "???", is no licence that is known; whether and how it may be used is open'
    ]
    assert unfragile["artifact"]["pricing"]["model"] == "free"


def test_what_is_no_language_is_quoted_where_there_is_no_other() -> None:
    unfragile = unfragile_of(repository(cardData={"language": "English Cszech"}))
    assert unfragile["artifact"]["model"]["languages"] == []
    (shown,) = evidence_of(unfragile, "/artifact/model/languages")
    assert shown["value"] == "English Cszech"
    mixed = unfragile_of(repository(cardData={"language": ["English", "noinfo"]}))
    assert mixed["artifact"]["model"]["languages"] == ["en"]
    assert evidence_of(mixed, "/artifact/model/languages") == []


@pytest.mark.parametrize(
    ("changes", "words", "pricing"),
    [
        ({"tags": ["license:cc-by-nc-4.0"]}, ["non-commercial use"], "free"),
        ({"tags": ["license:cc-by-nc-nd-4.0"]}, ["non-commercial use", "changed copies"], "free"),
        ({"tags": ["license:creativeml-openrail-m"]}, ["forbids some uses"], "free"),
        ({"tags": ["license:llama3.2"]}, ["its maker's own"], "free"),
        ({"tags": ["license:gemma"]}, ["its maker's own"], "free"),
        ({"tags": ["license:other"]}, ["none of the common ones"], "free"),
        ({"cardData": {"license": "other", "license_name": "marsh-1"}}, ["none of the common ones"], "free"),
        ({"gated": "manual"}, ["accept"], "free"),
        ({"tags": ["license:apache-2.0"]}, [], "open_source"),
        ({"tags": ["license:gpl-3.0"]}, [], "open_source"),
    ],
)
def test_each_restriction_has_its_failure_mode_and_is_not_open_source(
    changes: dict[str, Any], words: list[str], pricing: str
) -> None:
    unfragile = unfragile_of(repository(**changes))
    assert unfragile["artifact"]["pricing"] == {"model": pricing, "free": True, "starting_price": None}
    known = (
        "non-commercial use",
        "changed copies",
        "forbids some uses",
        "maker's own",
        "common ones",
        "to those who accept",
    )
    stated = [text for text in unfragile["trust"]["failure_modes"] if any(one in text for one in known)]
    assert len(stated) == len(words)
    assert all(any(word in text for text in stated) for word in words)
    shown_by = [one["locator"] for one in evidence_of(unfragile, "/artifact/pricing/model")]
    assert len(shown_by) == 1 + max(len(words), 1)


def test_weights_without_a_licence_cost_nothing_and_are_not_open_source() -> None:
    unfragile = unfragile_of(repository(tags=[]))
    assert unfragile["artifact"]["pricing"] == {"model": "free", "free": True, "starting_price": None}
    assert [one["locator"] for one in evidence_of(unfragile, "/artifact/pricing/model")] == ["/id"]
    assert any("no licence is stated" in text for text in unfragile["trust"]["failure_modes"])


def test_only_the_believed_licence_restricts() -> None:
    other = card(fenced("license: mit"))
    unfragile = unfragile_of(repository(tags=["license:cc-by-nc-4.0"]), other)
    assert unfragile["artifact"]["model"]["licence"] == "mit"
    assert unfragile["artifact"]["pricing"]["model"] == "open_source"
    assert not any("non-commercial" in text for text in unfragile["trust"]["failure_modes"])
