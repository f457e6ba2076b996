import json

import pytest

from flows.commands import terminal

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
