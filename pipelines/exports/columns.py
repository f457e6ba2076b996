"""Columns of the exported tables: one row for each passport, and one for each statement that its evidence shows."""

from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple, get_args

import orjson

from pipelines.formats.json_pointer import resolve
from pipelines.formats.text import clean
from pipelines.views.index_rows import indexed
from schemas.search import IndexedPassport

Json = dict[str, Any]

ColumnKind = Literal["text", "texts", "whole", "number", "flag", "day", "instant"]
"""What a column has; each value may be missing, but for lists, which are empty then."""
Row = tuple[Any, ...]


class Column(NamedTuple):
    """A column of an exported table."""

    name: str
    kind: ColumnKind


_DAYS: Final = frozenset({"released_on", "ends_on"})
_INSTANTS: Final = frozenset({"signed_at", "last_scraped_at", "due_after", "stale_after", "expires_at"})
_KINDS: Final[dict[Any, ColumnKind]] = {bool: "flag", int: "whole", float: "number"}
_LISTS: Final = (
    "purposes", "capabilities", "failure_modes", "input_modalities", "output_modalities", "languages", "regions",
    "providers", "base_models", "tags",
)  # fmt: skip


def _kind(name: str, annotation: Any) -> ColumnKind:  # noqa: ANN401 - any annotation of a model
    if name in _DAYS | _INSTANTS:
        return "day" if name in _DAYS else "instant"
    return next((_KINDS[one] for one in get_args(annotation) or (annotation,) if one in _KINDS), "text")


PASSPORT_COLUMNS: Final = (
    *(Column(name, _kind(name, field.annotation)) for name, field in IndexedPassport.model_fields.items()),
    *(Column(name, "texts") for name in _LISTS),
    Column("parameter_count", "whole"),
    Column("issuer", "text"),
    Column("key_id", "text"),
)
"""Those of the search index's table `passports`, then lists: of purposes and capabilities, their URIs."""

STATEMENT_COLUMNS: Final = tuple(
    Column(name, kind)  # type: ignore[arg-type]  # the kinds below are those of the type
    for name, kind in (
        ("slug", "text"), ("kind", "text"), ("claim", "text"), ("claimed", "text"), ("confidence", "number"),
        ("source", "text"), ("asserted_by", "text"), ("method", "text"), ("value", "text"), ("quote", "text"),
        ("url", "text"), ("locator", "text"), ("observed_at", "instant"), ("content_sha256", "text"),
        ("path", "text"), ("signed_at", "instant"), ("object", "text"),
    )
)  # fmt: skip
"""One row for each entry of a passport's evidence; docs/exports.md says what each column has."""


def passport_row(sha256: str, passport: Json) -> Row:
    """Return a passport's row of the exported table; `sha256` is that of its envelope, `passport` the object in it."""
    unfragile = passport["unfragile"]
    artifact = unfragile["artifact"]
    model: Json = artifact.get("model") or {}
    lists = (
        [one["uri"] for one in unfragile.get("purposes") or ()],
        [one["uri"] for one in unfragile["capabilities"]],
        unfragile["trust"]["failure_modes"],
        model.get("input_modalities", ()),
        model.get("output_modalities", ()),
        model.get("languages") or (),
        (model.get("data_handling") or {}).get("regions", ()),
        dict.fromkeys(one["name"] for one in model.get("providers", ())),
        [one["id"] for one in model.get("base_models") or ()],
        artifact["tags"],
    )
    more = (model.get("parameter_count"), passport["signedBy"], passport.get("keyId"))
    return tuple(map(_clean, (*indexed_row(sha256, passport), *map(list, lists), *more)))


def indexed_row(sha256: str, passport: Json) -> Row:
    """Return the values of a passport's row of the search index."""
    return tuple(indexed(passport, sha256).passport.model_dump().values())


def statement_rows(sha256: str, passport: Json) -> Iterator[Row]:
    """Yield a row for each statement of a passport's evidence."""
    unfragile = passport["unfragile"]
    slug, signed = unfragile["artifact"]["slug"], passport["signedAt"]
    for entry in unfragile.get("evidence") or ():
        kind, claim, confidence = _claim(unfragile, entry["path"])
        row = (
            slug,
            kind,
            claim,
            _stated(resolve(unfragile, entry["path"])),
            confidence,
            entry["source"],
            entry["asserted_by"],
            entry["method"],
            None if "quote" in entry else _stated(entry["value"]),
            entry.get("quote"),
            entry["url"],
            entry["locator"],
            entry["observed_at"],
            entry["content_sha256"],
            entry["path"],
            signed,
            sha256,
        )
        yield tuple(map(_clean, row))


def _claim(unfragile: Json, path: str) -> tuple[str, str, float | None]:
    """Return the kind, the name and the confidence of what a path of a passport claims."""
    _, part, *rest = path.split("/")
    if part in ("capabilities", "purposes") and rest:
        one = resolve(unfragile, f"/{part}/{rest[0]}") or {}
        confidence = one.get("confidence")
        kind = "capability" if part == "capabilities" else "purpose"
        return kind, str(one.get("uri", path)), None if confidence is None else float(confidence)
    if path.startswith("/trust/failure_modes/"):
        return "failure_mode", str(resolve(unfragile, path)), None
    if path == "/trust/data_access_risk":
        return "risk", "data_access_risk", None
    return ("trust" if part == "trust" else "fact"), "/".join(rest), None


def _clean(value: Any) -> Any:  # noqa: ANN401 - any value of a row
    """Return a value without characters that disguise texts; the passports themselves have them as they are."""
    if isinstance(value, str):
        return clean(value)
    return [_clean(one) for one in value] if isinstance(value, list) else value


def _stated(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """Return a value as text: a string as it is, anything else as JSON; None for null and for objects."""
    if value is None or isinstance(value, str):
        return value
    return None if isinstance(value, dict) else orjson.dumps(_clean(value)).decode()
