"""The attacks of `benchmarks.attacks` in small: those that need no refresh, on a store of two generations."""

from collections.abc import Iterator

import pytest

from benchmarks.attacks import history, logs, records, roots, stores, surroundings, transports
from benchmarks.attacks.__main__ import ATTACKS, Attack, attacked
from benchmarks.attacks.places import Place, places

pytestmark = pytest.mark.slow
QUICK: tuple[Attack, ...] = (
    history.repair_beside_forgeries,
    history.links_that_lead_elsewhere,
    *logs.ATTACKS,
    records.half_a_character_in_a_card,
    records.front_matter_that_hides_limits,
    stores.pointer_is_a_pipe,
    stores.delta_of_a_kilobyte,
    stores.copy_is_a_pipe,
    transports.redirected_to_another_protocol,
    surroundings.store_that_redirects,
    surroundings.password_in_an_address,
)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with places(2) as laid_out:
        yield laid_out


@pytest.mark.parametrize("attack", QUICK, ids=lambda attack: attack.__name__)
def test_an_attack_holds(attack: Attack, place: Place) -> None:
    assert attacked(place, attack).broken == []


@pytest.mark.parametrize("attack", roots.ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_on_roots_and_revocations_holds(attack: Attack, place: Place) -> None:
    assert attacked(place, attack).broken == []


def test_a_store_that_nobody_attacked_verifies(place: Place) -> None:
    place.pristine()
    assert place.passports("verify", "--all", "--key", str(place.public_key), reader=True).faults(code=0) == []


def test_every_attack_says_what_was_tried_and_has_a_name_of_its_own() -> None:
    assert all((attack.__doc__ or "").partition("\n")[0].endswith(".") for attack in ATTACKS)
    assert len({attack.__name__ for attack in ATTACKS}) == len(ATTACKS)


def test_an_attack_that_cannot_be_judged_has_not_held(place: Place) -> None:
    def stumbles(_: Place) -> list[str]:
        """Nothing is tried."""
        raise LookupError("no such thing")

    assert attacked(place, stumbles).broken[0].startswith("cannot be judged: LookupError: no such thing")
