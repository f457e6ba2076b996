import io
import json
import re

import pytest
from rich.console import Console

from flows.commands import terminal
from pipelines.views.brief.layout import Row, TitledPart, laid_out

HOSTILE = "\x9b2J\x1b]0;title\x07 \u202eturned \U000e0041 caf\u00e9"


def test_an_answer_in_json_is_ascii_and_says_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.document({"name": HOSTILE})
    out = capsys.readouterr().out
    assert out.isascii()
    assert "\x1b" not in out
    assert json.loads(out) == {"name": HOSTILE}


def test_no_text_of_a_listing_moves_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say(f"[red]{HOSTILE}[/red]\roverwritten")
    terminal.rows([{"name": HOSTILE}], ("name",))
    out = capsys.readouterr().out
    assert "[red]" in out, "no markup is read in it"
    assert "caf\u00e9" in out
    assert not set("\x9b\x1b\x07\r\u202e\U000e0041") & set(out)


def test_a_title_stays_in_a_line_over_a_table_that_is_narrower(capsys: pytest.CaptureFixture[str]) -> None:
    title = "generation 2, signed at 2026-04-23T12:00:00.000Z: source changed"
    terminal.rows([{"what": "a", "to": "b"}], ("what", "to"), title=title)
    terminal.pairs([("a", "b")], title=title)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [title, "what  to", "a     b", title, "a  b"]


def test_what_nobody_sees_in_a_name_is_spelled_out(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say("GPT\u200b-4")
    terminal.pairs([("name", "\ufeffHeron")])
    assert capsys.readouterr().out.split() == ["GPT[U+200B]-4", "name", "[U+FEFF]Heron"]


@pytest.mark.parametrize(("colour", "code"), [({}, "\x1b[32m"), ({"NO_COLOR": "1"}, None)])
def test_a_verdict_has_its_colour_unless_none_is_wanted(
    colour: dict[str, str], code: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal = Console(file=io.StringIO(), force_terminal=True, width=60, _environ={"TERM": "xterm", **colour})
    monkeypatch.setattr(terminal, "OUT", at_a_terminal)
    terminal.lines(
        laid_out([TitledPart("Heron", (Row("verdict", "ok: signed", tone="ok"),))], terminal.reading_width())
    )
    out = at_a_terminal.file.getvalue()  # type: ignore[attr-defined]
    colours = set(re.findall("\x1b\\[[^m]*m", out)) - {"\x1b[0m", "\x1b[1m"}
    assert colours == ({code} if code else set())
    assert re.sub("\x1b\\[[^m]*m", "", out) == "Heron\nverdict  ok: signed\n"


@pytest.mark.parametrize(("columns", "width"), [(60, 60), (80, 80), (240, 100)])
def test_a_text_to_read_has_the_width_of_the_terminal_within_bounds(
    columns: int, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "OUT", Console(file=io.StringIO(), force_terminal=True, width=columns))
    assert terminal.reading_width() == width
    monkeypatch.setattr(terminal, "OUT", Console(file=io.StringIO(), force_terminal=False, width=columns))
    assert terminal.reading_width() == terminal.READING_WIDTH


ROWS = [
    {
        "slug": "example-lab-kestrel-instruct-0905",
        "age": "expired",
        "why": "its dates are over: fetch a newer passport",
    },
    {"slug": "acme-tern", "age": "not_yet_valid", "why": "its dates are ahead of 2026-11-29T15:42:58.638Z"},
]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_name_and_no_value_is_broken_or_left_out_however_narrow_a_terminal_is(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal = Console(file=io.StringIO(), force_terminal=True, width=width, _environ={"NO_COLOR": "1"})
    monkeypatch.setattr(terminal, "OUT", at_a_terminal)
    terminal.rows(ROWS, ("slug", "age", "why"))
    out = re.sub("\x1b\\[[^m]*m", "", at_a_terminal.file.getvalue())  # type: ignore[attr-defined]
    assert max(map(len, out.splitlines())) <= width
    assert {word for row in ROWS for text in row.values() for word in text.split()} <= set(out.split())
    assert "its dates are over" in " ".join(out.split())
    assert out == "\n".join(line.rstrip() for line in out.splitlines()) + "\n", "no spaces at a line's end"


def test_a_value_without_spaces_goes_on_beyond_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    at_a_terminal = Console(file=io.StringIO(), force_terminal=True, width=40, _environ={"NO_COLOR": "1"})
    monkeypatch.setattr(terminal, "OUT", at_a_terminal)
    terminal.rows([{"slug": "acme-tern", "object": "0" * 64}], ("slug", "object"))
    out = re.sub("\x1b\\[[^m]*m", "", at_a_terminal.file.getvalue())  # type: ignore[attr-defined]
    assert out == f"acme-tern\n  object  {'0' * 64}\n"


def test_values_are_wrapped_beside_one_another_in_columns_of_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [
        {"slug": "acme-tern", "verdict": terminal.coloured("ok"), "why": "its copy is the one that a publisher writes"},
        {"slug": "日本", "verdict": terminal.coloured("expired"), "why": "cafe\u0301 " * 7},
    ]
    at_a_terminal = Console(file=io.StringIO(), force_terminal=True, width=46, _environ={"TERM": "xterm"})
    monkeypatch.setattr(terminal, "OUT", at_a_terminal)
    terminal.rows(records, ("slug", "verdict", "why"))
    out = at_a_terminal.file.getvalue()  # type: ignore[attr-defined]
    assert out == (
        "\x1b[1mslug\x1b[0m       \x1b[1mverdict\x1b[0m  \x1b[1mwhy\x1b[0m\n"
        "acme-tern  \x1b[32mok\x1b[0m       its copy is the one that a\n"
        "                    publisher writes\n"
        "日本       \x1b[31mexpired\x1b[0m  cafe\u0301 cafe\u0301 cafe\u0301 cafe\u0301 cafe\u0301\n"
        "                    cafe\u0301 cafe\u0301\n"
    )
