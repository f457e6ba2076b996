"""Puts the score, what it rests on, and the assessment into words for people."""

from typing import Any

Json = dict[str, Any]
Pairs = list[tuple[str, object]]

WITHOUT_DATA = {"adoption": "how widely it is used", "match_graph": "how its calls turned out"}
"""Component of the score → what is not known where it has no data."""

NO_DATA = "no data"


def score_words(trust: Json) -> str:
    """The score with the range that it could have: "34 of 100 (26 to 90: not known is how its calls turned out)"."""
    shown, basis = f"{trust['score']} of 100", trust.get("score_basis")
    if not basis or not basis["without_data"]:
        return shown
    unknown = " and ".join(WITHOUT_DATA[name] for name in basis["without_data"])
    return f"{shown} ({basis['score_min']} to {basis['score_max']}: not known is {unknown})"


def basis_rows(trust: Json) -> Pairs:
    """What the score rests on, and the dimensions of the assessment; nothing of a passport without them."""
    basis, assessment = trust.get("score_basis"), trust.get("assessment") or {}
    rows: Pairs = []
    if basis:
        signals = (f"{one['name'].replace('_', ' ')} {one['value']}" for one in basis["signals"])
        rows.append(("popularity", ", ".join(signals) or NO_DATA))
        rows.append(
            ("checks not met", f"{len(basis['unmet'])} of {basis['checks']}: {'; '.join(basis['unmet']) or '-'}")
        )
    for name, one in assessment.items():
        rows.append((name.replace("_", " "), NO_DATA if one["value"] is None else f"{one['value']} of 1"))
    return rows
