"""Verifies a passport by its bytes, trusted keys and an instant alone; `flows` then compares it with the registry."""

from datetime import datetime
from typing import Any

from pipelines.ahead import CLOCK_SKEW
from pipelines.formats.dates import end_of
from pipelines.formats.strict_json import MalformedJsonError, parse
from pipelines.freshness import age_at
from pipelines.signing.contract import explain_first
from pipelines.signing.keys import KeyRing
from pipelines.signing.signatures import PASSPORT_TYPE, signature_fault
from schemas.times import instant, timestamp
from schemas.verdict import Finding, Verdict

MAX_PASSPORT_BYTES = 1 << 20
"""Largest passport that is read: forty times the size of a common one."""
MAX_PASSPORT_DEPTH = 32
"""Deepest nesting that is read: three times that of the contract's own structure."""
TOMBSTONE = "a tombstone is in the passport's place; it is not signed, but the registry's list of revocations is"


def verify_passport(
    raw: bytes, *, keys: KeyRing, at: datetime, generation: int | None = None
) -> tuple[Finding, dict[str, Any] | None]:
    """Return the verdict on a passport document at an instant, and its content, None unless signed; never raises.

    The best verdict is ok_offline, as no registry is asked. `generation` is the one that issued it, where a registry
    states that: what a key signed before it was revoked is good only by that. The content is the `passport` object
    where its signature is valid, even if it is out of date, and None otherwise: nothing that is not signed is returned.
    """
    try:
        document = parse(raw, max_bytes=MAX_PASSPORT_BYTES, max_depth=MAX_PASSPORT_DEPTH)
    except MalformedJsonError as error:
        return Finding(Verdict.MALFORMED, f"{error.reason}; fetch the passport again"), None
    if isinstance(document, dict) and document.keys() == {"revoked"}:
        return Finding(Verdict.REVOKED, TOMBSTONE), None
    refusal = explain_first(document)
    if refusal:
        place = f'at "{refusal.pointer}"' if refusal.pointer else "at the top"
        return Finding(Verdict.MALFORMED, f"{place}: {refusal.reason}; fetch the passport again"), None
    passport: dict[str, Any] = document["passport"]
    finding = signature_fault(passport, payload_type=PASSPORT_TYPE, keys=keys, generation=generation)
    if finding:
        return finding, None
    return _finding_in_time(passport, at)._replace(age=age_at(passport, at)), passport


def _finding_in_time(passport: dict[str, Any], at: datetime) -> Finding:
    signed_at, expires_at = instant(passport["signedAt"]), instant(passport["expiresAt"])
    now = timestamp(at)
    if signed_at > at + CLOCK_SKEW:
        reason = f'"signedAt" is {passport["signedAt"]} and it is {now}: wait, or correct this clock'
        return Finding(Verdict.NOT_YET_VALID, reason)
    end = _announced_end(passport)
    if end and signed_at < end <= at:
        reason = f"its model was announced to end on {timestamp(end)[:10]} and it is {now}: fetch a newer passport"
        return Finding(Verdict.ENDED, reason)
    if at >= expires_at:
        reason = f'"expiresAt" was {passport["expiresAt"]} and it is {now}: fetch a newer passport'
        return Finding(Verdict.EXPIRED, reason)
    signature = f'signed by {passport["signedBy"]} with the key "{passport["keyId"]}" at {passport["signedAt"]}'
    unknown = "not compared with a registry, so whether it is the newest, or revoked, is unknown"
    return Finding(Verdict.OK_OFFLINE, f"{signature}, in date until {passport['expiresAt']}; {unknown}")


def _announced_end(passport: dict[str, Any]) -> datetime | None:
    """The last instant of the day on which the model is announced to end; None where none is announced."""
    day = passport["unfragile"]["artifact"].get("model", {}).get("expires_on")
    return end_of(day) if day else None
