"""Finds what a publication does to keys and revocations, by comparing it with the generation that it builds on."""

from collections.abc import Iterator

from pipelines.signing.keys import public_key_id
from schemas.events import Event, KeyEvent, RevocationEvent, RootEvent
from schemas.revocations import RevocationList
from schemas.root import ROLES, RootRef, TrustRoot


def events(
    *,
    before: TrustRoot | None,
    now: tuple[TrustRoot, RootRef] | None,
    revoked_before: int = 0,
    revocations: RevocationList | None = None,
) -> Iterator[Event]:
    """Yield the events of a publication: a new root with what it changes of each key, then new revocations.

    `before` and `now` are the roots of the generation built on and of the new one; `revoked_before` is the number of
    the list of revocations of the generation built on, 0 without one.
    """
    if now and (before is None or before.version < now[0].version):
        yield RootEvent(version=now[1].version, thumbprint=now[1].thumbprint)
        yield from _of_keys(before, now[0])
    for one in revocations.revocations if revocations else ():
        if one.number > revoked_before:
            yield RevocationEvent(slug=one.slug, revoked_at=one.revoked_at, reason=one.reason, number=one.number)


def _of_keys(before: TrustRoot | None, now: TrustRoot) -> Iterator[KeyEvent]:
    for role in ROLES:
        last = {key.public_key: key for key in before.keys_of(role)} if before else {}
        for key in now.keys_of(role):
            if last.pop(key.public_key, None) != key:
                yield KeyEvent(
                    root=now.version,
                    role=role,
                    key_id=public_key_id(key.public_key),
                    state=key.state,
                    last_good=key.last_good,
                )
        for gone in last:
            key_id = public_key_id(gone)
            yield KeyEvent(root=now.version, role=role, key_id=key_id, state="removed", last_good=None)
