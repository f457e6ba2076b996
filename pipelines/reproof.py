"""Proves a passport anew: every quote and value is found again in the stored records, and the rules run again.

A passport is only as good as what can be shown for it, whoever signed it. What was published is compared with what the
records say; nothing of the run that made it is trusted, not even which records are of the same model.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from pipelines.artifact import Issuer
from pipelines.difference import differences
from pipelines.exactness import deviations
from pipelines.gates import Lifetimes, deadlines
from pipelines.issue import Terms, draft
from pipelines.life import looked_at, stamp
from pipelines.pointers import resolve
from pipelines.record import parse_record, said
from pipelines.regathering import NotJoinedError, regathered
from pipelines.rulebook import rule_at, rulebook
from schemas.listing import RawListing
from schemas.times import instant

Json = Mapping[str, Any]

MUST_BE_SHOWN = ("/artifact/status", "/artifact/pricing/starting_price", "/trust/data_access_risk")
"""What every passport states and must have evidence for, beside each capability, limitation and failure mode."""

LONGEST_VALUE = 80
"""Characters of a value that a reason shows."""

BYTES = "bytes:"
"""How a locator in a text begins: "bytes:10-52"."""


class Mismatch(NamedTuple):
    """A statement that cannot be shown."""

    path: str
    """JSON Pointer into `unfragile`; "/expiresAt" stands beside it."""
    reason: str


def mismatches(passport: Json, records: Iterable[RawListing], *, gates: Lifetimes) -> list[Mismatch]:
    """List what a passport (the object that holds `unfragile`) says and its sources' records do not.

    `records` are those of the generation that issued it: at least all that the passport names. `gates` are that
    generation's own.
    """
    unfragile = passport["unfragile"]
    at_hand = list(records)
    stored = {(raw.source, raw.content_sha256): raw for raw in at_hand}
    found = [Mismatch(path, "has no evidence") for path in _unshown(unfragile)]
    found += [mismatch for entry in unfragile["evidence"] if (mismatch := _entry(entry, unfragile, stored))]
    return found or _rederived(passport, at_hand, gates)


def _unshown(unfragile: Json) -> Iterable[str]:
    shown = {entry["path"] for entry in unfragile["evidence"]}
    wanted = list(MUST_BE_SHOWN)
    for place, capability in enumerate(unfragile["capabilities"]):
        wanted.append(f"/capabilities/{place}")
        wanted += [f"/capabilities/{place}/limitations/{n}" for n in range(len(capability["limitations"]))]
    wanted += [f"/trust/failure_modes/{n}" for n in range(len(unfragile["trust"]["failure_modes"]))]
    return (path for path in wanted if path not in shown)


def _entry(entry: Json, unfragile: Json, stored: Mapping[tuple[str, str], RawListing]) -> Mismatch | None:
    if entry["asserted_by"] == "class":
        return _class_entry(entry)
    if entry["asserted_by"] == "issuer":
        told = resolve(unfragile, entry["locator"])
        return None if told == entry.get("value") else Mismatch(entry["path"], f"{entry['locator']} says {told!r}")
    raw = stored.get((entry["source"], entry["content_sha256"]))
    if raw is None:
        return Mismatch(entry["path"], f"no stored record of {entry['source']} hashes to {entry['content_sha256']}")
    return _in_text(entry, raw) if entry["locator"].startswith(BYTES) else _in_record(entry, raw)


def _in_text(entry: Json, raw: RawListing) -> Mismatch | None:
    """A quote of a text must be exactly what its bytes hold."""
    start, _, end = entry["locator"].removeprefix(BYTES).partition("-")
    stands = raw.body.encode()[int(start) : int(end)] if start.isdecimal() and end.isdecimal() else b""
    if stands and stands == entry.get("quote", "").encode():
        return None
    return Mismatch(entry["path"], f"the quote is not what {entry['locator']} of {raw.id!r} holds")


def _in_record(entry: Json, raw: RawListing) -> Mismatch | None:
    told = resolve(parse_record(raw.body), entry["locator"])
    if "quote" in entry:
        found = isinstance(told, str) and entry["quote"] in told
        return None if found else Mismatch(entry["path"], f"the quote is not in {entry['locator']} of {raw.id!r}")
    stands: object = said(told)
    stands = list(stands) if isinstance(stands, tuple) else stands
    if stands == entry["value"]:
        return None
    reason = f"{entry['locator']} of {raw.id!r} says {_shown(stands)}, not {_shown(entry['value'])}"
    return Mismatch(entry["path"], reason)


def _class_entry(entry: Json) -> Mismatch | None:
    book = rulebook()
    if entry["content_sha256"] != book.sha256:
        reason = f"rests on rules {entry['content_sha256']}, and these are {book.sha256}: use the version that made it"
        return Mismatch(entry["path"], reason)
    if rule_at(entry["locator"]) is None:
        return Mismatch(entry["path"], f"there is no rule {entry['locator']}")
    return None


def _rederived(passport: Json, records: list[RawListing], gates: Lifetimes) -> list[Mismatch]:
    """Run the rules again on the records, as of the signature, and compare."""
    unfragile = passport["unfragile"]
    slug = unfragile["artifact"]["slug"]
    cited = {entry["content_sha256"] for entry in unfragile["evidence"]}
    try:
        subject = regathered(slug, unfragile["artifact"]["model"]["records"], records, cited=cited)
    except NotJoinedError as error:
        return [Mismatch("/artifact/model/records", str(error))]
    base_url = unfragile["artifact"]["page_url"].removesuffix(f"/{slug}")
    signed_at = instant(passport["signedAt"])
    terms = Terms(Issuer(passport["signedBy"], base_url), gates, signed_at, passport["keyId"])
    again = orjson.loads(orjson.dumps(draft(subject, terms).unfragile))
    found = [
        Mismatch(change.path, f"the rules give {_shown(change.before)}, not {_shown(change.after)}")
        for change in differences(again, unfragile)
        if change.path != "/trust/score"
    ]
    # What is no change of substance may still be false: how fresh it looks, who is said to have said it, and when.
    expires_at = stamp(deadlines(looked_at(subject), gates[subject.primary.source]).void)
    if passport["expiresAt"] != expires_at:
        found.append(Mismatch("/expiresAt", f"must be {expires_at}, not {passport['expiresAt']}"))
    return found or [
        Mismatch(one.path, f"must be {_shown(one.due)}, not {_shown(one.told)}")
        for one in deviations(again, unfragile, signed_at)
    ]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
