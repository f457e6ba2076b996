"""Signed passports, and changes of their bytes, for `benchmarks.mutations`."""

import json
import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import rfc8785

from benchmarks.spoiling import VALUES

IN_DATE = timedelta(hours=1)


class Original(NamedTuple):
    """A passport as it was signed."""

    raw: bytes
    document: dict[str, Any]
    signed: bytes
    """The canonical form of all that the signature covers."""
    at: datetime
    """An instant at which it is in date."""

    @classmethod
    def of(cls, raw: bytes) -> "Original":
        """Return the original with these bytes."""
        document = json.loads(raw)
        at = datetime.fromisoformat(document["passport"]["signedAt"]).astimezone(UTC) + IN_DATE
        return cls(raw, document, signed_content(document["passport"]), at)


def signed_content(passport: dict[str, Any]) -> bytes:
    """Return what a signature covers in canonical form, written by the reference library, not by our code."""
    return rfc8785.dumps({name: value for name, value in passport.items() if name != "signature"})


def written(document: object, chance: random.Random | None = None) -> bytes:
    ascii_only = chance is not None and chance.random() < 0.3
    return json.dumps(document, ensure_ascii=ascii_only, separators=(",", ":")).encode("utf-8", "surrogatepass")


def flipped_bytes(original: Original, chance: random.Random) -> bytes:
    """Flip a bit, or change, insert, remove, move or cut off bytes."""
    made, at = bytearray(original.raw), chance.randrange(len(original.raw))
    match chance.randrange(6):
        case 0:
            made[at] ^= 1 << chance.randrange(8)
        case 1:
            made[at] = chance.randrange(256)
        case 2:
            made[at:at] = bytes(chance.randrange(256) for _ in range(chance.choice((1, 2, 40))))
        case 3:
            del made[at : at + chance.choice((1, 2, 40))]
        case 4:
            del made[at:]
        case _:
            other = chance.randrange(len(made))
            made[at], made[other] = made[other], made[at]
    return bytes(made)


def repeated_key(original: Original, chance: random.Random) -> bytes:
    """Write a key of one object twice, first with another value."""
    found = list(re.finditer(rb'"[A-Za-z_]+":', original.raw))
    mark = chance.choice(found)
    evil = mark[0] + written(chance.choice(VALUES)) + b","
    if chance.random() < 0.3:
        evil = b'"\\u%04x' % mark[0][1] + evil[2:]
    return original.raw[: mark.start()] + evil + original.raw[mark.start() :]


def odd_number(original: Original, chance: random.Random) -> bytes:
    """Spell a number otherwise, or replace it by one that is too large or too precise for readers, or by none."""
    raw = original.raw
    found = chance.choice(list(re.finditer(rb"(?<=[:,\[])-?\d[\d.e+-]*(?=[,\]}])", raw)))
    number = found[0]
    ways = (
        b"1e400", b"-0", b"0" + number, number + b".0", number + b"e0", b"+" + number, b"NaN", b"Infinity",
        b"9007199254740993", number + b"0" * 400, b"1e-400", b"0x1f", b"1_0", b"'1'", number + b".", b".5", b"-",
    )  # fmt: skip
    return raw[: found.start()] + chance.choice(ways) + raw[found.end() :]


def odd_text(original: Original, chance: random.Random) -> bytes:
    """Put a lone surrogate or bad byte into a text, or bytes around the document, or encode all of it otherwise."""
    raw, letter = original.raw, chance.choice(b"aeinrt")
    at = raw.index(b'"name":"') + 8
    within = (b"\\ud800", b"\\udc00", b"\\ud800\\ud800", b"\xed\xa0\x80", b"\xc0\xae", b"\xff", b"\\u0000", b"\\x41")
    return chance.choice((
        raw[:at] + chance.choice(within) + raw[at:],
        chance.choice((b"\xef\xbb\xbf", b"\x00", b"\x1f\x8b", b")]}',\n", b"[", b"{}")) + raw,
        raw + chance.choice((b"\x00", b"{}", raw, b"]", b"//", b"\x1a", b",", b"\xff")),
        raw.decode().encode(chance.choice(("utf-16", "utf-32", "utf-16-be", "utf-7"))),
        raw.replace(b":", b" : ").replace(b",", b",\n\t"),
        raw.replace(bytes([letter]), b"\\u%04x" % letter, chance.choice((1, 5))),
        raw.replace(b'"', chance.choice((b"'", "\u201c".encode(), b'\\"')), chance.choice((1, 2, -1))),
    ))  # fmt: skip
