"""The parts of the JavaScript verifier answer as the Python ones do: contract, strict JSON, canonical form, zstd."""

import base64
import random
from collections.abc import Iterator
from pathlib import Path

import orjson
import zstandard

from pipelines.formats.canonical_json import canonical
from pipelines.formats.strict_json import MalformedJsonError, parse
from pipelines.signing.contract import conforms
from tests.conformance.javascript import NEEDS_NODE, run
from tests.support.contract import corpus, corpus_additions
from tests.support.contract.documents import full, minimal

pytestmark = NEEDS_NODE

NUMBERS = (
    "0", "-0", "-0.0", "1.0", "1e0", "1E+2", "0.1", "1e-6", "1e-7", "123e-20", "1e20", "1e21", "9007199254740991",
    "9007199254740993.0", "5e-324", "1.7976931348623157e308", "1e309", "9007199254740992", "-9007199254740992", "01",
    "+1", ".5", "1.", "1e", "0x10", "Infinity", "4.35", "0.000001", "333333333.33333329", "2e-3",
)  # fmt: skip
TEXTS = (
    '"\\u20ac$\\u000f\\nA\'B\\"\\\\\\"\\/"',
    '"\\ud83d\\ude00"', '"\\ude00\\ud83d"', '"\\ud800"', '"\x7f"', '"\t"', '"é"', '"\u2028"',
    '{"b":1,"a":2}', '{"\U0001f600":1,"\ufb33":2}', '{"a":1,"a":1}', '{"__proto__":1}',
    '{"constructor":{"__proto__":[]}}',
    '{"10":1,"9":2,"a":3}', "[1,]", "[1 2]", "{1:2}", "{'a':1}", " [ 1 , 2 ] ", "[]", "{}", "true",
    "nul", "tru e", "\ufeff1",
    "[" * 32 + "]" * 32, "[" * 33 + "]" * 33, "[" * 34 + "]" * 34, '{"a":{"b":[' + "1" + "]}}", "", " ", "1 1",
    "// 1\n1", "\x00",
)  # fmt: skip
ROUNDS = 400
DAMAGED = 100


def base64_of(bodies: Iterator[bytes] | list[bytes]) -> list[str]:
    return [base64.b64encode(body).decode() for body in bodies]


def test_the_contract_is_the_same(tmp_path: Path) -> None:
    documents = [minimal(), full()]
    documents += [spoiling.of(minimal()) for spoiling in corpus.SPOILINGS]
    documents += [spoiling.of(full()) for spoiling in corpus_additions.SPOILINGS]
    readable = [body for body in map(as_json, documents) if body]
    found = run("differential.mjs", tmp_path, given=given(documents=base64_of(readable)))["documents"]
    expected = [conforms(orjson.loads(body)) for body in readable]
    assert (expected[0], expected[-1]) == (True, False)
    assert [body for body, here, there in zip(readable, expected, found, strict=True) if here != there] == []


def test_json_is_read_and_written_alike(tmp_path: Path) -> None:
    bodies = [text.encode() for text in (*NUMBERS, *TEXTS)] + list(mutated(orjson.dumps(minimal()), ROUNDS))
    found = run("differential.mjs", tmp_path, given=given(parsed=base64_of(bodies)))["parsed"]
    expected = list(map(canonical_of, bodies))
    assert None in expected
    assert [
        (body, here, there) for body, here, there in zip(bodies, expected, found, strict=True) if here != there
    ] == []


def test_packed_files_are_unpacked_alike_and_damaged_ones_end(tmp_path: Path) -> None:
    plain = list(samples(random.Random(1)))  # noqa: S311 - samples
    packed = [
        zstandard.ZstdCompressor(level=level, write_checksum=True).compress(text)
        for text in plain
        for level in (1, 3, 9, 19)
    ]
    damaged = list(mutated(max(packed, key=len), DAMAGED))
    found = run("differential.mjs", tmp_path, given=given(packed=base64_of([*packed, *damaged])))["packed"]
    assert found[: len(packed)] == [text for text in base64_of(plain) for _ in range(4)]
    assert None in found[len(packed) :]


def given(**lists: list[str]) -> dict[str, list[str]]:
    return {"documents": [], "packed": [], "parsed": []} | lists


def as_json(document: object) -> bytes | None:
    """Return a document as strict JSON, None where it cannot be written: it never gets as far as the contract."""
    try:
        return orjson.dumps(document, option=orjson.OPT_STRICT_INTEGER)
    except orjson.JSONEncodeError:
        return None


def canonical_of(body: bytes) -> str | None:
    try:
        return canonical(parse(body, max_bytes=1 << 20, max_depth=32)).decode()
    except MalformedJsonError:
        return None


def mutated(body: bytes, rounds: int) -> Iterator[bytes]:
    """Yield a body with a few bytes changed, removed or repeated, the same ones in each run."""
    chance = random.Random(len(body))  # noqa: S311 - samples
    for _ in range(rounds):
        changed = bytearray(body)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(changed))
            kind = chance.randrange(3)
            if kind == 0:
                changed[at] = chance.randrange(256)
            elif kind == 1:
                del changed[at : at + chance.randint(1, 9)]
            else:
                changed[at:at] = changed[at : at + chance.randint(1, 40)]
        yield bytes(changed)


def samples(chance: random.Random) -> Iterator[bytes]:
    """Yield texts that need every form of a block: raw, repeated, of few and many letters, short and long offsets."""
    yield b""
    yield b"a" * 200_000
    yield chance.randbytes(5_000)
    for letters in (2, 5, 40, 200):
        yield bytes(chance.choices(range(letters), [1 / (n + 1) for n in range(letters)], k=30_000))
    words = [chance.randbytes(chance.randint(2, 12)) for _ in range(400)]
    yield b" ".join(chance.choices(words, k=60_000))
    yield b"".join(
        b'{"slug":"acme-%d","object":"%s","rows":%d}\n' % (n, chance.randbytes(32).hex().encode(), n % 7)
        for n in range(3_000)
    )
