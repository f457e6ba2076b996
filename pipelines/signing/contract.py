"""Holds documents to the contract, schema.json: a fast validator says whether they conform, a thorough one why not."""

import functools
import json
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import jsonschema_rs

    from pipelines.signing.contract_errors import ContractErrors

_SCHEMA_BYTES: Final = resources.files("schemas").joinpath("schema.json").read_bytes()


class ContractError(NamedTuple):
    """One reason why a document does not conform to the contract."""

    pointer: str
    """JSON Pointer into the document; for what is missing, to where it should be."""
    reason: str
    """What the document has there, and what is allowed."""


NOT_JSON: Final = ContractError(
    "", "contains what JSON does not allow (a lone surrogate, NaN, a key that is not a text): parse it strictly first"
)
"""The reason where the thorough validator finds none in what the fast one refuses."""


def conforms(document: object) -> bool:
    """Whether a served document (`{"passport": …}`, with or without `_links`) conforms to the contract; never raises.

    The document must come from a strict JSON parser: values that JSON cannot express are not all noticed here.
    """
    try:
        return _fast().is_valid(document)
    except ValueError:  # not JSON at all: UnicodeEncodeError for a lone surrogate is one too
        return False


def explain_first(document: object) -> ContractError | None:
    """Return one reason why a document is refused; None where it conforms.

    A document that conforms costs no more than in `conforms`, and a refused one little more: the fast validator finds
    the place, and the thorough one explains what is wrong there without checking the rest.
    """
    if conforms(document):
        return None
    import jsonschema_rs  # noqa: PLC0415 - imported by now

    try:
        _fast().validate(document)
    except jsonschema_rs.ValidationError as error:
        return ContractError(*_explanation().reason_at(document, error.instance_path, error.schema_path))
    except ValueError:  # not JSON at all
        pass
    return next((ContractError(*reason) for reason in _explanation().reasons(document)), NOT_JSON)


def schema_text() -> str:
    """Text of schema.json, as the site serves it."""
    return _SCHEMA_BYTES.decode()


@functools.cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(_SCHEMA_BYTES)
    return schema


@functools.cache
def _fast() -> "jsonschema_rs.Draft202012Validator":
    """Return the fast validator; to compile it takes as long as to check eighty documents."""
    import jsonschema_rs  # noqa: PLC0415 - likewise

    return jsonschema_rs.Draft202012Validator(
        _schema(),
        validate_formats=True,
        ignore_unknown_formats=False,
        offline=True,
        pattern_options=jsonschema_rs.RegexOptions(),  # time linear in any text, and half of the default's
    )


@functools.cache
def _explanation() -> "ContractErrors":
    from pipelines.signing.contract_errors import ContractErrors  # noqa: PLC0415 - jsonschema takes a second to import

    return ContractErrors(_schema())
