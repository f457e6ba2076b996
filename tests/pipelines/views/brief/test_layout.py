import pytest

from pipelines.views.brief.layout import LaidOutLine, Row, TitledPart, clipped, columns, laid_out, wrapped


def text(parts: list[TitledPart], width: int) -> list[str]:
    return [line.strong + line.rest for line in laid_out(parts, width)]


def test_labels_and_texts_are_aligned_and_long_texts_continue_below_their_column() -> None:
    part = TitledPart("Prices", (Row("prompt", "one dollar for a million tokens of it"), Row("completion", "two")))
    assert text([part], 42) == [
        "Prices",
        "prompt      one dollar for a million",
        "            tokens of it",
        "completion  two",
    ]


def test_a_label_that_is_too_long_comes_above_its_text() -> None:
    part = TitledPart("Use", (Row("coding", "a"), Row("coding, long documents, agents", "b")))
    assert text([part], 80) == ["Use", "coding  a", "coding, long documents, agents", "        b"]


def test_texts_come_below_their_labels_where_the_terminal_is_narrow() -> None:
    assert text([TitledPart("Use", (Row("completion", "two dollars a million"),))], 24) == [
        "Use", "completion", "    two dollars a", "    million",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [1, 8, 20, 40, 80, 200])
def test_a_slug_is_whole_at_every_width_and_no_line_ends_in_a_space(width: int) -> None:
    slug = "heron-lab-heron-7b-instruct-2026-01-preview"
    lines = text(
        [TitledPart(f"The model {slug}", (Row("", "text"), Row("slug", f"it is {slug}, as stated"), Row("x", "")))],
        width,
    )
    assert sum(slug in line for line in lines) == 2
    assert all(line == line.rstrip() for line in lines)


def test_a_text_without_spaces_in_a_wide_script_is_broken_to_the_width() -> None:
    lines = wrapped("模型" * 30, 20)
    assert all(columns(line) <= 20 for line in lines)
    assert "".join(lines) == "模型" * 30


@pytest.mark.parametrize(
    ("whole", "width", "short"),
    [
        ("short enough", 12, "short enough"),
        ("cut at a space, please", 16, "cut at a space…"),
        ('"a quote stays closed"', 16, '"a quote stays…"'),
        ("oneverylongwordthatgoeson", 8, "onevery…"),
        ("模型模型模型", 7, "模型模…"),
    ],
)
def test_a_text_is_cut_at_a_space_and_the_cut_is_marked(whole: str, width: int, short: str) -> None:
    assert clipped(whole, width) == short
    assert columns(clipped(whole, width)) <= width


def test_a_text_cannot_steer_the_terminal_or_begin_a_line_of_its_own() -> None:
    hostile = "free\x1b[31m\r\nverdict  ok\u202e\tend\u2028more\x9b"
    (title, line) = laid_out([TitledPart("Na\x07me", (Row("lab\nel", hostile),))], 80)
    assert (title, line.rest) == (LaidOutLine("Name"), "free[31m verdict  ok end more")
    assert line.strong == "lab el  "


def test_parts_are_divided_by_an_empty_line() -> None:
    assert text([TitledPart("A", (Row("", "a"),)), TitledPart("B", (Row("", "b"),))], 80) == ["A", "a", "", "B", "b"]
