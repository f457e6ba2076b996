"""Reads YAML of cards within bounds: scalars are left as text, and aliases are not followed."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import yaml

from pipelines.errors import PipelineError

LONGEST_YAML_CHARS: Final = 256 * 1024
"""Longest front matter that is read; the longest ones of the Hub list results of many hundred benchmarks."""

DEEPEST: Final = 24
"""Deepest nesting that is read; a benchmark's value is seven levels deep."""

MOST_NODES: Final = 50_000
"""Most keys and values that are read."""

NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
"""Plain scalars that mean null (YAML 1.2, core schema)."""

OF_THE_PARSER: Final = (ValueError, ArithmeticError, LookupError)
"""Errors that the parser raises beside its own: it accepts any eight digits as the number of a character, and a version
of any length as a number ("%YAML 999…")."""

FIGURE: Final = "value"
"""Key by which a mapping is a benchmark's figure, so that its lines are noted."""

_HALF_CHARACTER: Final = re.compile("[\ud800-\udfff]")

YamlValue = str | None | list["YamlValue"] | dict[str, "YamlValue"]
"""A value as read: booleans, numbers and dates are left as text, so that "no" stays Norwegian and "1:30" a ratio."""


class StrictYamlError(PipelineError):
    """Raised for a text that is no YAML, or that exceeds the bounds."""


class Lines(NamedTuple):
    """Lines of a text, numbered from 0."""

    first: int
    end: int
    """Number of the line after the last."""


class YamlDocument(NamedTuple):
    """Value of a YAML text, with its faults, and the lines of its keys."""

    value: YamlValue
    faults: tuple[str, ...]
    """Faults in spite of which the text was read."""
    lines: dict[str, Lines]
    """JSON Pointer → lines, of each key of the document and of each mapping in it that has a `FIGURE`."""


def read_yaml(text: str) -> YamlDocument:
    """Return the first document of a text.

    Of a key that is written twice the first value counts, as a reader sees it first. An alias gives None.

    Raises:
        StrictYamlError: the text is no YAML, too long, too deep or too large.
    """
    if len(text) > LONGEST_YAML_CHARS:
        raise StrictYamlError(f"has {len(text)} characters: {LONGEST_YAML_CHARS} are read")
    reading = _Reading(yaml.parse(text, Loader=yaml.SafeLoader))
    try:
        return YamlDocument(reading.document(), tuple(dict.fromkeys(reading.faults)), reading.lines)
    except StrictYamlError:
        raise
    except (yaml.YAMLError, *OF_THE_PARSER) as error:
        raise StrictYamlError(f"is not YAML: {_reason(error)}") from error


class _Reading:
    """Builds values from the parser's events, which come one by one, however deep the text or its aliases are."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._nodes = 0
        self._line = 0
        """Last line with a part of a value; where a block ends, the parser's own position is already beyond it."""
        self.faults: list[str] = []
        self.lines: dict[str, Lines] = {}

    def document(self) -> YamlValue:
        """Value of the first node; what follows it is not read. None where there is no node."""
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
        """Text of a scalar; None for null, and for a lone surrogate, which YAML can write but UTF-8 cannot carry."""
        if _HALF_CHARACTER.search(event.value):
            self.faults.append("a text that is not Unicode is skipped")
            return None
        return None if event.style is None and event.value in NULLS else str(event.value)

    def _mapping(self, start: yaml.Event, depth: int, at: str) -> YamlValue:
        found: dict[str, YamlValue] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._value(event, depth + 1, at)
            value = self._value(next(self._events), depth + 1, f"{at}/{key}")
            if not isinstance(key, str):
                self.faults.append("a key that is not a text is skipped")
            elif key in found:
                self.faults.append(f"the key {key[:60]!r} is there twice; the first counts")
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
    """The parser's message and line, without the text that it refused."""
    if isinstance(error, OF_THE_PARSER):
        return "an escape or a version out of range"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem or 'unreadable'}, line {error.problem_mark.line + 1}"
    return "a character that YAML does not allow"
