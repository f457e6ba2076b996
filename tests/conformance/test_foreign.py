"""Others' implementations agree: pymerkle on the log, python-tuf on rotations of the root, securesystemslib on DSSE.

Each runs in an environment of its own, which `uv` makes, as none of them is a dependency. Skipped where there is none.
"""

import base64
import json
import subprocess
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.log.growth import Growth
from pipelines.log.tiles import Tiles
from pipelines.log.tree import Frontier, is_consistent, is_included, leaf_hash
from pipelines.signing.dsse import signed_body
from pipelines.signing.roots import RootError, SignedRoot, follow, trusted_root
from pipelines.signing.signatures import PASSPORT_TYPE
from schemas.times import instant
from tests.support.contract.documents import full
from tests.support.house import ROOT
from tests.support.roots import root, signed, signer, x
from tests.support.signed import SIGNER, seal_passport

pytestmark = pytest.mark.slow
UV = ROOT / ".tools/bin/uv"
SCRIPTS = Path(__file__).with_name("foreign")
VERSIONS = {"pymerkle": "7.0.0", "tuf": "7.0.1", "securesystemslib[crypto]": "1.6.0"}
SIZES = (*range(1, 18), 255, 256, 257, 511, 513, 600)
AT = "2026-06-15T12:00:00+00:00"


def answer(script: str, given: object, *packages: str) -> Any:
    """Return what a script of `foreign` answers, beside these packages alone; skip where they cannot be installed."""
    if not UV.exists():
        pytest.skip("uv is not installed")
    beside = [word for name in packages for word in ("--with", f"{name}=={VERSIONS[name]}")]
    command = [str(UV), "run", "--quiet", "--no-project", "--isolated", "--python", "3.11", *beside, "python"]
    ready = subprocess.run([*command, "-c", ""], capture_output=True, text=True, check=False, cwd=SCRIPTS, timeout=300)
    if ready.returncode:
        pytest.skip(f"{', '.join(packages)} cannot be installed: {ready.stderr[-200:]}")
    done = subprocess.run(
        [*command, str(SCRIPTS / script)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_the_log_is_one_that_pymerkle_verifies() -> None:
    entries = [b"entry %d" % number for number in range(max(SIZES))]
    growth = Growth(Frontier(), {})
    files = growth.append(entries)
    files |= growth.ends()
    tiles = Tiles(len(entries), files.__getitem__)
    roots = {size: tiles.frontier(size).root() for size in SIZES}
    pairs = [(index, size) for size in SIZES for index in {0, size // 2, size // 3, size - 1}]
    given = {
        "entries": [entry.hex() for entry in entries],
        "roots": {size: found.hex() for size, found in roots.items()},
        "inclusion": [(*one, [node.hex() for node in tiles.inclusion(*one)]) for one in pairs],
    }
    found = answer("log_proofs.py", given, "pymerkle")
    assert found["wrong"] == []
    for index, size, path in found["theirs"]:
        proof = [bytes.fromhex(node) for node in path]
        assert is_included(leaf_hash(entries[index]), index, size, proof, roots[size])
    theirs = {int(size): bytes.fromhex(root_there) for size, root_there in found["roots"].items()}
    for older, size in ((older, size) for older in SIZES for size in SIZES if older < size):
        proof = list(tiles.consistency(older, size))  # pymerkle's have another form, so its roots are what ours lead to
        assert is_consistent((older, theirs[older]), (size, theirs[size]), proof)
        assert not is_consistent((older, theirs[size]), (size, theirs[size]), proof)
    spoilt = [*given["inclusion"][5][:2], [*given["inclusion"][5][2][:-1], "00" * 32]]
    assert answer("log_proofs.py", given | {"inclusion": [spoilt]}, "pymerkle")["wrong"] != []


Version = dict[str, Any]


def version(
    number: int, keys: str, threshold: int, signers: Iterable[str], expires: str = "2030-01-01", *, spoilt: str = ""
) -> Version:
    """Return a version of a root whose keys are letters; the signatures of those that are `spoilt` are zeros."""
    return {
        "version": number, "keys": list(keys), "threshold": threshold, "signers": list(signers), "spoilt": list(spoilt),
        "expires": f"{expires}T00:00:00+00:00",
    }  # fmt: skip


ROTATIONS: dict[str, tuple[list[Version], int, bool | None]] = {
    "one key": ([version(1, "a", 1, "a")], 1, True),
    "not signed": ([version(1, "a", 1, "")], 0, None),
    "signed by another": ([version(1, "a", 1, "b")], 0, None),
    "too few of three": ([version(1, "abc", 2, "a")], 0, None),
    "two of three": ([version(1, "abc", 2, "ac")], 1, True),
    "a threshold that cannot be met": ([version(1, "a", 2, "a")], 0, None),
    "a threshold of none": ([version(1, "a", 0, "a")], 0, None),
    "a spoilt signature": ([version(1, "a", 1, "a", spoilt="a")], 0, None),
    "two of three, one spoilt": ([version(1, "abc", 2, "ab", spoilt="b")], 0, None),
    "two of three, the third spoilt": ([version(1, "abc", 2, "abc", spoilt="c")], 1, True),
    "the old key's signature spoilt": ([version(1, "a", 1, "a"), version(2, "b", 1, "ab", spoilt="a")], 1, None),
    "signed by the key of another role": ([version(1, "a", 1, ["registry"])], 0, None),
    "followed by one that another role signed": ([version(1, "a", 1, "a"), version(2, "a", 1, ["registry"])], 1, None),
    "old and new by turns": ([version(1, "ab", 2, "ab"), version(2, "cd", 2, "ac")], 1, None),
    "all four": ([version(1, "ab", 2, "ab"), version(2, "cd", 2, "abcd")], 2, True),
    "a signature of somebody else too": ([version(1, "a", 1, "az"), version(2, "a", 1, "za")], 2, True),
    "a key named twice": ([version(1, "aa", 1, "a")], 0, None),
    "renewed": ([version(1, "a", 1, "a"), version(2, "a", 1, "a")], 2, True),
    "another key": ([version(1, "a", 1, "a"), version(2, "b", 1, "ab")], 2, True),
    "another key, signed by the old one alone": ([version(1, "a", 1, "a"), version(2, "b", 1, "a")], 1, None),
    "another key, signed by the new one alone": ([version(1, "a", 1, "a"), version(2, "b", 1, "b")], 1, None),
    "a version left out": ([version(1, "a", 1, "a"), version(3, "a", 1, "a")], 1, None),
    "the same version": ([version(1, "a", 1, "a"), version(1, "a", 1, "a")], 1, None),
    "an older version": ([version(2, "a", 1, "a"), version(1, "a", 1, "a")], 1, None),
    "from a later version on": ([version(7, "a", 1, "a"), version(8, "b", 1, "ab")], 2, True),
    "old threshold not met": ([version(1, "abc", 2, "ab"), version(2, "abc", 1, "a")], 1, None),
    "threshold lowered": ([version(1, "abc", 2, "ab"), version(2, "abc", 1, "ab")], 2, True),
    "threshold raised": ([version(1, "abc", 1, "a"), version(2, "abc", 2, "ab")], 2, True),
    "threshold raised, too few": ([version(1, "abc", 1, "a"), version(2, "abc", 2, "a")], 1, None),
    "two of three replace one": ([version(1, "abc", 2, "ab"), version(2, "abd", 2, "ab")], 2, True),
    "one of three replaces two": ([version(1, "abc", 2, "ab"), version(2, "ade", 2, "ade")], 1, None),
    "a chain": (
        [version(1, "a", 1, "a"), version(2, "b", 1, "ab"), version(3, "c", 1, "bc"), version(4, "c", 1, "c")], 4, True,
    ),
    "a removed key signs again": (
        [version(1, "a", 1, "a"), version(2, "b", 1, "ab"), version(3, "a", 1, "a")], 2, None,
    ),
    "expired": ([version(1, "a", 1, "a", "2026-06-10")], 1, False),
    "expires at this instant": ([{**version(1, "a", 1, "a"), "expires": AT}], 1, False),
    "an expired one between": (
        [version(1, "a", 1, "a"), version(2, "a", 1, "a", "2026-06-10"), version(3, "a", 1, "a")], 3, True,
    ),
    "an expired one at last": ([version(1, "a", 1, "a"), version(2, "a", 1, "a", "2026-06-10")], 2, False),
}  # fmt: skip
"""What is played → its versions, how many of them are accepted, and whether the last one is in date."""


def made(stated: Version) -> SignedRoot:
    expires = datetime.fromisoformat(stated["expires"]).astimezone(UTC).isoformat(timespec="milliseconds")
    content = root(
        stated["version"],
        tuple(map(signer, stated["keys"])),
        threshold=stated["threshold"],
        expires_at=expires.replace("+00:00", "Z"),
    )
    assert content.root_keys == tuple(x(signer(name)) for name in stated["keys"])
    whole = signed(content, *map(signer, stated["signers"] or ["nobody"]))
    spoilt = {signer(name).key_id: bytes(64) for name in stated["spoilt"]}
    return whole._replace(signatures={**whole.signatures, **spoilt})


def accepted(versions: list[Version]) -> Iterator[SignedRoot]:
    """Yield the versions that are accepted, up to the first that is not."""
    last: SignedRoot | None = None
    for stated in versions:
        try:
            raw = made(stated).to_bytes()
            last = follow(last, raw) if last else trusted_root(raw)
        except (RootError, ValueError):
            return
        yield last


def test_rotations_are_accepted_as_python_tuf_accepts_them() -> None:
    given = {"at": AT, "rotations": [versions for versions, _, _ in ROTATIONS.values()]}
    theirs = answer("root_rotations.py", given, "tuf", "securesystemslib[crypto]")
    for (name, (versions, expected, in_date)), found in zip(ROTATIONS.items(), theirs, strict=True):
        ours = list(accepted(versions))
        current = instant(ours[-1].root.expires_at) > datetime.fromisoformat(AT) if len(ours) == len(versions) else None
        assert (len(ours), current) == (expected, in_date), name
        assert (found["accepted"], found["in_date"]) == (expected, in_date), name


def test_a_passport_is_a_dsse_envelope_that_securesystemslib_verifies() -> None:
    passport = seal_passport(full()["passport"]["unfragile"])["passport"]

    def envelope(body: bytes) -> dict[str, Any]:
        signature = {"keyid": SIGNER.key_id, "sig": passport["signature"]}
        payload = base64.b64encode(body).decode()
        return {"payload": payload, "payloadType": PASSPORT_TYPE, "signatures": [signature]}

    body = signed_body(passport)
    given = [(envelope(one), SIGNER.key_id, SIGNER.public_key.hex()) for one in (body, body.replace(b"A", b"B", 1))]
    assert answer("dsse.py", given, "securesystemslib[crypto]") == [[SIGNER.key_id], []]
