"""A passport in titled parts that fit two screens, what a person who chooses a model asks first at their top."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from pipelines.formats.text import amount
from pipelines.views.brief.differences import conflict_rows, field_name
from pipelines.views.brief.facts import fact_rows, use_row
from pipelines.views.brief.failures import failures_of_its_kind, stated_failures, unchecked
from pipelines.views.brief.layout import Row, TitledPart, columns
from pipelines.views.brief.prices import price_rows
from pipelines.views.brief.service import data_rows
from pipelines.views.brief.shown_by import EvidenceByPath, by_path, shown_by
from pipelines.views.passport import WHY
from schemas.registry import ShardRow
from schemas.verdict import Finding

Json = dict[str, Any]

MOST_LINES = 2
"""Lines of the words that state a purpose."""
UNMEASURED = "   -"
UNKNOWN = {"/trust/failure_modes": "further limits"}
"""Path of what is not known → its name, where the path's own says too little."""


def brief(passport: Json, row: ShardRow, finding: Finding) -> Iterator[TitledPart]:
    """Yield a passport part by part; parts without rows are left out."""
    unfragile = passport["unfragile"]
    artifact, shown = unfragile["artifact"], by_path(unfragile)
    parts = (
        (artifact["name"], _verdict(passport, row, finding)),
        ("What it is for", _purposes(unfragile, shown)),
        ("Price in US dollars, for a million tokens", price_rows(artifact["model"])),
        ("What it is", (*fact_rows(artifact), *use_row(unfragile))),
        ("What it can do: how certain, where that was measured, and who states it", _capabilities(unfragile, shown)),
        ("How it fails, and what to do", stated_failures(unfragile, shown)),
        ("How others of its kind fail too", failures_of_its_kind(unfragile, shown)),
        ("Data", data_rows(unfragile, shown)),
        ("Where sources disagree", conflict_rows(unfragile)),
        ("What is not known", _unknowns(unfragile, shown)),
    )
    for title, rows in parts:
        if found := tuple(rows):
            yield TitledPart(title, found)


def _verdict(passport: Json, row: ShardRow, finding: Finding) -> Iterator[Row]:
    unfragile = passport["unfragile"]
    trust, status = unfragile["trust"], unfragile["artifact"]["status"]
    age, end = f"; {finding.age}" if finding.age else "", _time(passport["expiresAt"])
    whole = None if not finding.verdict.good else 1
    yield Row("verdict", f"{finding.verdict}: {finding.reason}", most_lines=whole, tone=str(finding.verdict))
    scraped = _time(trust["maintenance"]["last_scraped_at"])
    yield Row("scraped", f"{scraped}{age}; valid until {end}", tone=finding.age)
    issued = f"issued because: {row.cause.replace('_', ' ')}"
    yield Row("status", f"{status}; {_end(unfragile['artifact'])}; {issued}", tone=status)
    yield Row("score", f"{trust['score']} of 100{_coverage(trust)}")


def _end(artifact: Json) -> str:
    """When the model ends, and what is named in its place."""
    model = artifact["model"]
    ends = f"ends {model['expires_on']}" if model["expires_on"] else "no end announced"
    return f"{ends}, its successor is {model['successor']}" if model.get("successor") else ends


def _coverage(trust: Json) -> str:
    covered = trust.get("coverage")
    return f"; {covered['stated']} of {covered['of']} facts that a buyer asks for are stated" if covered else ""


def _time(stamp: str) -> str:
    """A time without its seconds: "2026-06-18 08:00 UTC"."""
    return f"{stamp[:10]} {stamp[11:16]} UTC"


def _purposes(unfragile: Json, shown: EvidenceByPath) -> Iterator[Row]:
    """Each statement of purposes once, with the names of those that it shows."""
    names_by_words: dict[str, list[str]] = defaultdict(list)
    for place, purpose in enumerate(unfragile.get("purposes", ())):
        names_by_words[shown_by(shown[f"/purposes/{place}"], "")].append(purpose["name"])
    for words, names in names_by_words.items():
        yield Row(", ".join(names), words, most_lines=MOST_LINES)
    if not names_by_words:
        yield Row("", "No source states it.")


def _capabilities(unfragile: Json, shown: EvidenceByPath) -> Iterator[Row]:
    for place, capability in enumerate(unfragile["capabilities"]):
        figure, name = capability["confidence"], capability["name"]
        certain = UNMEASURED if figure is None else f"{figure:.2f}"
        yield Row(name, f"{certain}  {shown_by(shown[f'/capabilities/{place}'], name)}", most_lines=1)


def _unknowns(unfragile: Json, shown: EvidenceByPath) -> Iterator[Row]:
    by_reason: dict[str, list[str]] = defaultdict(list)
    for one in unfragile.get("unknowns", ()):
        by_reason[WHY[one["reason"]]].append(UNKNOWN.get(one["path"]) or field_name(one["path"]))
    for reason, names in by_reason.items():
        yield Row(reason, ", ".join(names))
    if own := unchecked(unfragile, shown):
        yield Row("not checked", "; ".join(own))


def foot(unfragile: Json, width: int) -> str:
    """Where all evidence is shown, and how much there is; the command is a line of its own where both need more."""
    slug, entries = unfragile["artifact"]["slug"], amount(len(unfragile.get("evidence", ())), "entry", "entries")
    parts = f"All of it, with {entries} of evidence:", f"passports show {slug} --evidence"
    return " ".join(parts) if columns(" ".join(parts)) <= width else "\n".join(parts)
