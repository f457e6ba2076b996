import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.markdown.sections import read_sections
from pipelines.markdown.sentence_splitter import sentence_spans
from pipelines.markdown.sentences import Sentence, read_body, read_sentences
from pipelines.markdown.text import read_text


def sentences(card: bytes) -> list[Sentence]:
    text = read_text(card)
    return [sentence for section in read_sections(card) for sentence in read_sentences(text, section)]


def quotes(card: str) -> list[str]:
    raw = card.encode()
    return [raw[sentence.start : sentence.end].decode() for sentence in sentences(raw)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One sentence. Another one.", ["One sentence.", "Another one."]),
        ("It scores 3.5 points, e.g. Here it does. Done!", ["It scores 3.5 points, e.g. Here it does.", "Done!"]),
        ("See Low et al. (2021) and Fig. 3. Next one", ["See Low et al. (2021) and Fig. 3.", "Next one"]),
        ('He said "stop." Then (perhaps.) it went on.', ['He said "stop."', "Then (perhaps.) it went on."]),
        ("Really? Yes. And etc. and so on.", ["Really?", "Yes.", "And etc. and so on."]),
        ("See https://a.b/c.d?e. Then `f.g. H`. End", ["See https://a.b/c.d?e.", "Then `f.g. H`.", "End"]),
        ("Read [the. Paper](x.y) now. Or not.", ["Read [the.", "Paper](x.y) now.", "Or not."]),
        ("It ends here. `heron` begins. heron-2 too.", ["It ends here.", "`heron` begins.", "heron-2 too."]),
        ("一。二\uff01三", ["一。", "二\uff01", "三"]),
        ("Some options, e.g. `a.b`, are not read.", ["Some options, e.g. `a.b`, are not read."]),
        ("Two dots.. And on", ["Two dots..", "And on"]),
        ("It reads Finnish novels. it cannot read Sami.", ["It reads Finnish novels.", "it cannot read Sami."]),
        ("It reads at most approx. the first page.", ["It reads at most approx. the first page."]),
        ("Call the method model. this.read() then.", ["Call the method model. this.read() then."]),
        ("", []),
    ],
)
def test_where_sentences_end(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == expected


def test_a_quote_may_span_markup_and_lines() -> None:
    assert quotes("> It does **not** know [names](x.y)\n> of places. Really.\n") == [
        "It does **not** know [names](x.y)\n> of places."
    ]


def test_line_ends_and_other_bytes_keep_their_places() -> None:
    card = "# Ü\r\n\r\nÄöü said it.  \r\nThe second línea isn't lost.\r\n".encode() + b"Broken \xff\xfe byte here.\r"
    found = [card[sentence.start : sentence.end] for sentence in sentences(card)]
    assert found == [
        "Äöü said it.".encode(),
        "The second línea isn't lost.".encode(),
        b"Broken \xff\xfe byte here.",
    ]


def test_list_items_know_their_lead_in_and_label() -> None:
    lead_in = "The first release of it was never made for:"
    items = "- **Law**: writing of wills\n- cooking of meals\n"
    found = sentences(f"{lead_in}\n\n{items}\nOther words stand here.\n".encode())
    assert [(sentence.item, sentence.lead_in, sentence.label, sentence.text) for sentence in found] == [
        (False, "", "", lead_in),
        (True, lead_in, "Law", "writing of wills"),
        (True, lead_in, "", "cooking of meals"),
        (False, "", "", "Other words stand here."),
    ]


def test_emphasis_around_a_sentence_is_left_out() -> None:
    assert quotes("*Note: it is slow.*\n\n**One is bold. Two is not.**\n") == [
        "Note: it is slow.",
        "One is bold.",
        "Two is not.",
    ]


def test_pictures_around_a_sentence_are_left_out() -> None:
    assert quotes("⚠️ It is slow today.\n\n:warning: It is slow at night. 🐌\n\n**🚧 It is unfinished.**\n") == [
        "It is slow today.",
        "It is slow at night.",
        "It is unfinished.",
    ]


def test_words_between_quotation_marks_are_known() -> None:
    card = '"One heron. Two herons." It flies on. "Three herons." He said "stop" and it stopped.\n「鷺が飛びます。」\n'
    assert [(one.text, one.quoted) for one in sentences(card.encode())] == [
        ('"One heron.', True),
        ('Two herons."', True),
        ("It flies on.", False),
        ('"Three herons."', True),
        ('He said "stop" and it stopped.', False),
        ("「鷺が飛びます。」", True),
    ]


@pytest.mark.parametrize(
    "card",
    [
        "```\ncode that may fail here\n```\n",
        "    indented code that may fail\n",
        "| a long cell | another one |\n|---|---|\n| a long cell | another one |\n",
        "![a picture of a heron](x.png)\n",
        "<!-- a comment that nobody sees -->\n",
        "<pre>preformatted text of some length</pre>\n",
        "<table><tr><td>a cell of some length</td></tr></table>\n",
        "[More Information Needed]\n",
        "Short.\n",
        "------------\n",
        "word " * 400,
    ],
)
def test_what_is_no_prose_yields_no_sentence(card: str) -> None:
    assert quotes(card) == []


LIMITS = """## Limitations

| Area | What | Mitigation |
|---|:-:|---|
| é | It cannot read maps. | It cannot be mitigated. |
| x | It cannot swim. It can fail | It cannot swim. It can fail |
| y | It cannot read a \\| b here | - |
| z | It fails in one of 7 cases here | 14 % |
"""


def test_cells_of_tables_are_sentences_in_sections_about_limits_alone() -> None:
    assert quotes(LIMITS) == ["It cannot read maps.", "It cannot swim.", "It can fail"]
    assert quotes(LIMITS.replace("Limitations", "Evaluation")) == []
    assert quotes(LIMITS.replace("Limitations", "Risks").replace("\n", "\r\n")) == quotes(LIMITS)
    assert quotes(LIMITS.replace("Mitigation", "Where")) == [
        "It cannot read maps.",
        "It cannot be mitigated.",
        "It cannot swim.",
        "It can fail",
    ]


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(card: bytes) -> None:
    for sentence in sentences(card):
        assert 0 <= sentence.start < sentence.end <= len(card)


BEGINNINGS = st.sampled_from(["> ", ">", "- ", "1. ", "  ", "    ", "\t", "# ", "| ", "```", "~~~", "[x]: ", ""])
LINES = st.builds(
    "{}{}{}{}".format,
    BEGINNINGS,
    BEGINNINGS,
    BEGINNINGS,
    st.sampled_from(["<script>", "<!-- x", "<p>", "a |", "--", ""]),
)


@given(st.lists(LINES, max_size=6), st.sampled_from(["", "\n", "\r"]))
@example(["> - <script>", "> "], "")
@example(["> - <!-- x", ">  "], "")
def test_lines_of_any_blocks_can_be_read_whether_or_not_the_last_one_ends(lines: list[str], end: str) -> None:
    card = ("\n".join(lines) + end).encode()
    assert [one.passages for one, _, _ in read_body(card)] == [one.passages for one, _, _ in read_body(card + b"\n")]


PIECES = [
    *("# ", "**", "- ", "> ", "`", "<p>", "</p>", "<h2>", "[", "](", ")", "• ", "| a |", "---\n", "&amp;", "\\"),
    *("\n", "\r\n", "\r", "\n\n", "\t", "\0", "\ufeff", "é", "数。", ". ", "may fail. ", "Not good. "),
]


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_every_quote_is_found_at_its_place(pieces: list[str]) -> None:
    card = ("# Limitations\n\n" + "".join(pieces)).encode()
    for sentence in sentences(card):
        quote = card[sentence.start : sentence.end].decode()
        assert quote == quote.strip()
        words = [word for word in sentence.text.split() if word.isalnum() and word.isascii()]
        assert all(word in quote for word in words)


@pytest.mark.parametrize("unit", [". ", ".. ", "a. ", "! "])
def test_a_card_of_sentences_that_are_too_short_is_soon_read(unit: str) -> None:
    begun = time.process_time()
    read_body(f"# Limits\n\n{unit * (400_000 // len(unit))}".encode())
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize("unit", ["may fail. ", "may hallucinate. ", "so it is. it is so. ", "x1. it "])
def test_a_card_in_which_no_full_stop_ends_a_sentence_is_soon_read(unit: str) -> None:
    begun = time.process_time()
    read_body(f"# Limits\n\n{unit * (400_000 // len(unit))}".encode())
    assert time.process_time() - begun < 2.0


@pytest.mark.parametrize("heading", ["a{}b", "[{}", "{}b", "a{}"])
def test_a_heading_of_signs_is_soon_read(heading: str) -> None:
    begun = time.process_time()
    read_body(f"# {heading.format('_' * 100_000)}\n".encode())
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize("unit", [" ", "\t", " \U0001f600x ", "\U0001f600", "!", "\u2026", '!"'])
def test_a_card_of_spaces_pictograms_or_stops_is_soon_read(unit: str) -> None:
    begun = time.process_time()
    read_body(f"# Limits\n\n- It can hallucinate {unit * (100_000 // len(unit))}\U0001f600x\n".encode())
    assert time.process_time() - begun < 1.0
