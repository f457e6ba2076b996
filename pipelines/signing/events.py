"""Finds what a publication does to keys and revocations, by comparing it with the generation that it builds on."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from pipelines.signing.keys import KeyRing, public_key_id, public_key_of
from pipelines.signing.roots import SignedRoot, endorsed
from schemas.events import EndorsementEvent, Event, KeyEvent, RevocationEvent, RevocationListEvent, RootEvent
from schemas.revocations import RevocationList, RevocationsRef
from schemas.root import ROLES, TrustRoot


def root_events(before: SignedRoot | None, now: Iterable[SignedRoot]) -> Iterator[Event]:
    """Yield what each of some versions of a root changes of each key, and then the version itself.

    `before` is the version before the first of them, None where there is none that is logged.
    """
    for last, root in pairwise((before, *now)):
        if root is not None:  # only the first may be None, which the types do not show
            yield from _of_keys(last.root if last else None, root.root)
            yield from _of_endorsements(root)
            yield RootEvent(version=root.ref.version, thumbprint=root.ref.thumbprint)


def revocation_events(ref: RevocationsRef, content: RevocationList, *, logged: int) -> Iterator[Event]:
    """Yield the revocations that are in no list up to number `logged`, and then the list that has them."""
    for one in content.revocations:
        if one.number > logged:
            yield RevocationEvent(
                slug=one.slug, object=one.object, revoked_at=one.revoked_at, reason=one.reason, number=one.number
            )
    yield RevocationListEvent(number=ref.number, sha256=ref.sha256)


def _of_keys(before: TrustRoot | None, now: TrustRoot) -> Iterator[Event]:
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


def _of_endorsements(made: SignedRoot) -> Iterator[Event]:
    named = dict.fromkeys(key.public_key for role in ROLES for key in made.root.keys_of(role))
    for text in named:
        if endorsed(made, KeyRing([public_key_of(text)])):
            yield EndorsementEvent(root=made.ref.version, key_id=public_key_id(text))
