"""Checkpoints: a log's size and root in a signed note, of C2SP's forms (c2sp.org/tlog-checkpoint, signed-note)."""

import base64
import hashlib
from typing import NamedTuple

from pipelines.log.tree import HASH_BYTES, MAX_SIZE, LogError

MAX_CHECKPOINT_BYTES = 64 * 2**10
_ED25519 = b"\x01"
"""Kind of the key in its id (signed-note, "Signatures")."""
_SIGNATURE_BYTES = 64
_KEY_HASH_BYTES = 4
_DASH = "\N{EM DASH}"


class LogCheckpoint(NamedTuple):
    """What a log is at one instant."""

    origin: str
    """Unique name of the log, and of the key that signs it."""
    size: int
    root: bytes

    def text(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


class NoteSignature(NamedTuple):
    """A line of a signed note."""

    name: str
    key_hash: bytes
    signature: bytes


def key_hash(name: str, public_key: bytes) -> bytes:
    """Return the four bytes by which a note names an Ed25519 key (32 bytes) of that name."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:_KEY_HASH_BYTES]


def verifier_key(name: str, public_key: bytes) -> str:
    """Return the text by which C2SP's tools take a public key: NAME+HASH+KEY."""
    encoded = base64.b64encode(_ED25519 + public_key).decode()
    return f"{name}+{key_hash(name, public_key).hex()}+{encoded}"


def note(checkpoint: LogCheckpoint, public_key: bytes, signature: bytes) -> bytes:
    """Return a checkpoint with the signature (64 bytes) of its `text` by the key of the log's name."""
    encoded = base64.b64encode(key_hash(checkpoint.origin, public_key) + signature).decode()
    return f"{checkpoint.text()}\n{_DASH} {checkpoint.origin} {encoded}\n".encode()


def read_note(body: bytes) -> tuple[LogCheckpoint, tuple[NoteSignature, ...]]:
    """Return a checkpoint and its signatures, which are not verified here; raise LogError on another form."""
    try:
        text, _, signed = body.decode().rpartition("\n\n")
    except UnicodeDecodeError:
        raise LogError("the checkpoint is not text in UTF-8") from None
    lines = text.split("\n")
    if len(body) > MAX_CHECKPOINT_BYTES or len(lines) != len(LogCheckpoint._fields) or not signed.endswith("\n"):
        raise LogError("the checkpoint is not a signed note with origin, size and root")
    origin, size, root = lines
    if not origin or not size.isascii() or not size.isdecimal() or str(int(size[:20])) != size or int(size) > MAX_SIZE:
        raise LogError("the checkpoint's size is not a number, or its origin is missing")
    checkpoint = LogCheckpoint(origin, int(size), _from_base64(root, HASH_BYTES))
    return checkpoint, tuple(_signature(line) for line in signed.removesuffix("\n").split("\n"))


def _signature(line: str) -> NoteSignature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != _DASH or not name:
        raise LogError("the checkpoint has a line that is not a signature")
    octets = _from_base64(encoded, None)
    return NoteSignature(name, octets[:_KEY_HASH_BYTES], octets[_KEY_HASH_BYTES:])


def _from_base64(text: str, length: int | None) -> bytes:
    try:
        octets = base64.b64decode(text, validate=True)
    except ValueError:
        raise LogError("the checkpoint has a hash or a signature that is not base64") from None
    if base64.b64encode(octets).decode() != text or (length is not None and len(octets) != length):
        raise LogError("the checkpoint has a hash or a signature that is not canonical base64, or of another length")
    return octets
