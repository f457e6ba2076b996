"""Checkpoints are signed notes that others' tools can read, and other notes are refused."""

import base64
import hashlib

import pytest
from nacl.signing import SigningKey

from pipelines.log.checkpoint import LogCheckpoint, key_hash, note, read_note, verifier_key
from pipelines.log.tree import LogError
from tests.support.signed import SEED

KEY = SigningKey(SEED)
PUBLIC = bytes(KEY.verify_key)
CHECKPOINT = LogCheckpoint("registry.example/log", 1_234, hashlib.sha256(b"root").digest())


def signed(text: str | None = None, checkpoint: LogCheckpoint = CHECKPOINT) -> bytes:
    return note(checkpoint, PUBLIC, KEY.sign((text or checkpoint.text()).encode()).signature)


def test_a_note_is_read_back_and_its_signature_covers_the_text() -> None:
    checkpoint, signatures = read_note(signed())
    assert checkpoint == CHECKPOINT
    (only,) = signatures
    assert (only.name, only.key_hash) == (CHECKPOINT.origin, key_hash(CHECKPOINT.origin, PUBLIC))
    KEY.verify_key.verify(checkpoint.text().encode(), only.signature)


def test_a_note_has_the_published_form() -> None:
    text, _, line = signed().decode().partition("\n\n")
    assert text.split("\n") == [CHECKPOINT.origin, "1234", base64.b64encode(CHECKPOINT.root).decode()]
    dash, name, encoded = line.removesuffix("\n").split(" ")
    assert (dash, name) == ("\N{EM DASH}", CHECKPOINT.origin)
    expected = hashlib.sha256(f"{CHECKPOINT.origin}\n".encode() + b"\x01" + PUBLIC).digest()[:4]
    assert base64.b64decode(encoded)[:4] == expected
    assert verifier_key(CHECKPOINT.origin, PUBLIC).split("+")[:2] == [CHECKPOINT.origin, expected.hex()]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"1234", b"01234"),
        (b"1234", b"-1"),
        (b"1234", b"1" * 5_000),
        (b"1234", "\N{SUPERSCRIPT TWO}".encode()),
        (b"1234", str(2**41).encode()),
        (b"registry.example/log\n1234", b"\n1234"),
        (b"\n\n", b"\nextension\n\n"),
        (b"\n\n", b"\n"),
        (b"\xe2\x80\x94", b"-"),
        (b"=\n\n", b"\n\n"),
        (b"registry", b"\xff"),
    ],
)
def test_another_form_is_refused(before: bytes, after: bytes) -> None:
    assert before in signed()
    with pytest.raises(LogError, match="checkpoint"):
        read_note(signed().replace(before, after, 1))


def test_a_long_note_is_refused() -> None:
    with pytest.raises(LogError, match="signed note"):
        read_note(signed() + signed().split(b"\n\n")[1] * 1_000)
