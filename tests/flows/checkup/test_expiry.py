"""The doctor says a month before that the root or a key that signs is over."""

from datetime import timedelta

import pytest

from flows.checkup.expiry import root_of_trust
from flows.config.signing_key import OpenedKey
from flows.publish.authority import Authority
from flows.trust.roots import RootChain
from flows.trust.seen import RememberedGeneration, default_memory
from pipelines.signing.keys import KeyRing
from schemas.root import TrustRoot
from schemas.times import timestamp
from tests.support.publications import AT
from tests.support.roots import PASSPORTS, REGISTRY, role_key, root, signed

DAY = timedelta(days=1)
NEXT_WEEK = timestamp(AT + 7 * DAY)


def authority(made: TrustRoot | None) -> Authority:
    chain = RootChain(signed(made), {}) if made else None
    keys = chain.keys if chain else KeyRing([PASSPORTS.public_key])
    mark = RememberedGeneration(default_memory(), "store", REGISTRY.key_id, keys)
    return Authority(*(OpenedKey(one, None, made=False) for one in (PASSPORTS, REGISTRY)), keys, chain, mark)


@pytest.mark.parametrize(
    ("made", "state", "says"),
    [
        (None, "fit", "one key signs everything"),
        (root(), "fit", "version 1, until 2030"),
        (root(expires_at=NEXT_WEEK), "warning", f"root version 1 at {NEXT_WEEK}: sign a new root soon"),
        (root(registry=(role_key(REGISTRY, valid_until=NEXT_WEEK),)), "warning", f"the registry key {REGISTRY.key_id}"),
        (root(expires_at=timestamp(AT)), "unfit", "readers call the registry frozen"),
    ],
)
def test_what_is_over_soon_is_named(made: TrustRoot | None, state: str, says: str) -> None:
    check = root_of_trust(authority(made), AT)
    assert (check.state, says in check.detail) == (state, True), check.detail
