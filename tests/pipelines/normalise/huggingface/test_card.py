import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.markdown.sentences import MOST_SENTENCES, is_full, read_body
from pipelines.markdown.text import LONGEST_CARD_BYTES, MOST_LINES, read_text
from pipelines.normalise.admit import admit
from pipelines.normalise.huggingface.card import MOST_LIMITS
from schemas.listing import Listing
from tests.support.hub_records import REPOSITORY, card, fenced
from tests.support.json_values import unhurried
from tests.support.listings import raw_body, refused
from tests.support.recordings import recordings_dir

WHOLE = """---
license: apache-2.0 # since the second version
language:
- en
# the rest is thin
- "sv"
base_model: [fen/Owl-1B,
  fen/Crane-1B]
base_model_relation: merge
model-index:
- name: heron
  results:
  - task: {type: text-generation}
    dataset: {type: marsh-qa}
    metrics:
    - type: accuracy
      value: 71.50
      name: Accuracy

    - {type: f1, value: "0.6"}
---
# Heron 7B é

## Limitations

It may state false facts as if they were true. It was seen to invent facts about rare birds.
The model may miss birds in fog.
"""

PLACE = re.compile(r"bytes:([0-9]+)-([0-9]+)\Z")


def unquoted(listing: Listing, body: str) -> list[object]:
    """Quotes that are not in the card."""
    stored = body.encode()
    found: list[object] = []
    for one in (*listing.facts, *listing.results):
        place = PLACE.match(one.locator)
        if not place or stored[int(place[1]) : int(place[2])].decode() != one.as_stated or not one.as_stated:
            found.append(one)
    return found


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff", "\n \n"])
def test_a_card_is_read_whole_and_every_fact_is_quoted(end: str, mark: str) -> None:
    body = (mark + WHOLE).replace("\n", end)
    one = card(body)
    assert unquoted(one, body) == []
    assert (one.kind, one.id, one.slug, one.name, one.author) == (
        "card", REPOSITORY, "heronlab--heron-7b", "Heron-7B", "HeronLab",
    )  # fmt: skip
    assert one.same_as == (f"huggingface:{REPOSITORY}",)
    stated = [(fact.name, str(fact.as_stated).replace(end, "|"), fact.method) for fact in one.facts]
    assert stated == [
        ("licence", "license: apache-2.0 # since the second version", "declared"),
        ("language:en", 'language:|- en|# the rest is thin|- "sv"', "declared"),
        ("language:sv", 'language:|- en|# the rest is thin|- "sv"', "declared"),
        ("base_model:merge:fen/Owl-1B", "base_model: [fen/Owl-1B,|  fen/Crane-1B]", "declared"),
        ("base_model:merge:fen/Crane-1B", "base_model: [fen/Owl-1B,|  fen/Crane-1B]", "declared"),
        ("limit:confabulation", "It may state false facts as if they were true.", "section"),
        ("limit:confabulation", "It was seen to invent facts about rare birds.", "section"),
        (one.facts[-1].name, "The model may miss birds in fog.", "section"),
    ]
    start = len(body[: body.index("The model may miss")].encode())
    assert one.facts[-1].name == f"limit:plain-{start}"
    assert [(result[:4], str(result.as_stated).replace(end, "|")) for result in one.results] == [
        (
            ("text-generation", "marsh-qa", "accuracy", "71.50"),
            "- type: accuracy|      value: 71.50|      name: Accuracy",
        ),
        (("text-generation", "marsh-qa", "f1", "0.6"), '- {type: f1, value: "0.6"}'),
    ]


def test_a_limit_is_its_quote_and_a_licence_its_word() -> None:
    one = card(WHOLE)
    assert one.facts[0].value == "apache-2.0"
    assert [fact.value for fact in one.facts if fact.name.startswith("limit:")] == [
        fact.as_stated for fact in one.facts if fact.name.startswith("limit:")
    ]


@pytest.mark.parametrize(
    ("yaml", "licence", "stated"),
    [
        ("license: other\nlicense_name: marsh-1", "marsh-1", "license_name: marsh-1"),
        ("license: other", "other", "license: other"),
        ("license: [mit, gpl-3.0]", "mit", "license: [mit, gpl-3.0]"),
        ("'license': \"mit\"\nlicense: gpl", "mit", "'license': \"mit\""),
        ("{license: mit, language: en}", "mit", "{license: mit, language: en}"),
        ("license: >\n  mit\n\nlanguage: en", "mit", "license: >\n  mit"),
        ("license:\n\tmit", "mit", "license:\n\tmit"),
        ("license: 'm\u202eit'", None, None),
        ("license: {a: b}", None, None),
        ("license:", None, None),
        ("tags: [a", None, None),
    ],
)
def test_a_licence_is_quoted_as_it_is_declared(yaml: str, licence: str | None, stated: str | None) -> None:
    one = card(fenced(yaml))
    found = next((fact for fact in one.facts if fact.name == "licence"), None)
    assert (found.value if found else None, found.as_stated if found else None) == (licence, stated)
    assert unquoted(one, fenced(yaml)) == []


def test_of_a_long_declaration_the_line_with_the_word_is_quoted() -> None:
    codes = [f"b{one}{two}" for one in "bcdghjkmpq" for two in "bcdfghjkmnpqrstvwxyz"]
    body = fenced("language:\n" + "\n".join(f"- {code}" for code in codes) + "\n" * 400)
    one = card(body)
    assert len(one.facts) == 120
    assert (one.facts[7].name, one.facts[7].as_stated) == ("language:bbk", "- bbk")
    assert unquoted(one, body) == []


def test_what_cannot_be_quoted_as_it_is_is_no_fact() -> None:
    spelled = 'license: "\\u006dit"  # ' + "x" * 1200
    assert card(fenced(spelled)).facts == ()
    assert card(fenced("license: mit # \u202e")).facts == ()


def test_a_relation_is_only_what_the_card_declares() -> None:
    (fact,) = card(fenced("base_model: fen/Owl")).facts
    assert fact.name == "base_model:base:fen/Owl"
    hatched = card(fenced("base_model: fen/Owl\nbase_model_relation: hatched"))
    assert (hatched.facts[0].name, hatched.unfamiliar) == ("base_model:hatched:fen/Owl", ("base_model:hatched",))
    assert card(fenced("base_model: [./out, fen/Owl/x, 'a b']\nbase_model_relation: 'a:b'")).facts == ()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "# Heron\n\nIt answers.\n",
        "Entry not found",
        "Invalid username or password.",
        "<!doctype html><title>x</title><h2>Limitations</h2><p>It may state false facts.</p>",
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\nhttps://github.com/heronlab/heron\n",
        '{"error": "It may state false facts as if they were true."}',
    ],
)
def test_what_is_no_card_or_says_nothing_states_nothing(body: str) -> None:
    one = card(body)
    assert (one.facts, one.results, one.same_as) == ((), (), (f"huggingface:{REPOSITORY}",))


def test_sentences_are_bounded_and_every_failure_mode_is_retained() -> None:
    many = "\n".join(f"- It may state false facts about bird number {n}." for n in range(100))
    one = card(f"## Limitations\n\n{many}\n\nIts training data reflects social biases.\n")
    names = Counter(fact.name for fact in one.facts)
    assert (names["limit:confabulation"], names["limit:bias-and-stereotypes"]) == (MOST_LIMITS - 1, 1)


def test_a_sentence_with_characters_that_disguise_text_is_left_out() -> None:
    one = card("## Limitations\n\nIt may state fal\u202ese facts as if they were true.\n")
    assert one.facts == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("See [the code](https://github.com/HeronLab/Heron).", "HeronLab/Heron"),
        ("https://github.com/heron-lab/heron-7b.git and https://github.com/Heron-Lab/Heron-7B", "heron-lab/heron-7b"),
        ("https://github.com/heronlab/heron/blob/main/README.md and https://github.com/fen/marsh", "heronlab/heron"),
        ("https://github.com/heronlab/heron and https://github.com/heronlab/egret", None),
        ("https://github.com/heronlab/egret", None),
        ("https://github.com/fen/heron", None),
        ("https://github.com/heronlab", None),
        ("https://github.com.evil.example/heronlab/heron", None),
        ("https://github.com/heronlab/..", None),
    ],
)
def test_code_is_named_only_where_it_is_surely_the_models_own(text: str, code: str | None) -> None:
    assert card(text).same_as[1:] == ((f"github:{code}",) if code else ())


@pytest.mark.parametrize("of", ["", "a b", "a/b/c", "../x", "_x/y", "x" * 201])
def test_a_card_of_no_repository_is_refused(of: str) -> None:
    refusal = refused(raw_body("# Heron", id=of, source="huggingface-card"))
    assert "owner/name" in refusal.reason


@pytest.mark.parametrize(
    "yaml",
    [
        'license: "\\UFFFFFFFF"',
        'license: "\\U00110000"',
        "%YAML " + "9" * 5000 + ".1",
        'license: "\\ud800"',
        "a: [",
        "a: *b",
    ],
    ids=["beyond-integers", "beyond-unicode", "version", "surrogate", "unclosed", "alias"],
)
def test_what_is_wrong_with_the_front_matter_hides_no_limit_and_is_counted(yaml: str) -> None:
    body = fenced(yaml, "# Limitations\n\nIt may state false facts as if they were true.\n")
    listing = card(body)
    assert [fact.as_stated for fact in listing.facts] == ["It may state false facts as if they were true."]
    assert listing.leftovers == ("/front_matter",)
    assert unquoted(listing, body) == []


def test_front_matter_that_is_read_whole_or_is_not_there_is_not_counted() -> None:
    for body in (fenced("license: mit"), "# Heron", "", "Invalid username or password."):
        assert card(body).leftovers == ()


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("It may fail on birds.\n\n" * 3, ()),
        ("It may fail on birds.\n\n" * (MOST_SENTENCES + 5), ("/beyond",)),
        ("It may fail on birds.\n\n" + "-\n" * MOST_LINES, ("/beyond",)),
        ("It may fail on birds.\n\n" + "![](data:" + "A" * LONGEST_CARD_BYTES + ")", ("/beyond",)),
    ],
    ids=["short", "many sentences", "many lines", "many bytes"],
)
def test_a_card_that_goes_on_beyond_what_is_read_is_counted(text: str, counted: tuple[str, ...]) -> None:
    listing = card("# Heron\n\n## Limitations\n\n" + text)
    assert listing.leftovers == counted
    assert [fact.as_stated for fact in listing.facts if fact.name.startswith("limit:")][:1] == ["It may fail on birds."]


def test_no_more_sentences_and_lines_are_read_of_a_card_than_its_bounds() -> None:
    body = read_body(b"# Heron\n\n" + b"It may fail on birds.\n\n" * (MOST_SENTENCES + 5))
    assert sum(len(part.sentences) for part in body) == MOST_SENTENCES
    assert is_full(body)
    text = read_text(b"a\r\nb\rc\n" * MOST_LINES)
    assert (len(text.line_chars), text.text.endswith(("\r", "\n"))) == (MOST_LINES, True)


def test_a_card_with_half_a_character_is_refused_and_stops_nothing() -> None:
    raw = raw_body("# Heron", source="huggingface-card", id=REPOSITORY)
    assert refused(raw.model_copy(update={"body": "# \ud800"})).stage == "normalise"


@unhurried
@given(st.text(max_size=200), st.text(max_size=200))
def test_every_quote_is_in_the_card_whatever_is_around_it(yaml: str, text: str) -> None:
    body = fenced(f"license: mit\n{yaml}", f"## Limitations\n\nIt may state false facts. {text}")
    judged = admit(raw_body(body, id=REPOSITORY, source="huggingface-card"))
    assert isinstance(judged, Listing)
    assert unquoted(judged, body) == []


@pytest.mark.recordings
def test_every_quote_of_the_recorded_cards_is_in_them() -> None:
    folder = recordings_dir() / "data/huggingface"
    paths = sorted([*folder.glob("cards_azure_mit/*/description.md"), *folder.glob("cards_docker_apache2/**/*.md")])
    counts: Counter[str] = Counter()
    for path in paths:
        body = path.read_bytes().decode("utf-8", "replace")
        one = card(body)
        assert unquoted(one, body) == [], path
        counts.update({fact.name.partition("-")[0] for fact in one.facts})
        counts["with limits"] += bool(one.facts)
    assert len(paths) > 290
    assert (counts["with limits"] > 180, counts["limit:confabulation"] > 10) == (True, True)
