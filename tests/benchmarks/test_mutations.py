"""The fuzzers of `benchmarks.mutations` in small: the same seed tries the same, and what they find is reported."""

import pytest

from benchmarks import hostile_records, mutated_passports
from benchmarks.mutated_bytes import Original
from benchmarks.mutations import Chunk, Found, again, chunks, mutant, mutated, originals, records, show
from benchmarks.passports import SEED
from pipelines.signing.keys import KeyRing, Signer


@pytest.fixture(scope="module")
def signed() -> Original:
    return originals()[0]


def test_no_mutated_passport_is_believed() -> None:
    found = Found()
    mutated(Chunk("passports", "test", 120), found)
    assert (found.tried, found.wrong) == (120, {})
    assert found.outcomes["malformed"]
    assert found.outcomes["bad_signature"]


def test_every_hostile_record_becomes_a_proved_passport_or_is_refused_with_a_reason() -> None:
    found = Found()
    records(Chunk("records", "test", 40), found)
    wrong = {one: times for one, times in found.wrong.items() if not one.startswith("over ")}
    assert (found.tried, wrong) == (40, {})
    assert found.outcomes["passport"]
    assert found.outcomes["quarantined: normalise"]


def test_records_that_are_not_spoilt_become_one_passport() -> None:
    came = hostile_records.attempt(hostile_records.bodies())
    assert (came.outcome, came.wrong) == ("passport", "")


def test_the_same_seed_tries_the_same(signed: Original) -> None:
    assert mutant("1 7", [signed]) == mutant("1 7", [signed]) != mutant("1 8", [signed])
    assert again("passports-1-0#7 change") == again("passports-1-0#7") != again("passports-1-0#8")
    assert again("records-1-0#7") == again("records-1-0#7") != again("records-1-0#8")
    assert chunks("records", 1_200, 3) == chunks("records", 1_200, 3)
    assert sum(chunk.many for chunk in chunks("records", 1_200, 3)) == 1_200


def test_a_passport_that_verifies_and_says_something_else_is_noticed(signed: Original) -> None:
    keys, signer = KeyRing([Signer(SEED).public_key]), Signer(SEED)
    passport = signed.document["passport"] | {"signedBy": "evil.example"}
    passport["signature"] = signer.sign(passport["payloadType"], mutated_passports.signed_content(passport))
    found = mutated_passports.attempt(mutated_passports.written({"passport": passport}), signed, keys)
    assert "says something else" in found.wrong
    assert mutated_passports.attempt(signed.raw, signed, keys).wrong == ""


def test_what_is_repeated_stays_within_memory(signed: Original) -> None:
    made = mutated_passports.repeated(signed.document, 5_000)
    assert 2**22 < len(mutated_passports.written(made)) < 2 * mutated_passports.MOST_REPEATED_BYTES
    assert len(mutated_passports.repeated(None, 5_000)) == 5_000


def test_what_was_found_is_reported_and_decides(capsys: pytest.CaptureFixture[str]) -> None:
    found = Found()
    found.note("ok_offline", 0.1, "seed#1 way", "")
    assert show({"passports": found}, 1.0)
    found.note("ok_offline", 2.5, "seed#2 way", "believed, and says something else than what was signed")
    assert not show({"passports": found}, 1.0)
    printed = capsys.readouterr().out
    assert "first seed#2 way: believed" in printed
    assert "over 1 s: way" in printed
