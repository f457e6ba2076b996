"""Explains in sentences why a document is refused: what it has at which place, and what is allowed there.

Imported only when a document is refused: the grammars behind jsonschema's format checks take long to build.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

LONGEST_SHOWN: Final = 80
"""Most characters of a document's text that a message repeats."""

MOST_SHOWN: Final = 3
"""Most unknown keys that a message names."""


def shown(value: object) -> str:
    """Return a document's value as messages show it: quoted, escaped and short, whatever it holds."""
    match value:
        case Mapping():
            return f"an object of {len(value)} keys"
        case list() | tuple():
            return f"a list of {len(value)} items"
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
        case int() if value.bit_length() > LONGEST_SHOWN:
            return f"a whole number of {value.bit_length()} bits"
        case str():
            return _cut(repr(value[:LONGEST_SHOWN]), complete=len(value) <= LONGEST_SHOWN)
        case _:
            return _cut(repr(value), complete=True)


def _cut(printed: str, *, complete: bool) -> str:
    if complete and len(printed) <= LONGEST_SHOWN:
        return printed
    return printed[: LONGEST_SHOWN - 1] + "…"


_NOUNS: Final = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "text",
}

_LIMITS: Final[Mapping[str, Callable[[Any], str]]] = {
    "type": lambda types: " or ".join(_NOUNS[name] for name in ([types] if isinstance(types, str) else types)),
    "enum": lambda words: f"one of {', '.join(map(str, words))}",
    "const": shown,
    "minimum": lambda bound: f"{bound} or more",
    "maximum": lambda bound: f"{bound} or less",
    "minLength": lambda length: f"{length} characters or more",
    "maxLength": lambda length: f"{length} characters or fewer",
    "minItems": lambda count: f"{count} items or more",
    "maxItems": lambda count: f"{count} items or fewer",
    "minProperties": lambda count: f"{count} keys or more",
    "uniqueItems": lambda _: "each item only once",
}
"""Keyword → what it allows, in words. For other keywords the title of their subschema is shown."""

_SELF_EXPLAINED: Final = frozenset(("const", "format", "not", "pattern"))
"""Keywords for which the description of their subschema is shown too."""

_END_OF_SENTENCE: Final = re.compile(r"\.(?: (?=[A-Z])|$)")

Reason = tuple[str, str]
"""JSON Pointer and sentence."""

Path = Sequence[str | int]
"""Keys and indexes that lead to a part of a document or schema."""


class Fault(NamedTuple):
    """One error that jsonschema found."""

    place: str
    """JSON Pointer into the document."""
    instance: Any
    """The value at that place."""
    keyword: str
    limit: Any
    """The keyword's value in the schema."""
    schema: Mapping[str, Any]
    """The subschema that holds the keyword."""


class ContractErrors:
    """The thorough validator: jsonschema with one schema, formats included."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        # Documents that are not written yet have tuples where JSON has arrays.
        types = Draft202012Validator.TYPE_CHECKER.redefine("array", lambda _, value: isinstance(value, list | tuple))
        extended: Callable[..., type[Draft202012Validator]] = extend
        judge = extended(Draft202012Validator, type_checker=types)
        self._judge = judge(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        self._schema = schema
        self._terms: Mapping[str, Any] = schema["$defs"]

    def reasons(self, document: object) -> Iterator[Reason]:
        """Yield every reason once, in the order of the schema; nothing where the document conforms."""
        seen = set()
        for error in self._judge.iter_errors(document):
            for reason in self._reasons_at(_fault(error)):
                if reason not in seen:
                    seen.add(reason)
                    yield reason

    def reason_at(self, document: object, place: Path, rule: Path) -> Reason:
        """Return why a document breaks one rule of the schema at one place, without checking the rest of it.

        `rule` is the path through the schema to the keyword, with references resolved.
        """
        instance, schema = _at(document, place), cast("Mapping[str, Any]", _at(self._schema, rule[:-1]))
        keyword = str(rule[-1])
        fault = Fault(_pointer(place), instance, keyword, schema[keyword], schema)
        if keyword == "anyOf":
            for error in self._judge.evolve(schema={keyword: fault.limit}).iter_errors(instance):
                nearest = _fault(error)
                fault = nearest._replace(place=fault.place + nearest.place)
        return next(self._reasons_at(fault))

    def _reasons_at(self, fault: Fault) -> Iterator[Reason]:
        match fault.keyword:
            case "required":
                yield from _missing(fault)
            case "dependentRequired":
                yield from _incomplete(fault)
            case "additionalProperties":
                yield fault.place, _unknown_keys(fault)
            case _:
                yield fault.place, f"contains {shown(fault.instance)}; allowed: {self._allowed(fault)}"

    def _allowed(self, fault: Fault) -> str:
        if fault.keyword == "anyOf":
            return " or ".join(map(self._term, fault.limit))
        words = (
            _LIMITS[fault.keyword](fault.limit)
            if fault.keyword in _LIMITS
            else fault.schema.get("title", "something else")
        )
        described = fault.keyword in _SELF_EXPLAINED and "description" in fault.schema
        return f"{words} ({fault.schema['description'].removesuffix('.')})" if described else words

    def _term(self, branch: Mapping[str, Any]) -> str:
        """Name of what a branch of an `anyOf` allows: a term of the schema, or a plain type."""
        if "$ref" in branch:
            return str(self._terms[branch["$ref"].rpartition("/")[2]]["title"])
        return _LIMITS["type"](branch["type"])


def _at(document: Any, path: Path) -> Any:  # noqa: ANN401 - JSON can be anything
    for step in path:
        document = document[step]
    return document


def _fault(error: ValidationError) -> Fault:
    nearest = _nearest(error)
    return Fault(
        place=_pointer(nearest.absolute_path),
        instance=cast("Any", nearest.instance),
        keyword=str(nearest.validator),
        limit=cast("Any", nearest.validator_value),
        schema=cast("Mapping[str, Any]", nearest.schema),
    )


def _nearest(error: ValidationError) -> ValidationError:
    """Return the first error in the only branch of an `anyOf` for this type of value, else the error itself."""
    branches: dict[str | int, list[ValidationError]] = {}
    for below in error.context or ():
        branches.setdefault(below.relative_schema_path[0], []).append(below)
    near = [faults for faults in branches.values() if not any(map(_is_of_another_type, faults))]
    return _nearest(near[0][0]) if len(near) == 1 else error


def _is_of_another_type(fault_of_branch: ValidationError) -> bool:
    return fault_of_branch.validator == "type" and not fault_of_branch.relative_path


def _missing(fault: Fault) -> Iterator[Reason]:
    for key in fault.limit:
        if key not in fault.instance:
            owner = fault.schema["properties"][key] if "properties" in fault.schema else fault.schema
            yield f"{fault.place}/{key}", f"is missing: {_END_OF_SENTENCE.split(owner['description'])[0]}"


def _incomplete(fault: Fault) -> Iterator[Reason]:
    """Yield the keys that are missing because they belong to keys that are present."""
    for key, companions in fault.limit.items():
        for companion in companions:
            if key in fault.instance and companion not in fault.instance:
                yield f"{fault.place}/{companion}", f"is missing: it is required with {key}"


def _unknown_keys(fault: Fault) -> str:
    unknown = [key for key in fault.instance if key not in fault.schema["properties"]]
    more = f" and {len(unknown) - MOST_SHOWN} more" if len(unknown) > MOST_SHOWN else ""
    return f"has keys that the format does not have: {', '.join(map(shown, unknown[:MOST_SHOWN]))}{more}"


def _pointer(path: Iterable[str | int]) -> str:
    """Join a path to a JSON Pointer (RFC 6901); it is short, because keys outside the format are never part of it."""
    return "".join(f"/{step}" for step in path)
