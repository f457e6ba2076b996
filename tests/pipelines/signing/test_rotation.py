"""The next root: what it changes of each key, and the events that a publication under it has."""

from datetime import timedelta

import pytest

from pipelines.signing.events import revocation_events, root_events
from pipelines.signing.keys import public_key_id
from pipelines.signing.roots import RootError, unsigned
from pipelines.signing.rotation import (
    KEY_LIFE,
    OVERLAP,
    first_root,
    next_version,
    unusable_roles,
    with_key,
    with_revoked,
    with_root_keys,
)
from schemas.events import EndorsementEvent, KeyEvent, RevocationEvent, RevocationListEvent, RootEvent
from schemas.revocations import Revocation, RevocationList, RevocationsRef
from schemas.root import Role
from schemas.times import instant, timestamp
from tests.support.roots import PASSPORTS, REGISTRY, REVOCATIONS, ROOT, SECOND_ROOT, signed, signer, x

NOW = instant("2026-06-01T00:00:00.000Z")
LATER = NOW + timedelta(days=300)
NEW = signer("registry 2")
KEYS: dict[Role, bytes] = {
    "passports": PASSPORTS.public_key,
    "registry": REGISTRY.public_key,
    "revocations": REVOCATIONS.public_key,
}
FIRST = first_root(NOW, root_keys=[ROOT.public_key], threshold=1, keys=KEYS, before=None)


def test_a_new_store_has_one_key_for_each_role() -> None:
    assert [key.state for role in KEYS for key in FIRST.keys_of(role)] == ["active"] * 3
    assert FIRST.expires_at == timestamp(NOW + KEY_LIFE)
    assert unusable_roles(FIRST, NOW) == []
    assert unusable_roles(FIRST, NOW + KEY_LIFE) == list(KEYS)


def test_the_one_key_of_a_store_stays_valid_for_all_that_it_signed() -> None:
    made = first_root(NOW, root_keys=[ROOT.public_key], threshold=1, keys=KEYS, before=PASSPORTS.public_key)
    assert [(key.public_key, key.state) for key in made.passports] == [(x(PASSPORTS), "active")]
    old, new = made.registry
    assert (old.public_key, old.state, old.valid_until) == (x(PASSPORTS), "retired", timestamp(NOW + OVERLAP))
    assert (old.valid_from[:4], new.public_key, new.state) == ("1970", x(REGISTRY), "active")


def test_a_new_key_retires_the_active_one_after_an_overlap() -> None:
    made = with_key(next_version(FIRST, LATER), "registry", NEW.public_key, LATER)
    old, new = made.registry
    assert (made.version, made.issued_at, made.expires_at) == (2, timestamp(LATER), timestamp(LATER + KEY_LIFE))
    assert (old.state, old.valid_until) == ("retired", timestamp(LATER + OVERLAP))
    assert (new.state, new.valid_from, new.public_key) == ("active", timestamp(LATER), x(NEW))
    assert made.passports == FIRST.passports
    with pytest.raises(RootError, match="names the registry key"):
        with_key(made, "registry", NEW.public_key, LATER)


def test_a_key_that_is_over_sooner_is_not_made_to_last_longer() -> None:
    end = NOW + KEY_LIFE - timedelta(days=1)
    made = with_key(next_version(FIRST, end), "registry", NEW.public_key, end)
    assert made.registry[0].valid_until == FIRST.registry[0].valid_until


def test_a_revoked_key_signs_nothing_from_then_on() -> None:
    made = with_revoked(next_version(FIRST, LATER), REGISTRY.key_id, 7)
    assert (made.registry[0].state, made.registry[0].last_good) == ("revoked", 7)
    assert unusable_roles(made, LATER) == ["registry"]
    both = with_key(made, "registry", NEW.public_key, LATER)
    assert [(key.state, key.last_good) for key in both.registry] == [("revoked", 7), ("active", None)]
    with pytest.raises(RootError, match="has no key"):
        with_revoked(made, "A" * 43, 7)


def test_root_keys_are_replaced_as_a_whole_and_never_sign_anything_else() -> None:
    made = with_root_keys(next_version(FIRST, LATER), [SECOND_ROOT.public_key, ROOT.public_key], 2)
    assert (made.root_keys, made.threshold) == ((x(SECOND_ROOT), x(ROOT)), 2)
    with pytest.raises(RootError, match="names a root key"):
        with_root_keys(next_version(FIRST, LATER), [PASSPORTS.public_key], 1)
    with pytest.raises(RootError, match="threshold is higher"):
        with_root_keys(next_version(FIRST, LATER), [SECOND_ROOT.public_key], 2)


def test_events_name_what_changed_and_then_the_root() -> None:
    draft = with_key(next_version(FIRST, LATER), "registry", NEW.public_key, LATER)
    first, second = unsigned(FIRST), unsigned(with_revoked(draft, REGISTRY.key_id, 7))
    assert list(root_events(first, [second])) == [
        KeyEvent(root=2, role="registry", key_id=REGISTRY.key_id, state="revoked", last_good=7),
        KeyEvent(root=2, role="registry", key_id=NEW.key_id, state="active", last_good=None),
        RootEvent(version=2, thumbprint=second.ref.thumbprint),
    ]
    assert list(root_events(second, [])) == []
    kinds = [one.kind for one in root_events(None, [first, second])]
    assert kinds == ["key", "key", "key", "root", "key", "key", "root"]
    without = second.root.model_copy(update={"version": 3, "registry": second.root.registry[1:]})
    removed = next(root_events(second, [unsigned(without)]))
    assert removed == KeyEvent(
        root=3, role="registry", key_id=public_key_id(x(REGISTRY)), state="removed", last_good=None
    )


def test_events_name_the_key_that_endorses_the_first_root() -> None:
    made = first_root(NOW, root_keys=[ROOT.public_key], threshold=1, keys=KEYS, before=PASSPORTS.public_key)
    found = list(root_events(None, [signed(made, ROOT, PASSPORTS)]))
    assert [one for one in found if one.kind == "endorsed"] == [EndorsementEvent(root=1, key_id=PASSPORTS.key_id)]
    assert found[-1].kind == "root"
    later = signed(made.model_copy(update={"version": 2}), ROOT, PASSPORTS)
    assert "endorsed" not in [one.kind for one in root_events(None, [later])]


def test_events_name_the_passports_that_a_list_revokes_first() -> None:
    at = timestamp(NOW)
    listed = [
        Revocation(slug=slug, revoked_at=at, reason="Wrong.", object="0" * 64, payload="1" * 64, number=number)
        for slug, number in (("a", 1), ("b", 2), ("c", 2))
    ]
    revocations = RevocationList(number=2, issued_at=at, revocations=tuple(listed))
    ref = RevocationsRef(number=2, sha256="2" * 64)
    assert list(revocation_events(ref, revocations, logged=1)) == [
        *(RevocationEvent(slug=slug, object="0" * 64, revoked_at=at, reason="Wrong.", number=2) for slug in ("b", "c")),
        RevocationListEvent(number=2, sha256="2" * 64),
    ]
