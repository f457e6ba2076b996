"""YAML as cards hold it, read with bounds: scalars stay the text that they are, aliases are never followed."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import yaml

from pipelines.errors import PipelineError

LONGEST_YAML_CHARS: Final = 256 * 1024
"""The longest front matter that is read; the longest that the Hub lists are results of many hundred benchmarks."""

DEEPEST: Final = 24
"""Nesting that is read; a benchmark's value stands seven levels deep."""

MOST_NODES: Final = 50_000
"""Keys and values that are read."""

NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
"""Plain scalars that stand for nothing (YAML 1.2, core schema)."""

OF_THE_PARSER: Final = (ValueError, ArithmeticError, LookupError)
"""What the parser lets out beside its own errors: it takes any eight digits for a character's, and a version of any
length for a number ("%YAML 999…")."""

FIGURE: Final = "value"
"""Key of a mapping whose lines are noted: a benchmark's figure stands there."""

_HALF_CHARACTER: Final = re.compile("[\ud800-\udfff]")

YamlValue = str | None | list["YamlValue"] | dict[str, "YamlValue"]
"""What is read: booleans, numbers and dates are left as text, so that "no" stays Norwegian and "1:30" a ratio."""


class StrictYamlError(PipelineError):
    """A text is no YAML, or exceeds what is read of one."""


class Lines(NamedTuple):
    """Lines of a text, numbered from 0."""

    first: int
    end: int
    """The line after the last."""


class YamlDocument(NamedTuple):
    """What a text holds, and where."""

    value: YamlValue
    faults: tuple[str, ...]
    """What it was read in spite of."""
    lines: dict[str, Lines]
    """JSON Pointer → the lines of each key of the document, and of each mapping in it that holds a `FIGURE`."""


def read_yaml(text: str) -> YamlDocument:
    """Read one document.

    Of a key that stands twice the first value counts, as a reader sees it first. An alias gives None.

    Raises:
        CardYamlError: the text is no YAML, too long, too deep or too large.
    """
    if len(text) > LONGEST_YAML_CHARS:
        raise StrictYamlError(f"holds {len(text)} characters: {LONGEST_YAML_CHARS} are read")
    reading = _Reading(yaml.parse(text, Loader=yaml.SafeLoader))
    try:
        return YamlDocument(reading.document(), tuple(dict.fromkeys(reading.faults)), reading.lines)
    except StrictYamlError:
        raise
    except (yaml.YAMLError, *OF_THE_PARSER) as error:
        raise StrictYamlError(f"is not YAML: {_reason(error)}") from error


class _Reading:
    """Builds values from the parser's events, which come one by one however deep or self-similar the text is."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._nodes = 0
        self._line = 0
        """The last line that held any of a value; where a block ends, the parser has already gone on."""
        self.faults: list[str] = []
        self.lines: dict[str, Lines] = {}

    def document(self) -> YamlValue:
        """Read up to the first node and return its value; what follows it is not read."""
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                return self._value(event, 0, "")
        return None

    def _value(self, event: yaml.Event, depth: int, at: str) -> YamlValue:
        self._nodes += 1
        if depth > DEEPEST or self._nodes > MOST_NODES:
            raise StrictYamlError(f"is deeper than {DEEPEST} levels or larger than {MOST_NODES} values")
        if isinstance(event, yaml.ScalarEvent):
            self._pass(event)
            return self._text(event)
        if isinstance(event, yaml.SequenceStartEvent):
            items = enumerate(self._until(yaml.SequenceEndEvent))
            return [self._value(item, depth + 1, f"{at}/{number}") for number, item in items]
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, depth, at)
        self.faults.append("an alias is not followed")
        return None

    def _text(self, event: yaml.ScalarEvent) -> str | None:
        """A scalar's text; half a character, which YAML can spell and UTF-8 cannot carry, is none."""
        if _HALF_CHARACTER.search(event.value):
            self.faults.append("a text that is no Unicode is passed over")
            return None
        return None if event.style is None and event.value in NULLS else str(event.value)

    def _mapping(self, start: yaml.Event, depth: int, at: str) -> YamlValue:
        found: dict[str, YamlValue] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._value(event, depth + 1, at)
            value = self._value(next(self._events), depth + 1, f"{at}/{key}")
            if not isinstance(key, str):
                self.faults.append("a key that is no text is passed over")
            elif key in found:
                self.faults.append(f"the key {key[:60]!r} stands twice; the first counts")
            else:
                found[key] = value
                if depth == 0:
                    self._note(f"/{key}", event)
        if FIGURE in found:
            self._note(at, start)
        return found

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        for event in self._events:
            if isinstance(event, end):
                self._pass(event)
                return
            yield event

    def _pass(self, event: yaml.Event) -> None:
        start, end = event.start_mark, event.end_mark
        if start and end and start.index < end.index:
            self._line = end.line if end.column else end.line - 1

    def _note(self, at: str, start: yaml.Event) -> None:
        if start.start_mark:
            self.lines.setdefault(at, Lines(start.start_mark.line, self._line + 1))


def _reason(error: Exception) -> str:
    """The parser's words and its line, without the text that it stumbled over."""
    if isinstance(error, OF_THE_PARSER):
        return "an escape or a version beyond what can be meant"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem or 'unreadable'}, line {error.problem_mark.line + 1}"
    return "a character that YAML does not allow"
