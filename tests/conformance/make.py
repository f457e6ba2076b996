"""Makes the conformance kit: `python -m tests.conformance.make` writes tests/conformance/kit anew."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from flows.publish.protocol import publish
from flows.publish.publication import Rendering
from flows.registry.reader import Reader, read_served
from flows.site.rendering import rendering_for
from flows.store.base import Store
from flows.store.open import open_store
from pipelines.registry.layout import (
    JWKS_KEY,
    POINTER_KEY,
    log_key,
    object_key,
    passport_copy_key,
    shard_key,
)
from pipelines.signing.dsse import signed_body
from pipelines.signing.keys import Signer, jwk
from pipelines.signing.signatures import PASSPORT_TYPE, SNAPSHOT_TYPE
from schemas.times import timestamp
from schemas.verdict import Verdict
from tests.conformance.recorded import cases as recorded_cases
from tests.conformance.recorded import recorded
from tests.conformance.rooted import ROOTS, Kept, rooted
from tests.conformance.rooted import cases as rooted_cases
from tests.support.contract.documents import full
from tests.support.publications import AT, COPIES, ISSUER, KEYS, SIGNER, dump, passport, publication, publisher
from tests.support.signed import seal_passport

KIT = Path(__file__).with_name("kit")
OTHER = Signer(bytes(range(1, 33)))
"""A key that no reader trusts."""
SLUG = "acme-tern-1.5"
END = "2026-06-20"
SIGNED, EXPIRES = AT, AT + timedelta(days=30)
MOMENT = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
SLUGS = ("acme-one", "acme-two", "acme-three")

CHECKPOINT = rendering_for(ISSUER, SIGNER).checkpoint
SITE = {JWKS_KEY: orjson.dumps({"keys": [jwk(SIGNER.public_key)]})}

Document = dict[str, Any]


class Case(NamedTuple):
    """One entry of kit.json: what a verifier is given, and the verdict that it must give."""

    name: str
    verdict: Verdict
    at: str
    """The instant of the verification."""
    why: str
    """What the case is about."""
    document: str | None = None
    """File of a passport, in the kit."""
    slug: str | None = None
    registry: str | None = None
    """Folder of a registry, in the kit; None where a passport is verified by itself."""
    copy: bool = False
    """Whether the copy that the registry serves for the slug is compared too."""
    evidence: bool = False
    """Whether the evidence of the passport is found again in the stored records too."""
    pinned: bool = True
    """Whether the keys in keys.json are trusted; otherwise there are only those that the registry itself publishes."""
    root: str | None = None
    """A trusted root, instead of the keys: its file, in the kit, or its thumbprint."""
    revoked: tuple[str, ...] = ()
    seen: Mapping[str, Any] | None = None
    """What was seen of the registry before."""


DEFAULTS = Case._field_defaults
"""What is left out of kit.json."""


class Alone(NamedTuple):
    """A case of a passport by itself, with its bytes."""

    name: str
    verdict: Verdict
    why: str
    body: bytes
    at: datetime = SIGNED + HOUR
    revoked: tuple[str, ...] = ()


def statement(*, ends: str | None = None) -> Document:
    """Return the unsigned content of a passport with everything that the format has."""
    unfragile: Document = full()["passport"]["unfragile"]
    unfragile["artifact"]["model"]["expires_on"] = ends
    return unfragile


def sealed(
    unfragile: Document | None = None,
    *,
    signer: Signer = SIGNER,
    signed_at: datetime = SIGNED,
    expires_at: datetime = EXPIRES,
) -> Document:
    return seal_passport(unfragile or statement(), signer, signed_at, expires_at)


def resigned(document: Document, payload_type: str = PASSPORT_TYPE) -> Document:
    """Return a document whose content is what it is, under a signature of the trusted key for a payload type."""
    envelope = document["passport"]
    return {"passport": envelope | {"signature": SIGNER.sign(payload_type, signed_body(envelope))}}


def changed(change: Callable[[Document], object], *, sign: bool = False) -> bytes:
    """Return a good document after a change of its `passport`, signed again or not."""
    document = sealed()
    change(document["passport"])
    return orjson.dumps(resigned(document) if sign else document)


def alone() -> Iterator[Alone]:
    """Yield the cases of a passport by itself."""
    good, v = orjson.dumps(sealed()), Verdict
    yield Alone("good", v.OK_OFFLINE, "signed by a trusted key, and in date", good)
    with_links = {**sealed(), "_links": full()["_links"]}
    yield Alone("good-copy", v.OK_OFFLINE, "links are not signed", orjson.dumps(with_links))
    spaced = json.dumps(sealed(), indent=1, sort_keys=True).encode()
    yield Alone("good-spaced", v.OK_OFFLINE, "the canonical form is signed, not the bytes", spaced)
    escaped = good.replace(b"Acme", b"\\u0041cme", 1)
    yield Alone("good-escaped", v.OK_OFFLINE, "an escaped letter is the letter", escaped)
    yield Alone("last-instant", v.OK_OFFLINE, "a millisecond before its end", good, EXPIRES - MOMENT)
    yield Alone("skewed-clock", v.OK_OFFLINE, "clocks may differ by five minutes", good, SIGNED - timedelta(minutes=5))
    yield Alone("expired", v.EXPIRED, "`expiresAt` is the first instant that is too late", good, EXPIRES)
    early = SIGNED - timedelta(minutes=5) - MOMENT
    yield Alone("not-yet-valid", v.NOT_YET_VALID, "signed more than five minutes from now", good, early)
    ending = orjson.dumps(sealed(statement(ends=END)))
    day = datetime.fromisoformat(f"{END}T00:00:00Z")
    yield Alone("last-day", v.OK_OFFLINE, "a model is offered until the end of its last day", ending, day + 23 * HOUR)
    yield Alone("ended", v.ENDED, "the day that was announced as its last has passed", ending, day + 24 * HOUR)
    yield Alone("unknown-key", v.UNKNOWN_KEY, "signed with another key", orjson.dumps(sealed(signer=OTHER)))
    yield Alone("revoked-key", v.KEY_REVOKED, "its key is revoked", good, revoked=(SIGNER.key_id,))
    yield from _bad_signatures()
    yield from _malformed(good)


def _bad_signatures() -> Iterator[Alone]:
    def case(name: str, why: str, body: bytes) -> Alone:
        return Alone(name, Verdict.BAD_SIGNATURE, why, body)

    yield case("changed-name", "a name was changed", changed(lambda p: p["unfragile"]["artifact"].update(name="Other")))
    yield case(
        "changed-end", "an expiry was put off", changed(lambda p: p.update(expiresAt="2027-06-15T12:00:00.000Z"))
    )
    yield case("changed-number", "a score was raised", changed(lambda p: p["unfragile"]["trust"].update(score=99)))
    yield case("left-out", "an optional member was removed", changed(lambda p: p["unfragile"].pop("conflicts")))
    other = orjson.dumps(resigned(sealed(), SNAPSHOT_TYPE))
    yield case("other-type", "the key signed these bytes as a snapshot, not as a passport", other)
    zero = "A" * 86 + "=="
    yield case("zero-signature", "64 zero bytes", changed(lambda p: p.update(signature=zero)))
    claimed = changed(lambda p: p.update(keyId=SIGNER.key_id))
    foreign = orjson.loads(claimed)
    foreign["passport"]["signature"] = sealed(signer=OTHER)["passport"]["signature"]
    yield case("borrowed-key-id", "another key's signature under the trusted key's id", orjson.dumps(foreign))


def _malformed(good: bytes) -> Iterator[Alone]:
    def case(name: str, why: str, body: bytes) -> Alone:
        return Alone(f"malformed-{name}", Verdict.MALFORMED, why, body)

    def contract(name: str, why: str, change: Callable[[Document], object]) -> Alone:
        return case(name, f"{why}, signed all the same", changed(change, sign=True))

    yield case("empty", "no bytes", b"")
    yield case("cut-off", "its end is missing", good[: len(good) // 2])
    yield case("trailing", "something follows it", good + b"{}")
    yield case("byte-order-mark", "begins with a byte order mark", b"\xef\xbb\xbf" + good)
    yield case("utf-8", "a byte that UTF-8 does not have", good.replace(b"Acme", b"\xffcme", 1))
    yield case(
        "repeated-key", "a key is twice in one object", good.replace(b'"slug":', b'"slug":"acme-other","slug":', 1)
    )
    hidden = good.replace(b'"slug":', b'"sl\\u0075g":"acme-other","slug":', 1)
    yield case("repeated-key-escaped", "a key is twice, once escaped", hidden)
    yield case("surrogate", "half a character", good.replace(b'"name":"Acme', b'"name":"\\ud800Acme', 1))
    yield case(
        "large-integer",
        "2^53, which doubles do not tell from 2^53+1",
        good.replace(b'"matches":0', b'"matches":9007199254740992', 1),
    )
    yield case("large-number", "beyond every double", good.replace(b'"matches":0', b'"matches":1e999', 1))
    yield case("not-a-number", "NaN is not JSON", good.replace(b'"matches":0', b'"matches":NaN', 1))
    yield case("control-character", "a line end inside a text", good.replace(b"Acme", b"Ac\nme", 1))
    yield case("deep", "nested in 40 lists", b"[" * 40 + b"]" * 40)
    yield case("list", "not an object", b"[" + good + b"]")
    yield case("other-algorithm", "`algorithm` names another", changed(lambda p: p.update(algorithm="none"), sign=True))
    yield contract("unknown-member", "a member that the contract does not have", lambda p: p.update(note="trust me"))
    yield contract("missing-member", "a member that the contract asks for", lambda p: p.pop("signedAt"))
    yield contract("version", "another version", lambda p: p.update(version=2))
    yield contract("date", "31 June", lambda p: p.update(signedAt="2026-06-31T12:00:00.000Z"))
    yield contract("slug", "a slug with a line end", lambda p: p["unfragile"]["artifact"].update(slug=f"{SLUG}\n"))
    yield contract("score", "a score of 101", lambda p: p["unfragile"]["trust"].update(score=101))
    yield contract("text", "a number where a text belongs", lambda p: p["unfragile"]["artifact"].update(name=7))


def registries() -> dict[str, Kept]:
    """Return name → registry: one of two generations, as it is served and changed in ways, and those with a root."""
    store = open_store("memory:///")
    _publish(store, dict.fromkeys(SLUGS, 1), "first")
    older = dump(store)
    _publish(store, {SLUGS[0]: 2}, "second")
    served = dump(store)
    reader = Reader(store, KEYS, AT)
    shard = shard_key(reader.snapshot.shards[0].sha256)
    own, other = (object_key(row.object) for row in reader.rows() if row.slug in SLUGS[:2])
    copy = passport_copy_key(SLUGS[0])
    elsewhere = served[copy].replace(b"https://registry.example/docs", b"https://evil.example/docs")
    proof = orjson.loads(served[copy])["_log"]["proof"]
    other_log = served[copy].replace(proof[0].encode(), proof[1].encode())
    another = open_store("memory:///")
    _publish(another, dict.fromkeys(SLUGS, 3), "first")
    _publish(another, {SLUGS[0]: 4}, "second")
    changed = {
        "older": {POINTER_KEY: older[POINTER_KEY]},
        "damaged-shard": {shard: served[shard][:-1] + b"\0"},
        "swapped-object": {own: served[other]},
        "copy-leads-elsewhere": {copy: elsewhere},
        "copy-of-before": {copy: older[copy]},
        "copy-of-other-log": {copy: other_log},
        "log-of-another": {key: body for key, body in dump(another).items() if key.startswith(log_key("tile"))},
    }
    return (
        {"served": Kept(served)}
        | {name: Kept(files, "served") for name, files in changed.items()}
        | rooted()
        | recorded()
    )


def _publish(store: Store, versions: Mapping[str, int], nonce: str) -> None:
    base = read_served(store, KEYS, AT)
    wanted = replace(publication(versions, base, run=f"run-{nonce}"), rendering=Rendering(COPIES, SITE, CHECKPOINT))
    publish(publisher(store, nonce), wanted, base=base, rebase=lambda _newer: wanted)


def in_registry(folders: Mapping[str, Kept]) -> Iterator[tuple[Case, bytes | None]]:
    """Yield the cases of a passport in its registry, each with the bytes of its document if it has one."""
    served, older = folders["served"].files, folders["older"].files
    here = {"at": timestamp(AT + HOUR), "registry": "served"}
    v = Verdict

    def seen(files: Mapping[str, bytes]) -> dict[str, int | str]:
        signed = orjson.loads(files[POINTER_KEY])["signed"]
        return {"generation": signed["generation"], "snapshot_sha256": signed["snapshot_sha256"]}

    def slug(name: str, verdict: Verdict, why: str, number: int = 0, **other: Any) -> tuple[Case, None]:
        return Case(name, verdict, why=why, **{**here, "slug": SLUGS[number], **other}), None

    def given(name: str, verdict: Verdict, why: str, body: bytes, **other: Any) -> tuple[Case, bytes]:
        return Case(name, verdict, why=why, **{**here, "document": f"documents/{name}.json", **other}), body

    yield slug("served", v.OK, "in the registry, and newest")
    yield slug("served-unchanged", v.OK, "issued by an earlier generation, and still served", 1)
    yield slug("served-copy", v.OK, "its copy is what a publisher writes", copy=True)
    yield given("served-document", v.OK, "the one that the registry serves", passport(SLUGS[0], 2))
    yield given("superseded", v.SUPERSEDED, "genuine, but there is a newer one", passport(SLUGS[0], 1))
    yield given("ahead", v.NOT_IN_SNAPSHOT, "signed later than the one in the registry", passport(SLUGS[0], 3))
    yield given("never-published", v.NOT_IN_SNAPSHOT, "signed, but never published", passport("acme-four"))
    yield given("forged", v.UNKNOWN_KEY, "another key's, whatever the registry has", passport(SLUGS[0], 2, OTHER))
    yield slug("no-such-slug", v.NOT_IN_SNAPSHOT, "a slug that the registry does not have", slug="acme-four")
    yield slug("unpinned", v.UNPINNED, "only the registry states whose key it is", pinned=False)
    yield slug("seen", v.OK, "the generation seen before", seen=seen(served))
    yield slug("seen-older", v.OK, "a generation after the one seen before", seen=seen(older))
    yield slug(
        "rollback", v.ROLLBACK, "the pointer of an earlier generation was put back", registry="older", seen=seen(served)
    )
    forked = {**seen(served), "snapshot_sha256": "0" * 64}
    yield slug("fork", v.EQUIVOCATION, "another snapshot of the same number was seen before", seen=forked)
    frozen = timestamp(AT + timedelta(hours=72))
    yield slug("freeze", v.FREEZE, "the pointer expired: newer ones may be withheld", at=frozen)
    yield slug(
        "damaged-shard", v.NOT_IN_SNAPSHOT, "the list of passports is not what was signed", registry="damaged-shard"
    )
    yield slug("swapped-object", v.NOT_IN_SNAPSHOT, "another passport in its place", registry="swapped-object")
    yield slug("copy-differs", v.COPY_DIFFERS, "its copy leads elsewhere", registry="copy-leads-elsewhere", copy=True)
    yield slug("copy-of-before", v.COPY_DIFFERS, "its copy is of before", registry="copy-of-before", copy=True)
    yield slug("copy-of-other-log", v.COPY_DIFFERS, "its `_log` is not its", registry="copy-of-other-log", copy=True)
    yield slug("not-logged", v.NOT_LOGGED, "the log's files are those of another log", registry="log-of-another")
    yield slug("not-logged-before", v.NOT_LOGGED, "as it, for an earlier issue", 1, registry="log-of-another")


def write(kit: Path) -> None:
    """Write the kit into a folder, which is emptied first."""
    shutil.rmtree(kit, ignore_errors=True)
    files: dict[str, bytes] = {"keys.json": orjson.dumps({"keys": [jwk(SIGNER.public_key)]})}
    cases = []
    for single in alone():
        place = f"documents/{single.name}.json"
        cases.append(Case(single.name, single.verdict, timestamp(single.at), single.why, place, revoked=single.revoked))
        files[place] = single.body
    folders = registries()
    for one in (*rooted_cases(folders), *recorded_cases()):
        place = f"documents/{one.name}.json" if one.body else None
        cases.append(Case(one.name, one.verdict, why=one.why, document=place, **one.given))
        files |= {place: one.body} if place and one.body else {}
    for case, body in in_registry(folders):
        cases.append(case)
        files |= {case.document: body} if case.document and body else {}
    files |= {f"roots/{name}.json": made.to_bytes() for name, made in ROOTS.items()}
    kept = {name: {"base": one.base, "without": one.without} for name, one in folders.items()}
    files |= {f"registries/{name}/{key}": body for name, one in folders.items() for key, body in one.files.items()}
    entries = [
        {key: value for key, value in case._asdict().items() if value != DEFAULTS.get(key, ...)} for case in cases
    ]
    kit_json = {"version": 2, "registries": kept, "cases": entries}
    files["kit.json"] = orjson.dumps(kit_json, option=orjson.OPT_INDENT_2)
    for name, body in files.items():
        place = kit / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)


if __name__ == "__main__":
    write(KIT)
