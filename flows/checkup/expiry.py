"""Checks how long a publisher may still sign: its root of trust, and the keys that it signs with."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from flows.checkup.machine import Check
from flows.publish.authority import Authority
from pipelines.signing.keys import Signer
from schemas.root import Role
from schemas.times import instant

SOON = timedelta(days=30)
"""Before what is over by then, somebody should fetch the root key."""


def root_of_trust(ours: Authority, at: datetime) -> Check:
    """Return whether the root and our keys stay valid for a month; without a root nothing ends."""
    if ours.chain is None:
        return Check("root of trust", "fit", "none: one key signs everything, and is never over (docs/roots.md)")
    root = ours.chain.newest.root
    if instant(root.expires_at) <= at:
        detail = f"root version {root.version} expired at {root.expires_at}: readers call the registry frozen"
        return Check("root of trust", "unfit", f"{detail}: sign a new one, `passports keys rotate`")
    ending = [f"root version {root.version} at {root.expires_at}"] if instant(root.expires_at) <= at + SOON else []
    ending += [
        f"the {role} key {key_id} at {until}" for role, key_id, until in _keys(ours) if instant(until) <= at + SOON
    ]
    if ending:
        remedy = "sign a new root soon: `passports keys rotate`"
        return Check("root of trust", "warning", f"soon over: {', '.join(ending)}: {remedy}")
    return Check(
        "root of trust", "fit", f"version {root.version}, until {root.expires_at}; our keys no shorter than a month"
    )


def _keys(ours: Authority) -> Iterator[tuple[Role, str, str]]:
    """Yield role, id and end of the keys that we sign with."""
    signers: tuple[tuple[Role, Signer], ...] = (
        ("passports", ours.passports.signer),
        ("registry", ours.registry.signer),
    )
    for role, signer in signers:
        if key := ours.keys.role_key(signer.key_id, role):
            yield role, signer.key_id, key.valid_until
