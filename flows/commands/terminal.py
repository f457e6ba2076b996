"""Output for people: progress, then tables and sentences. Markup and control codes in listings have no effect."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from itertools import zip_longest

from rich.console import Console
from rich.text import Text

from flows.config.clock import system_clock
from flows.progress import WATCHER, Watcher, a_line_a_stage, in_phases, in_words
from pipelines.formats.table_layout import GAP, INDENT, table_layout
from pipelines.formats.text import shown
from pipelines.views.brief.layout import LaidOutLine

READING_WIDTH = 80
"""Columns of a text to read that does not go to a terminal."""
WIDEST_TEXT = 100
"""Most columns of a text to read; longer lines are hard to follow."""

PIPED_WIDTH = 200
"""Columns of an answer that does not go to a terminal, so that its width is unknown."""

OUT = Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
"""For answers, on standard output."""
ERR = Console(stderr=True, highlight=False)
"""For progress and errors, on standard error, so that answers can be piped."""

COLOURS = {
    "ok": "green", "ok_offline": "green", "fresh": "green", "active": "green", "due": "yellow", "deprecated": "yellow",
    "superseded": "yellow", "fit": "green", "unknown": "yellow", "warning": "yellow",
}  # fmt: skip
"""Verdict or state → colour; everything else is red."""


class Volume(Enum):
    """How much a command says beside its answer."""

    QUIET = "quiet"
    """Only errors."""
    NORMAL = "normal"
    VERBOSE = "verbose"
    """Every step of a run."""


VOLUME: ContextVar[Volume] = ContextVar("volume", default=Volume.NORMAL)
"""The volume of the command that runs."""


def speak(volume: Volume) -> None:
    """Set the volume of the command that runs."""
    VOLUME.set(volume)


def plain(text: object) -> Text:
    """Return text in which no markup is read, without control characters, and with invisible ones spelled out."""
    return Text(shown(str(text)))


def coloured(word: str) -> Text:
    """Return a verdict or state in its colour."""
    return Text(word, style=_colour(word))


def document(value: object) -> None:
    """Print an answer as JSON in ASCII, so that no control character of a listing reaches the terminal."""
    OUT.print_json(data=value, ensure_ascii=True, highlight=OUT.is_terminal)


def error(message: str) -> None:
    """Print an error: what is wrong, where, and what to do."""
    ERR.print(Text("error: ", style="bold red") + plain(message), soft_wrap=True)


def failed(message: str, *, status: int, as_json: bool, beside: Mapping[str, object] | None = None) -> None:
    """Print an error, and with `as_json` the answer that has it, with what else the command has to answer."""
    error(message)
    if as_json:
        document({"error": {"message": shown(message), "exit_status": status}, **(beside or {})})


def say(answer: str) -> None:
    """Print an answer that is a sentence."""
    OUT.print(plain(answer), soft_wrap=True)


def note(message: str) -> None:
    """Print a note beside the answer, on standard error; nothing with --quiet."""
    if VOLUME.get() is not Volume.QUIET:
        ERR.print(plain(message), style="dim", soft_wrap=True)


def pairs(rows: Iterable[tuple[str, object]], title: str | None = None) -> None:
    """Show names and values in two columns."""
    _entitle(title)
    named = [(plain(name), value if isinstance(value, Text) else plain(value)) for name, value in rows]
    width = max((name.cell_len for name, _ in named), default=0)
    for name, value in named:
        name.stylize("bold")
        _print_beside([name, value], (width, max(1, OUT.width - width - GAP)))


def reading_width() -> int:
    """Columns for a text to read: those of the terminal, within bounds."""
    return min(OUT.width, WIDEST_TEXT) if OUT.is_terminal else READING_WIDTH


def lines(laid_out: Iterable[LaidOutLine]) -> None:
    """Print lines that were laid out, as they are; a title or label in bold, a verdict in its colour."""
    for line in laid_out:
        first, space, rest = line.rest.partition(" ")
        parts = ((line.strong, "bold"), (first, _colour(line.tone)), space + rest)
        OUT.print(Text.assemble(*parts), soft_wrap=True)


def _colour(word: str | None) -> str:
    return "" if word is None else COLOURS.get(word, "red")


def rows(records: Iterable[Mapping[str, object]], columns: Iterable[str], title: str | None = None) -> None:
    """Show records as a table; where it is too narrow, with their first value, or each value, on a line of its own."""
    _entitle(title)
    names = list(columns)
    cells = [[v if isinstance(v := record[name], Text) else plain(v) for name in names] for record in records]
    texts = [[name, *(row[place].plain for row in cells)] for place, name in enumerate(names)]
    laid = table_layout(texts, OUT.width)
    if laid is None:
        for row in cells:
            _print_apart(names, row)
        return
    for row in [[Text(name, style="bold") for name in names], *cells]:
        if laid.apart:
            OUT.print(row[0], soft_wrap=True)
        _print_beside(row[laid.apart :], laid.widths, indent=INDENT if laid.apart else 0)


def _print_beside(values: Sequence[Text], widths: Sequence[int], *, indent: int = 0) -> None:
    """Print values beside one another, each wrapped to the width of its column."""
    wrapped = [value.wrap(OUT, width, overflow="fold") for value, width in zip(values, widths, strict=True)]
    for pieces in zip_longest(*wrapped, fillvalue=Text()):
        line = Text(" " * indent)
        for piece, width in zip(pieces, widths, strict=True):
            piece.rstrip()
            line.append_text(piece)
            line.pad_right(width + GAP - piece.cell_len)
        line.rstrip()
        OUT.print(line, soft_wrap=True)


def _print_apart(names: list[str], row: list[Text]) -> None:
    """Print a record with its first value in a line, and each other one below; a name or number is not broken."""
    OUT.print(row[0], soft_wrap=True)
    margin = INDENT + max(map(len, names[1:]), default=0) + GAP
    for name, value in zip(names[1:], row[1:], strict=True):
        pieces = list(value.wrap(OUT, max(1, OUT.width - margin))) if " " in value.plain else [value]
        for place, piece in enumerate(pieces):
            label = f"{'':{INDENT}}{name}" if place == 0 else ""
            piece.rstrip()
            OUT.print(Text(f"{label:{margin}}", style="bold") + piece, soft_wrap=True)


def _entitle(text: str | None) -> None:
    """Print a title above a table; the table's own would be wrapped to the width of its columns."""
    if text is not None:
        OUT.print(Text(plain(text).plain, style="table.title"), soft_wrap=True)


@contextmanager
def watched() -> Iterator[None]:
    """Show a run's stages until the context ends: bars at a terminal, elsewhere a line for each; none with --quiet."""
    if VOLUME.get() is Volume.QUIET:
        with _watching(lambda *_: None):
            yield
        return
    if VOLUME.get() is Volume.VERBOSE:
        with _watching(a_line_a_stage(_step)):
            yield
        return
    if not ERR.is_terminal:
        with _watching(in_phases(a_line_a_stage(_line))):
            yield
        return
    with bars(ERR) as watch, _watching(in_phases(watch)):
        yield


def _line(stage: str, done: int) -> None:
    sys.stderr.write(f"{in_words(stage, done)}\n")
    sys.stderr.flush()


def _step(stage: str, done: int) -> None:
    sys.stderr.write(f"{system_clock():%H:%M:%S} {stage}: {done:,}\n")
    sys.stderr.flush()


@contextmanager
def _watching(watcher: Watcher) -> Iterator[None]:
    token = WATCHER.set(watcher)
    try:
        yield
    finally:
        WATCHER.reset(token)


BAR_CHARACTERS = 20


@contextmanager
def bars(console: Console) -> Iterator[Watcher]:
    """Draw progress bars until the context ends; yields the watcher to call with progress."""
    from rich import progress  # noqa: PLC0415 - takes a while to import, and most commands show no bars

    columns = (
        progress.SpinnerColumn(),
        progress.TextColumn("{task.description}"),
        progress.BarColumn(BAR_CHARACTERS),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
    )
    with progress.Progress(*columns, console=console, transient=True) as drawn:
        shown: dict[str, progress.TaskID] = {}

        def watch(stage: str, done: int, total: int | None) -> None:
            if stage not in shown:
                shown[stage] = drawn.add_task(stage, total=total)
            drawn.update(shown[stage], completed=done, total=total)
            if total is not None and done >= total:
                drawn.stop_task(shown[stage])

        yield watch
