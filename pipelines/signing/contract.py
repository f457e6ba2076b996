"""The contract, schema.json, before two judges: a fast one that says whether, a thorough one that says why not."""

import functools
import json
from collections.abc import Iterator
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import jsonschema_rs

if TYPE_CHECKING:
    from pipelines.signing.contract_errors import ContractErrors

_SCHEMA_BYTES: Final = resources.files("schemas").joinpath("schema.json").read_bytes()
_SCHEMA: Final[dict[str, Any]] = json.loads(_SCHEMA_BYTES)
_FAST: Final = jsonschema_rs.Draft202012Validator(
    _SCHEMA,
    validate_formats=True,
    ignore_unknown_formats=False,
    offline=True,
    pattern_options=jsonschema_rs.RegexOptions(),  # linear in the text, whatever it holds; and twice as fast
)

_NOT_JSON: Final = "holds what JSON cannot (a lone surrogate, NaN, a key that is no text): parse it strictly first"


class ContractError(NamedTuple):
    """One reason why a document is outside the contract."""

    pointer: str
    """JSON Pointer into the document; for what is missing, to where it should stand."""
    reason: str
    """What stands there and what is allowed."""


def conforms(document: object) -> bool:
    """Whether a served document (`{"passport": …}`, with or without `_links`) is within the contract; never raises.

    Takes what a strict JSON parser gave: of what no JSON text can hold, not everything is noticed here.
    """
    try:
        return _FAST.is_valid(document)
    except ValueError:  # not JSON at all: UnicodeEncodeError for a lone surrogate is one too
        return False


def explain(document: object) -> list[ContractError]:
    """Give every reason why a document is refused, in the order of schema.json; empty when it conforms."""
    return list(_refusals(document))


def explain_first(document: object) -> ContractError | None:
    """Give one reason why a document is refused, None when it conforms.

    Costs no more than `conforms` then, and little more where it is refused: the fast judge finds the place, and the
    thorough one puts into words what is wrong there, without judging the rest.
    """
    if conforms(document):
        return None
    try:
        _FAST.validate(document)
    except jsonschema_rs.ValidationError as error:
        return ContractError(*_explanation().reason_at(document, error.instance_path, error.schema_path))
    except ValueError:  # not JSON at all
        pass
    return next(_refusals(document))


def schema_text() -> str:
    """Give schema.json, as the site serves it."""
    return _SCHEMA_BYTES.decode()


def _refusals(document: object) -> Iterator[ContractError]:
    """Yield the thorough judge's reasons; one of our own where only the fast judge refuses."""
    refused = False
    for pointer, reason in _explanation().reasons(document):
        refused = True
        yield ContractError(pointer, reason)
    if not refused and not conforms(document):
        yield ContractError("", _NOT_JSON)


@functools.cache
def _explanation() -> "ContractErrors":
    from pipelines.signing.contract_errors import ContractErrors  # noqa: PLC0415 - jsonschema takes a second to import

    return ContractErrors(_SCHEMA)
