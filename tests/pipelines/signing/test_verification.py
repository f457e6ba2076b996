import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ahead import CLOCK_SKEW
from pipelines.formats.canonical_json import canonical
from pipelines.signing.contract import explain_first
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.registry_files import sign_file
from pipelines.signing.signatures import PASSPORT_TYPE
from pipelines.signing.verification import MAX_PASSPORT_BYTES, MAX_PASSPORT_DEPTH, verify_passport
from schemas.times import instant
from schemas.verdict import Verdict
from tests.support.json_values import VALUES, unhurried
from tests.support.listings import NOW, issued, listing
from tests.support.recordings import sample_passport
from tests.support.signed import EXPIRES_AT, GOLDEN, GOLDEN_DIR, IN_DATE, ISSUER, KEYS, SIGNED_AT, SIGNER, seal_passport

RAW = GOLDEN.read_bytes()
DOCUMENT: dict[str, Any] = orjson.loads(RAW)
PASSPORT = DOCUMENT["passport"]
Place = tuple[str | int, ...]


def verdict_on(document: Any, *, keys: KeyRing = KEYS, at: datetime = IN_DATE) -> Verdict:
    raw = document if isinstance(document, bytes) else orjson.dumps(document)
    finding, passport = verify_passport(raw, keys=keys, at=at)
    assert len(finding.reason) > 20
    assert (passport is not None) == (finding.verdict in {Verdict.OK_OFFLINE, Verdict.EXPIRED, Verdict.NOT_YET_VALID})
    return finding.verdict


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    yield place
    for step in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[step], (*place, step))


def at_place(value: Any, place: Place) -> Any:
    for step in place:
        value = value[step]
    return value


def changed(place: Place, new: Any) -> dict[str, Any]:
    """The golden document with another value at a place inside it."""
    document: dict[str, Any] = orjson.loads(RAW)
    at_place(document, place[:-1])[place[-1]] = new
    return document


SIGNED_PLACES = [("passport", *place) for place in places(PASSPORT)]


def others(value: Any) -> Iterator[Any]:
    """Values that are not this one: of the same type, of another, and near to it."""
    match value:
        case bool():
            yield from (not value, int(value))
        case None:
            yield from ("", 0)
        case int() | float():
            yield from (value + 1, value + 0.5, str(value))
        case str():
            yield from (value + " ", value.swapcase() + "x", [value])
            if value:
                yield from (value[1:], value[:-1] + chr(ord(value[-1]) ^ 1))
        case list():
            yield from ([*value, None], {})
            if value:
                yield from (value[1:], [*value, value[-1]])
        case dict():
            yield from ({}, [value])


def test_the_golden_passport_is_genuine() -> None:
    finding, passport = verify_passport(RAW, keys=KEYS, at=IN_DATE)
    assert finding.verdict is Verdict.OK_OFFLINE
    assert passport == PASSPORT
    for part in (ISSUER, SIGNER.key_id, PASSPORT["signedAt"], PASSPORT["expiresAt"]):
        assert part in finding.reason


@pytest.mark.parametrize("path", sorted(GOLDEN_DIR.glob("*.json")), ids=lambda path: path.name)
def test_every_golden_passport_ever_stored_still_verifies(path: Any) -> None:
    raw = path.read_bytes()
    assert verdict_on(raw, at=instant(json.loads(raw)["passport"]["signedAt"])) is Verdict.OK_OFFLINE


@pytest.mark.parametrize("place", SIGNED_PLACES, ids=lambda place: "/".join(map(str, place)))
def test_no_value_can_be_changed(place: Place) -> None:
    value = at_place(DOCUMENT, place)
    for other in others(value):
        assert verdict_on(changed(place, other)) in {Verdict.MALFORMED, Verdict.BAD_SIGNATURE, Verdict.UNKNOWN_KEY}, (
            other
        )


@pytest.mark.parametrize("place", SIGNED_PLACES, ids=lambda place: "/".join(map(str, place)))
def test_nothing_can_be_deleted_moved_or_swapped(place: Place) -> None:
    around, last = place[:-1], place[-1]
    parent = at_place(DOCUMENT, around)
    shorter = parent.copy()
    del shorter[last]
    rest = {"passport": shorter} if around == ("passport",) else changed(around, shorter) if around else {"_links": {}}
    assert not verdict_on(rest).good
    steps = list(parent) if isinstance(parent, dict) else list(range(len(parent)))
    neighbour = steps[(steps.index(last) + 1) % len(steps)]
    if canonical(parent[neighbour]) != canonical(parent[last]):
        swapped = orjson.loads(RAW)
        inner = at_place(swapped, around)
        inner[last], inner[neighbour] = inner[neighbour], inner[last]
        assert not verdict_on(swapped).good


@pytest.mark.parametrize("place", SIGNED_PLACES, ids=lambda place: "/".join(map(str, place)))
def test_no_key_can_be_added_or_repeated(place: Place) -> None:
    value = at_place(DOCUMENT, place)
    if isinstance(value, dict):
        assert verdict_on(changed(place, {"more": 1, **value})) is Verdict.MALFORMED
        name, first = next(iter(value.items()))
        member = orjson.dumps({name: first})[1:-1]
        once = orjson.dumps(changed(place, "HERE"))
        twice = once.replace(b'"HERE"', b"{" + member + b"," + orjson.dumps(value)[1:])
        assert verdict_on(twice) is Verdict.MALFORMED


def test_order_and_whitespace_are_no_change() -> None:
    assert verdict_on(json.dumps(DOCUMENT, indent=3, sort_keys=True).encode()) is Verdict.OK_OFFLINE
    assert verdict_on({"passport": PASSPORT}) is Verdict.OK_OFFLINE


def test_links_are_unsigned_and_never_a_source_of_keys() -> None:
    mallory = Signer(b"\x07" * 32)
    links = {**DOCUMENT["_links"], "publicKey": "https://mallory.example/key"}
    assert verdict_on({**DOCUMENT, "_links": links}) is Verdict.OK_OFFLINE
    forged = {**seal(signer=mallory), "_links": links}
    assert verdict_on(forged) is Verdict.UNKNOWN_KEY


def seal(*, signer: Signer = SIGNER, signed_at: datetime = SIGNED_AT, **changes: Any) -> dict[str, Any]:
    unfragile = {**PASSPORT["unfragile"], **changes}
    return seal_passport(unfragile, signer, signed_at)


def test_keys() -> None:
    other = Signer(bytes(32))
    assert verdict_on(RAW, keys=KeyRing()) is Verdict.UNKNOWN_KEY
    assert verdict_on(RAW, keys=KeyRing([other.public_key])) is Verdict.UNKNOWN_KEY
    assert verdict_on(RAW, keys=KeyRing([SIGNER.public_key], revoked=[SIGNER.key_id])) is Verdict.KEY_REVOKED
    relabelled = changed(("passport", "keyId"), other.key_id)
    assert verdict_on(relabelled, keys=KeyRing([SIGNER.public_key, other.public_key])) is Verdict.BAD_SIGNATURE


MILLISECOND = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        (SIGNED_AT - CLOCK_SKEW - MILLISECOND, Verdict.NOT_YET_VALID),
        (SIGNED_AT - CLOCK_SKEW, Verdict.OK_OFFLINE),
        (SIGNED_AT, Verdict.OK_OFFLINE),
        (EXPIRES_AT - MILLISECOND, Verdict.OK_OFFLINE),
        (EXPIRES_AT, Verdict.EXPIRED),
        (EXPIRES_AT + timedelta(days=4000), Verdict.EXPIRED),
    ],
)
def test_dates_hold_to_the_millisecond(at: datetime, verdict: Verdict) -> None:
    assert verdict_on(RAW, at=at) is verdict


ENDS = "2026-06-20"
LAST = datetime(2026, 6, 20, 23, 59, 59, 999_000, UTC)


@pytest.mark.parametrize(
    ("at", "verdict"),
    [(NOW, Verdict.OK_OFFLINE), (LAST - MILLISECOND, Verdict.OK_OFFLINE), (LAST, Verdict.ENDED),
     (LAST + timedelta(days=400), Verdict.ENDED)],
)  # fmt: skip
def test_a_passport_ends_with_the_day_on_which_its_model_does(at: datetime, verdict: Verdict) -> None:
    document = issued(listing(expiration_date=ENDS)).document
    assert instant(orjson.loads(document)["passport"]["expiresAt"]) == LAST
    finding, passport = verify_passport(document, keys=KEYS, at=at)
    assert (finding.verdict, passport is None) == (verdict, False)
    assert (f"end on {ENDS}" in finding.reason) is (verdict is Verdict.ENDED)


def test_a_passport_signed_after_the_announced_end_of_a_model_that_is_still_listed_holds() -> None:
    document = issued(listing(expiration_date="2026-05-31")).document
    assert verify_passport(document, keys=KEYS, at=NOW)[0].verdict is Verdict.OK_OFFLINE


@pytest.mark.parametrize(
    ("early", "verdict"),
    [
        (timedelta(minutes=5), Verdict.OK_OFFLINE),
        (timedelta(minutes=5) + MILLISECOND, Verdict.NOT_YET_VALID),
    ],
)
def test_an_issuers_clock_may_be_five_minutes_ahead(early: timedelta, verdict: Verdict) -> None:
    assert verdict_on(RAW, at=SIGNED_AT - early) is verdict


@pytest.mark.parametrize(("length", "verdict"), [(1 << 20, Verdict.OK_OFFLINE), ((1 << 20) + 1, Verdict.MALFORMED)])
def test_a_passport_of_a_megabyte_is_read_and_no_longer_one(length: int, verdict: Verdict) -> None:
    assert verdict_on(RAW.ljust(length)) is verdict


@pytest.mark.parametrize(("depth", "too_deep"), [(32, False), (33, True)])
def test_a_document_is_read_32_containers_deep_and_no_deeper(depth: int, too_deep: bool) -> None:
    finding, _ = verify_passport(b"[" * depth + b"0" + b"]" * depth, keys=KEYS, at=IN_DATE)
    assert finding.verdict is Verdict.MALFORMED
    assert ("nested in more than 32 containers" in finding.reason) is too_deep
    assert finding.reason.startswith("at the top: ") is not too_deep


def test_a_forged_date_is_a_bad_signature_and_not_a_matter_of_time() -> None:
    later = changed(("passport", "expiresAt"), "2036-06-01T12:00:00.250Z")
    assert verdict_on(later, at=EXPIRES_AT) is Verdict.BAD_SIGNATURE


def test_a_genuine_signature_over_what_the_contract_refuses_is_malformed() -> None:
    assert verdict_on(seal(capabilities="many")) is Verdict.MALFORMED
    assert verdict_on(seal(more=1)) is Verdict.MALFORMED


def test_a_record_sealed_by_the_same_key_is_no_passport() -> None:
    assert verdict_on(sign_file(PASSPORT["unfragile"], payload_type=PASSPORT_TYPE, signer=SIGNER)) is Verdict.MALFORMED


def test_the_older_format_names_no_key_and_is_not_believed() -> None:
    older = {name: PASSPORT[name] for name in ("unfragile", "signature", "signedAt", "signedBy", "version")}
    finding, passport = verify_passport(orjson.dumps({"passport": older}), keys=KEYS, at=IN_DATE)
    assert (finding.verdict, passport) == (Verdict.MALFORMED, None)
    assert "older format; fetch a newer one" in finding.reason


def test_the_published_sample_is_of_the_older_format() -> None:
    finding, _ = verify_passport(orjson.dumps(sample_passport()), keys=KEYS, at=IN_DATE)
    assert "older format" in finding.reason


def test_reasons_name_the_place_and_the_remedy() -> None:
    broken = changed(("passport", "unfragile", "trust", "score"), 101)
    finding, _ = verify_passport(orjson.dumps(broken), keys=KEYS, at=IN_DATE)
    assert '"/passport/unfragile/trust/score"' in finding.reason
    assert finding.reason.endswith("fetch the passport again")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"passport":null}',
        b'{"passport":{}}',
        b'"\\ud800"',
        b"<!doctype html><title>Bad gateway</title>",
        b"\xef\xbb\xbf" + RAW,
        RAW[:-1],
        RAW + b"{}",
        RAW + b"\x00",
        RAW.decode().encode("utf-16"),
        b"[" * 500_000,
        b" " * MAX_PASSPORT_BYTES + RAW,
        b'{"passport":' * (MAX_PASSPORT_DEPTH + 1) + b"0" + b"}" * (MAX_PASSPORT_DEPTH + 1),
        RAW.replace(b'"version":1', b'"version":1,"version":1'),
        RAW.replace(b"65535", b"9007199254740993"),
        RAW.replace(b"65535", b"NaN"),
        RAW.replace(b"65535", b"1e999"),
    ],
    ids=range(20),
)
def test_what_is_no_passport_is_malformed(raw: bytes) -> None:
    assert verdict_on(raw) is Verdict.MALFORMED


@unhurried
@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    assert verdict_on(raw) is Verdict.MALFORMED


@unhurried
@given(place=st.sampled_from(SIGNED_PLACES), new=VALUES)
def test_no_value_makes_it_raise_or_believe(place: Place, new: Any) -> None:
    document = changed(place, new)
    assert verdict_on(document).good == (canonical(document) == canonical(DOCUMENT))


@unhurried
@given(start=st.integers(0, len(RAW)), length=st.integers(0, 20), piece=st.binary(max_size=20))
def test_no_damage_makes_it_raise_or_believe_something_else(start: int, length: int, piece: bytes) -> None:
    raw = RAW[:start] + piece + RAW[start + length :]
    finding, passport = verify_passport(raw, keys=KEYS, at=IN_DATE)
    assert not finding.verdict.good or passport == PASSPORT


@unhurried
@given(st.from_regex(r"\A[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]\.[0-9]{3}Z\Z"))
def test_every_date_that_the_contract_takes_can_be_read(date: str) -> None:
    if explain_first(changed(("passport", "signedAt"), date)) is None:
        assert instant(date).tzinfo is not None
