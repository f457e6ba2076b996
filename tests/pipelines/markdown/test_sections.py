from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.markdown.front_matter import read_front_matter
from pipelines.markdown.sections import heading_kind, read_sections
from pipelines.markdown.text import LONGEST_CARD_BYTES

FULL = (Path(__file__).parents[2] / "cards" / "full.md").read_bytes()


def headings(card: str) -> list[tuple[str, int, str]]:
    return [(section.heading, section.level, section.kind) for section in read_sections(card.encode())[1:]]


def test_a_whole_card_in_sections() -> None:
    sections = read_sections(FULL, read_front_matter(FULL).body_offset)
    assert [(section.heading, section.level, section.kind) for section in sections] == [
        ("", 0, "other"),
        ("Heron 7B", 1, "other"),
        ("Evaluation", 2, "evaluation"),
        ("Bias, Risks, and Limitations", 2, "limitation"),
        ("Out-of-Scope Use", 3, "out_of_scope"),
        ("License", 2, "other"),
    ]


def test_sections_follow_each_other_without_a_gap_and_begin_with_their_heading() -> None:
    sections = read_sections(FULL, read_front_matter(FULL).body_offset)
    assert [section.end for section in sections[:-1]] == [section.start for section in sections[1:]]
    assert sections[-1].end == len(FULL)
    assert FULL[sections[2].start :].startswith(b"Evaluation\n---")
    assert FULL[sections[3].start :].startswith(b"## Bias")


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("# A\ntext\n### B ###\n", [("A", 1, "other"), ("B", 3, "other")]),
        ("Limits\n===\n\nRisks\n---\n", [("Limits", 1, "limitation"), ("Risks", 2, "risk")]),
        ("**Limitations**\n\ntext", [("Limitations", 7, "limitation")]),
        ("__Limitations__:\ntext", [("Limitations", 7, "limitation")]),
        ("**Limitations:**\ntext", [("Limitations", 7, "limitation")]),
        ("Known limitations:\n\n- a", [("Known limitations", 8, "limitation")]),
        ("<h3>Bias</h3>\ntext", [("Bias", 3, "bias")]),
        ("<div>\n<H2 id='x'><b>Risks</b></H2>\n</div>", [("Risks", 2, "risk")]),
        ("# [Limitations](#l) `x` *y*\n", [("Limitations x y", 1, "limitation")]),
        ("> # Limitations\n\ntext", []),
        ("```\n# Limitations\n```\n", []),
        ("<!--\n# Limitations\n-->\n", []),
        ("#Limitations", []),
        ("**The model may fail.**", []),
        ("A long line of prose that a rule below turns into a heading by mistake.\n---\n", []),
        ("Some words:\n\n- a", []),
    ],
)
def test_headings_of_every_style(card: str, expected: list[tuple[str, int, str]]) -> None:
    assert headings(card) == expected


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Limitations and Biases", "limitation"),
        ("⚠️ 5.1 Known Issues:", "limitation"),
        ("Fairness", "bias"),
        ("Fairness evaluation", "evaluation"),
        ("Ethical Considerations", "risk"),
        ("Considerations", None),
        ("Out-of-scope", "out_of_scope"),
        ("Misuse and malicious use", "out_of_scope"),
        ("Intended Use", "intended_use"),
        ("Direct Use", "intended_use"),
        ("How to use", "other"),
        ("Usage", "other"),
        ("Training Data", "training_data"),
        ("Dataset limitations", "limitation"),
        ("Benchmarks", "evaluation"),
        ("License", "other"),
        ("Grenzen und Einschränkungen", "limitation"),
        ("Limites et biais", "limitation"),
        ("Sesgos", "bias"),
        ("局限性", "limitation"),
        ("制限事項", "limitation"),
        ("Ограничения", "limitation"),
        ("Utilisations hors du champ d'application", "out_of_scope"),
        ("Heron 7B", None),
    ],
)
def test_what_a_heading_announces(heading: str, kind: str | None) -> None:
    assert heading_kind(heading) == kind


@pytest.mark.parametrize(
    ("heading", "mixed"),
    [
        ("Intended uses & limitations", True),
        ("Uses, limitations and bias", True),
        ("Limitations and use cases", True),
        ("Strengths and weaknesses", True),
        ("Usage limitations", False),
        ("Limitations and bias", False),
        ("Limits of use", False),
    ],
)
def test_a_heading_may_announce_uses_and_limits(heading: str, mixed: bool) -> None:
    (_, section) = read_sections(f"## {heading}\n\nIt reads.\n".encode())
    assert (section.kind, section.mixed) == ("limitation", mixed)


def test_a_heading_that_says_nothing_goes_on_with_the_one_above_it() -> None:
    assert [kind for *_, kind in headings("# Limitations\n## Speech\n### Vowels\n# Speech\n")] == [
        "limitation",
        "limitation",
        "limitation",
        "other",
    ]


def test_after_a_heading_beside_it_turned_away_it_does_not() -> None:
    assert [kind for *_, kind in headings("# Limitations\n**Training**\n\n**Hardware x**\n\n**More**\n")] == [
        "limitation",
        "training_data",
        "other",
        "other",
    ]


def test_what_is_no_card_has_no_sections() -> None:
    for card in (b"version https://git-lfs.github.com/spec/v1\n", b"Entry not found", b"<!doctype html><p>x"):
        assert read_sections(card) == ()


def test_a_card_that_speaks_of_errors_is_a_card() -> None:
    assert read_sections(b"# 404 errors\n\nA classifier of log lines: not found, forbidden, and others.")


def test_very_long_cards_are_read_up_to_a_bound() -> None:
    card = b"# Limitations\n\nIt is slow.\n\n" + b"![x](data:" + b"A" * 2 * LONGEST_CARD_BYTES + b")"
    assert read_sections(card)[-1].end == LONGEST_CARD_BYTES


@pytest.mark.parametrize("unit", [b"> ", b"- ", b"[", b"![", b"<", b"*", b"`", b"**a ", b"<div>", b"|", b"# ", b"\\"])
def test_repeated_marks_do_not_stall_it(unit: bytes) -> None:
    assert read_sections(b"# Limitations\n\n" + unit * 3000 + b" not good.")


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(card: bytes) -> None:
    for section in read_sections(card):
        assert 0 <= section.start <= section.end <= len(card)
