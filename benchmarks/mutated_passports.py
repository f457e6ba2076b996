"""Changes signed passports, and checks that none of them verifies, for `benchmarks.mutations`."""

import base64
import copy
import json
import random
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from benchmarks.mutated_bytes import (
    Original,
    flipped_bytes,
    odd_number,
    odd_text,
    repeated_key,
    signed_content,
    written,
)
from benchmarks.spoiling import at_path, deep, places, spoiled
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.signatures import PASSPORT_TYPE
from pipelines.signing.verification import verify_passport

ORDER = 2**252 + 27742317777372353535851937790883648493
"""Order of Ed25519's base point: adding it to a signature's second half gives other bytes with the same meaning."""


class Tried(NamedTuple):
    """The result of verifying one changed passport."""

    verdict: str
    cpu_s: float
    wrong: str
    """Which promise was broken; empty when none was."""


MOST_REPEATED_BYTES = 8 * 2**20
"""Most bytes that a value is repeated to: eight times what a passport may have, as 5,000 copies of one need 300 MB."""

Mutation = Callable[[Original, random.Random], bytes]


def attempt(mutated: bytes, original: Original, keys: KeyRing) -> Tried:
    """Verify a changed passport, and judge the verdict: good is right only for the same content and signature."""
    begun = time.thread_time()
    try:
        finding, passport = verify_passport(mutated, keys=keys, at=original.at)
    except Exception as error:  # noqa: BLE001 - an attempt looks for exceptions
        return Tried("raised", time.thread_time() - begun, f"raised {type(error).__name__}: {error}"[:200])
    took = time.thread_time() - begun
    wrong = _why_not(mutated, original) if finding.verdict.good else ""
    if passport is not None and not wrong and signed_content(passport) != original.signed:
        wrong = "a passport was handed out that was never signed"
    return Tried(str(finding.verdict), took, wrong)


def _why_not(mutated: bytes, original: Original) -> str:
    """Return why a good verdict on a passport is wrong, by an independent reader; empty where it is the original."""
    try:
        document = json.loads(mutated, object_pairs_hook=_once)
        same = signed_content(document["passport"]) == original.signed
    except (ValueError, KeyError, TypeError) as error:
        return f"believed, and another reader stumbles: {error}"[:200]
    if not same:
        return "believed, and says something else than what was signed"
    other = document["passport"].get("signature") != original.document["passport"]["signature"]
    return "believed by another signature than the one that was made" if other else ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def change_of_a_value(original: Original, chance: random.Random) -> bytes:
    """Change one or two values of the document."""
    made = spoiled(original.document, chance)
    return written(spoiled(made, chance) if made and chance.random() < 0.2 else made, chance)


def respelled_signature(original: Original, chance: random.Random) -> bytes:
    """Spell the same signature otherwise, or derive another one from it by curve arithmetic."""
    document = copy.deepcopy(original.document)
    text = document["passport"]["signature"]
    raw = base64.b64decode(text)
    malleable = (int.from_bytes(raw[32:], "little") + ORDER).to_bytes(33, "little")[:32]
    document["passport"]["signature"] = chance.choice((
        text.rstrip("="), text + "=", text + "\n", " " + text, text[:40] + "\n" + text[40:], text.replace("/", "_"),
        text.replace("+", "-").replace("/", "_"), text[:-3] + chr(ord(text[-3]) ^ 1) + "==", text.lower(), text[::-1],
        base64.b64encode(raw[:32] + malleable).decode(), base64.b64encode(raw[32:] + raw[:32]).decode(),
        base64.b64encode(bytes(64)).decode(), base64.b64encode(bytes([1]) + bytes(63)).decode(),
        base64.b64encode(raw[:32] + bytes(32)).decode(), raw.hex(), "", None, [text], {"sig": text}, text + text,
        base64.urlsafe_b64encode(raw).decode().rstrip("="), text[:-2] + "A=", text[:-2] + "\u200b==",
    ))  # fmt: skip
    return written(document, chance)


def other_terms(original: Original, chance: random.Random) -> bytes:
    """Change algorithm, type, version, key id, issuer or dates, sometimes signing again with an unknown key."""
    document = copy.deepcopy(original.document)
    passport = document["passport"]
    stranger = Signer(chance.randbytes(32))
    key_id = passport["keyId"]
    name, values = chance.choice((
        ("algorithm", ("ed25519", "EdDSA", "none", "HS256", "", None, "Ed25519 ", "Ed25519ph")),
        ("payloadType", ("", None, "application/vnd.unfragile.registry-snapshot+json", "application/json")),
        ("version", (0, 2, "1", True, 1.5, -1, None, 2**53 - 1)),
        ("keyId", (stranger.key_id, key_id.lower(), key_id + "=", f" {key_id}", "", None, key_id[:-1], "../" + key_id)),
        ("signedBy", ("evil.example", "unfragile.ai ", "unfragile\u200b.ai", "UNFRAGILE.AI", None)),
        ("signedAt", ("2099-01-01T00:00:00.000Z", "2000-01-01T00:00:00.000Z", passport["signedAt"][:-1] + "+00:00")),
        ("expiresAt", ("2099-01-01T00:00:00.000Z", "9999-12-31T23:59:60.000Z", passport["expiresAt"].lower(), None)),
    ))  # fmt: skip
    passport[name] = chance.choice(values)
    if chance.random() < 0.3:
        passport["signature"] = stranger.sign(PASSPORT_TYPE, signed_content(passport))
    return written(document)


def repeated(value: object, times: int) -> list[object]:
    """Return a list that has a value so many times, or as often as it may be."""
    return [value] * min(times, MOST_REPEATED_BYTES // len(written(value)))


def too_much(original: Original, chance: random.Random) -> bytes:
    """Nest, repeat or lengthen some part far beyond what passports have."""
    document = copy.deepcopy(original.document)
    paths = list(places(document))
    path = chance.choice(paths)
    holder, key = at_path(document, path[:-1]), path[-1]
    value = holder[key]
    match chance.randrange(7):
        case 0:
            return b"[" * 100_000 + original.raw
        case 1:
            holder[key] = deep(chance.choice((20, 33, 100, 400)))
        case 2:
            holder[key] = repeated(value, chance.choice((100, 5_000)))
        case 3:
            holder[key] = {f"k{n}": None for n in range(20_000)}
        case 4:
            holder[key] = "a" * 900_000
        case 5:
            holder[key] = "\u0301" * 200_000
        case _:
            lists = [at for at in paths if isinstance(at_path(document, at), list) and at_path(document, at)]
            items = at_path(document, chance.choice(lists))
            items.extend(copy.deepcopy(items[0]) for _ in range(chance.choice((50, 800))))
    return written(document)


def another_shape(original: Original, chance: random.Random) -> bytes:
    """Wrap, unwrap or double the document, or put its payload beside another one."""
    passport, links = original.document["passport"], original.document.get("_links", {})
    other = spoiled(passport, chance)
    return written(chance.choice((
        passport, [original.document], {"passport": [passport]}, {"passport": {"passport": passport}},
        {"Passport": passport},
        {"passport": passport, "passport ": other}, {"passport": passport, "unfragile": other},
        {"passports": [passport]},
        {"passport": {**passport, "evil": other}}, {"passport": {**passport, "signatures": [passport["signature"]]}},
        {"passport": other, "_links": links, "original": passport}, {"passport": None}, None, "", 0, [],
        {"payload": base64.b64encode(original.signed).decode(), "payloadType": passport["payloadType"]},
        {"passport": {**passport, "unfragile": {**passport["unfragile"], "unfragile": passport["unfragile"]}}},
    )))  # fmt: skip


MUTATIONS: tuple[tuple[Mutation, int], ...] = (
    (change_of_a_value, 40), (flipped_bytes, 16), (repeated_key, 10), (respelled_signature, 8), (other_terms, 8),
    (odd_number, 5),
    (odd_text, 7), (too_much, 2), (another_shape, 4),
)  # fmt: skip
"""Each change, with how many of a hundred passports are changed by it."""
