"""A badge of a passport: status and score with the day of the signature, as an SVG that runs nothing."""

from typing import Any, Final

from pipelines.exports.xml import xml_line

Json = dict[str, Any]

_LABEL: Final = "trust passport"
_HEIGHT, _PADDING, _CHARACTER = 20, 8, 6.6
_ENDED: Final = frozenset({"delisted"})


def badge(document: Json) -> bytes:
    """Return the badge of a signed passport; it states the day of its signature, and no verdict on how old that is."""
    passport = document["passport"]
    artifact, trust = passport["unfragile"]["artifact"], passport["unfragile"]["trust"]
    value = f"{artifact['status']}, score {trust['score']}, signed {passport['signedAt'][:10]}"
    return _drawn(value, f"{artifact['name']}: {value}", ended=artifact["status"] in _ENDED)


def revoked_badge(slug: str, revoked_at: str) -> bytes:
    """Return the badge in the place of a revoked passport's."""
    return _drawn(f"revoked {revoked_at[:10]}", f"{slug}: revoked {revoked_at[:10]}", ended=True)


def _drawn(value: str, title: str, *, ended: bool) -> bytes:
    left, right = _width(_LABEL), _width(value)
    colour = "#8a1f11" if ended else "#2f4858"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}" role="img" '
        f'aria-label="{xml_line(title)}"><title>{xml_line(title)}</title>'
        f'<rect width="{left}" height="{_HEIGHT}" fill="#444"/>'
        f'<rect x="{left}" width="{right}" height="{_HEIGHT}" fill="{colour}"/>'
        f'<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f"{_text(_LABEL, left / 2, left)}{_text(value, left + right / 2, right)}</g></svg>\n"
    ).encode("utf-8", "replace")


def _width(text: str) -> int:
    return round(len(text) * _CHARACTER) + 2 * _PADDING


def _text(text: str, middle: float, width: int) -> str:
    length = width - 2 * _PADDING
    return f'<text x="{middle:g}" y="14" textLength="{length}" lengthAdjust="spacingAndGlyphs">{xml_line(text)}</text>'
