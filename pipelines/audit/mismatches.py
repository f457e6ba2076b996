"""Audits a passport: finds every quote and value again in the stored records, and runs the rules again on them.

A signature shows who published a passport, not that it is true. So what was published is compared with what the records
give; nothing of the run that made it is trusted, not even its decision which records are of the same model.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from pipelines.audit.comparison import unequal_leaves
from pipelines.audit.regather import NotJoinedError, regather
from pipelines.enrich.status import last_observed_at, valid_until
from pipelines.formats.json_pointer import resolve
from pipelines.formats.record_reader import FieldError, as_stated, parse_record
from pipelines.freshness import deadlines
from pipelines.passport.changes import changes_between
from pipelines.passport.document import IssueContext, draft
from pipelines.passport.links import Issuer
from pipelines.rules.gates import Lifetimes
from pipelines.rules.rulebook import rule_at, rulebook
from schemas.listing import RawListing
from schemas.times import instant, timestamp

Json = Mapping[str, Any]

MUST_BE_SHOWN = ("/artifact/status", "/artifact/pricing/starting_price", "/trust/data_access_risk")
"""Paths that every passport must have evidence for, beside each capability, limitation and failure mode."""

RECORDS = "/artifact/model/records"

LONGEST_VALUE = 80
"""Most characters of a value that a reason shows."""

BYTES = "bytes:"
"""How a locator into a text begins: "bytes:10-52"."""


class Mismatch(NamedTuple):
    """A statement of a passport for which the records give no evidence, or something else."""

    path: str
    """JSON Pointer into `unfragile`; or "/expiresAt", which is beside it."""
    reason: str


def mismatches(passport: Json, records: Iterable[RawListing], *, gates: Lifetimes) -> list[Mismatch]:
    """List what a passport states and its records do not; `passport` is the object that holds `unfragile`.

    `records` are those of the generation that issued it: at least all that it names. `gates` are that generation's own.
    The rules run again only where records and evidence hold.
    """
    at_hand = list(records)
    found = [
        *unfound(passport["unfragile"], at_hand, rules_sha256=rulebook().sha256),
        *_without_rule(passport["unfragile"]),
    ]
    return found or _rederived(passport, at_hand, gates)


def unfound(unfragile: Json, records: Iterable[RawListing], *, rules_sha256: str) -> list[Mismatch]:
    """List what of a passport's evidence is not found again: no rule is run, so any verifier can do the same.

    Each quote and value must be at its place in the record with its hash; what holds by rule names these rules.
    """
    at_hand = list(records)
    stored = {(raw.source, raw.content_sha256): raw for raw in at_hand}
    found = [mismatch for raw in at_hand if (mismatch := _forged(raw))]
    found += [Mismatch(path, "has no evidence") for path in _unshown(unfragile)]
    entries = (_entry(entry, unfragile, stored, rules_sha256) for entry in unfragile["evidence"])
    return found + [mismatch for mismatch in entries if mismatch]


def _forged(raw: RawListing) -> Mismatch | None:
    """A record whose body does not hash to the digest that it is stored with: it is not what the source sent."""
    digest = hashlib.sha256(raw.body.encode()).hexdigest()
    if digest == raw.content_sha256:
        return None
    reason = f"the stored record {_shown(raw.id)} of {raw.source} hashes to {digest}, not {raw.content_sha256}"
    return Mismatch(RECORDS, reason)


def _unshown(unfragile: Json) -> Iterable[str]:
    shown = {entry["path"] for entry in unfragile["evidence"]}
    wanted = list(MUST_BE_SHOWN)
    for place, capability in enumerate(unfragile["capabilities"]):
        wanted.append(f"/capabilities/{place}")
        wanted += [f"/capabilities/{place}/limitations/{n}" for n in range(len(capability["limitations"]))]
    wanted += [f"/purposes/{n}" for n in range(len(unfragile.get("purposes", ())))]
    wanted += [f"/trust/failure_modes/{n}" for n in range(len(unfragile["trust"]["failure_modes"]))]
    return (path for path in wanted if path not in shown)


def _entry(
    entry: Json, unfragile: Json, stored: Mapping[tuple[str, str], RawListing], rules_sha256: str
) -> Mismatch | None:
    if entry["asserted_by"] == "class":
        return _class_entry(entry, rules_sha256)
    if entry["asserted_by"] == "issuer":
        actual = resolve(unfragile, entry["locator"])
        return (
            None
            if actual == entry.get("value")
            else Mismatch(entry["path"], f"{entry['locator']} of the passport is {actual!r}")
        )
    raw = stored.get((entry["source"], entry["content_sha256"]))
    if raw is None:
        return Mismatch(entry["path"], f"no stored record of {entry['source']} hashes to {entry['content_sha256']}")
    return _in_text(entry, raw) if entry["locator"].startswith(BYTES) else _in_record(entry, raw)


def _in_text(entry: Json, raw: RawListing) -> Mismatch | None:
    """The mismatch of a quote from a text, which must equal the bytes at its locator."""
    start, _, end = entry["locator"].removeprefix(BYTES).partition("-")
    stored = raw.body.encode()[int(start) : int(end)] if start.isdecimal() and end.isdecimal() else b""
    if stored and stored == entry.get("quote", "").encode():
        return None
    return Mismatch(entry["path"], f"the quote is not what {_place(entry, raw)} contains")


def _in_record(entry: Json, raw: RawListing) -> Mismatch | None:
    """The mismatch of a quote, which must occur in the text at its locator, or of a value, which must be all of it."""
    try:
        stored = resolve(parse_record(raw.body), entry["locator"])
        value: object = None if "quote" in entry else as_stated(stored)
    except FieldError as error:
        return Mismatch(entry["path"], f"{_place(entry, raw)}: {error.reason}")
    if "quote" in entry:
        found = isinstance(stored, str) and entry["quote"] and entry["quote"] in stored
        return None if found else Mismatch(entry["path"], f"the quote is not in {_place(entry, raw)}")
    value = list(value) if isinstance(value, tuple) else value
    if value == entry["value"] and isinstance(value, bool) == isinstance(entry["value"], bool):
        return None
    reason = f"{_place(entry, raw)} is {_shown(value)}, not {_shown(entry['value'])}"
    return Mismatch(entry["path"], reason)


def _place(entry: Json, raw: RawListing) -> str:
    return f"{entry['locator'][:LONGEST_VALUE]} of {_shown(raw.id)}"


def _class_entry(entry: Json, rules_sha256: str) -> Mismatch | None:
    if entry["content_sha256"] == rules_sha256:
        return None
    reason = f"rests on rules {entry['content_sha256']}, not {rules_sha256}: check with the version that issued it"
    return Mismatch(entry["path"], reason)


def _without_rule(unfragile: Json) -> Iterable[Mismatch]:
    for entry in unfragile["evidence"]:
        if entry["asserted_by"] == "class" and rule_at(entry["locator"]) is None:
            yield Mismatch(entry["path"], f"there is no rule {entry['locator']}")


def _rederived(passport: Json, records: list[RawListing], gates: Lifetimes) -> list[Mismatch]:
    """Run the rules again on the records, as of the time of signature, and list what comes out otherwise."""
    unfragile = passport["unfragile"]
    slug = unfragile["artifact"]["slug"]
    cited = {entry["content_sha256"] for entry in unfragile["evidence"]}
    try:
        subject = regather(slug, unfragile["artifact"]["model"]["records"], records, cited=cited)
    except NotJoinedError as error:
        return [Mismatch(RECORDS, str(error))]
    base_url = unfragile["artifact"]["page_url"].removesuffix(f"/{slug}")
    signed_at = instant(passport["signedAt"])
    terms = IssueContext(Issuer(passport["signedBy"], base_url), gates, signed_at, passport["keyId"])
    again = orjson.loads(orjson.dumps(draft(subject, terms).unfragile))
    found = [
        Mismatch(change.path, f"the rules give {_shown(change.before)}, not {_shown(change.after)}")
        for change in changes_between(again, unfragile)
        if change.path != "/trust/score"
    ]
    # What is no change of substance can be false too: dates, freshness, who states something and when.
    void = deadlines(last_observed_at(subject), gates[subject.primary.source]).void
    expires_at = timestamp(valid_until(subject, void, signed_at))
    if passport["expiresAt"] != expires_at:
        found.append(Mismatch("/expiresAt", f"must be {expires_at}, not {passport['expiresAt']}"))
    return found or [
        Mismatch(one.path, f"must be {_shown(one.expected)}, not {_shown(one.actual)}")
        for one in unequal_leaves(again, unfragile, signed_at)
    ]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
