"""The kit's registry whose passports have evidence: true, false in ways, and in records that were changed since.

Generation 1 issues a passport from a record that generation 2 replaces; all others are issued by generation 2.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson

from flows.publish.protocol import publish
from flows.publish.publication import Rendering, SourcePart, SourceParts
from flows.registry.reader import Reader, read_served
from flows.site.rendering import rendering_for
from flows.store.base import Store
from flows.store.open import open_store
from pipelines.registry.layout import source_key
from pipelines.registry.packing import pack
from schemas.listing import Observation, RawListing
from schemas.times import timestamp
from schemas.verdict import Verdict
from tests.conformance.rooted import Kept, RootedCase
from tests.support.contract.documents import full
from tests.support.publications import (
    AT,
    COPIES,
    ISSUER,
    KEYS,
    SIGNER,
    dump,
    publication,
    publisher,
    sha256,
    with_bodies,
)
from tests.support.signed import seal_passport

RULES = b"{}"
SELLER, CARD = "openrouter", "huggingface-card"
TEXT = "Tern 1.5 \N{EN DASH} a model.\nIt invents sources when asked for them.\n"
QUOTE = "It invents sources when asked for them."
OLDER, FOUND = "acme-older", "acme-found"

Document = dict[str, Any]
Change = Callable[[Document], object]


def seller_record(context: int) -> RawListing:
    """Return a record whose numbers are written in every way that a source may write them."""
    body = (
        f'{{"a/b":{{"~c":"x"}},"context_length":{context},"description":"It is slow. Answers are not checked.",'
        '"free":false,"none":null,"price":1.50e-7,"share":99.830,"sizes":[8,16,0.5],"tags":["text","tools"],"top":-2E+3}'
    )
    return RawListing.of(Observation(SELLER, "acme/tern-1.5", timestamp(AT), "https://openrouter.ai"), body)


EARLIER, RECORD = seller_record(32768), seller_record(131072)
CARD_RECORD = RawListing.of(Observation(CARD, "Acme/Tern-1.5", timestamp(AT), "https://huggingface.co"), TEXT)
FORGED = RECORD.model_copy(update={"id": "acme/forged", "content_sha256": sha256(b"another text")})


def entry(path: str, raw: RawListing, locator: str, **stated: Any) -> Document:
    method = "structured" if "value" in stated else "pattern"
    return {
        "path": path, "source": raw.source, "url": raw.url, "locator": locator, **stated, "method": method,
        "asserted_by": raw.source, "observed_at": raw.observed_at, "content_sha256": raw.content_sha256,
    }  # fmt: skip


def statement(slug: str, raw: RawListing) -> Document:
    """Return the content of a passport each of whose statements has evidence that is found again."""
    unfragile: Document = full()["passport"]["unfragile"]
    artifact = unfragile["artifact"] | {
        "slug": slug,
        "id": f"openrouter-{slug}",
        "page_url": f"{ISSUER.base_url}/{slug}",
    }
    records = [{"source": one.source, "id": one.id, "joined_by": "own"} for one in (raw, CARD_RECORD)]
    artifact["model"] |= {"records": records}
    context = orjson.loads(raw.body)["context_length"]
    begin = len(TEXT[: TEXT.index(QUOTE)].encode())
    rule = {"url": None, "asserted_by": "class", "method": "class", "content_sha256": sha256(RULES)}
    own = {"url": None, "asserted_by": "issuer", "content_sha256": None}
    values = ("/tags", ["text", "tools"]), ("/sizes", ["8", "16", "0.5"]), ("/share", "99.830"), ("/top", "-2000")
    values += ("/price", "0.000000150"), ("/a~1b/~0c", "x"), ("/none", None), ("/nowhere", None), ("/tags/length", None)
    evidence = [
        entry("/artifact/model/context_tokens", raw, "/context_length", value=context),
        entry("/artifact/status", raw, "/free", value=False),
        entry("/artifact/pricing/starting_price", raw, "/price", value="0.000000150"),
        *(entry("/capabilities/0", raw, place, value=value) for place, value in values),
        entry("/capabilities/0/limitations/0", raw, "/description", quote="Answers are not checked."),
        entry("/capabilities/1", raw, "/tags/1", value="tools"),
        entry("/capabilities/1/limitations/0", raw, "/description", quote="It is slow."),
        entry("/purposes/0", raw, "/description", quote="Answers are not checked."),
        entry("/trust/failure_modes/0", CARD_RECORD, f"bytes:{begin}-{begin + len(QUOTE)}", quote=QUOTE),
        entry("/trust/failure_modes/1", raw, "/artifact/slug", value=slug) | own,
        entry("/trust/data_access_risk", raw, "/risk/reads", value=None) | rule,
    ]
    provenance = unfragile["provenance"] | {"rules_sha256": sha256(RULES)}
    return unfragile | {"artifact": artifact, "evidence": evidence, "provenance": provenance}


def _entry_of(unfragile: Document, path: str) -> Document:
    return next(one for one in unfragile["evidence"] if one["path"] == path)


def _changing(path: str, **changes: Any) -> Change:
    return lambda unfragile: _entry_of(unfragile, path).update(changes)


def _without(path: str) -> Change:
    return lambda unfragile: unfragile["evidence"].remove(_entry_of(unfragile, path))


def _citing(raw: RawListing) -> Change:
    def change(unfragile: Document) -> None:
        _entry_of(unfragile, CONTEXT).update(content_sha256=raw.content_sha256)
        unfragile["artifact"]["model"]["records"].append({"source": raw.source, "id": raw.id, "joined_by": "own"})

    return change


def _unchanged(_unfragile: Document) -> None:
    """Leave all as it is."""


LIMIT, MODE, CONTEXT = "/capabilities/0/limitations/0", "/trust/failure_modes/0", "/artifact/model/context_tokens"
PRICE, RISK = "/artifact/pricing/starting_price", "/trust/data_access_risk"
FALSE: Mapping[str, tuple[str, Change]] = {
    "acme-misquoted": ("the words are not in the text at their place", _changing(LIMIT, quote="Answers are checked.")),
    "acme-misplaced": ("the words are a byte further on", _changing(MODE, locator="bytes:23-62")),
    "acme-misread": ("the record has another number", _changing(CONTEXT, value=1_000_000)),
    "acme-retyped": ("the record has the number, not a text", _changing(CONTEXT, value="131072")),
    "acme-rounded": ("the record's number has more digits", _changing(PRICE, value="0.00000015")),
    "acme-unrecorded": ("no stored record has the hash", _changing(CONTEXT, content_sha256="0" * 64)),
    "acme-of-now": ("the record is that of an earlier generation", _citing(EARLIER)),
    "acme-forged": ("the record under the hash is another text", _citing(FORGED)),
    "acme-unshown": ("a capability has no evidence", _without("/capabilities/1")),
    "acme-other-rules": ("its rules are not those of its generation", _changing(RISK, content_sha256="0" * 64)),
    "acme-not-its-own": ("what it says of itself is another", _changing("/trust/failure_modes/1", value=OLDER)),
}  # fmt: skip
"""Slug → what is false of its evidence, and the change that makes it so."""


def recorded() -> dict[str, Kept]:
    """Return name → registry."""
    store = open_store("memory:///")
    _publish(store, {OLDER: _sealed(OLDER, EARLIER)}, (EARLIER, CARD_RECORD), "first")
    bodies = {slug: _sealed(slug, RECORD, change) for slug, (_, change) in FALSE.items()}
    _publish(store, {FOUND: _sealed(FOUND, RECORD), **bodies}, (RECORD, CARD_RECORD, FORGED), "second")
    files = dump(store)
    parts = {
        ref.source: source_key(ref.source, ref.parts[0].sha256) for ref in Reader(store, KEYS, AT).snapshot.sources
    }
    other = pack([_line(CARD_RECORD.model_copy(update={"body": TEXT.replace("invents", "finds")}))])
    return {
        "recorded": Kept(files),
        "record-changed": Kept({parts[CARD]: other}, "recorded"),
        "record-missing": Kept({}, "recorded", (parts[CARD],)),
    }


def cases() -> Iterator[RootedCase]:
    """Yield the cases whose evidence is found again, or is not."""

    def case(slug: str, verdict: Verdict, why: str, **other: Any) -> RootedCase:
        given = {
            "at": timestamp(AT + timedelta(hours=1)),
            "registry": "recorded",
            "slug": slug,
            "evidence": True,
            **other,
        }
        return RootedCase(f"evidence-{other.get('registry', slug.removeprefix('acme-'))}", verdict, why, given)

    yield case(FOUND, Verdict.OK, "each quote and value is in the stored records")
    yield case(OLDER, Verdict.OK, "as it, in the records of the generation that issued it")
    for slug, (why, _) in FALSE.items():
        yield case(slug, Verdict.EVIDENCE_MISMATCH, why)
    changed = "a stored record was changed after it was signed"
    yield case(FOUND, Verdict.EVIDENCE_MISMATCH, changed, registry="record-changed")
    yield case(FOUND, Verdict.UNREADABLE, "the file of a record is missing", registry="record-missing")


def _sealed(slug: str, raw: RawListing, change: Change = _unchanged) -> bytes:
    unfragile = statement(slug, raw)
    change(unfragile)
    return orjson.dumps(seal_passport(unfragile, SIGNER, AT, AT + timedelta(days=30)))


def _line(raw: RawListing) -> bytes:
    return orjson.dumps({"kind": "admitted", "raw": raw.model_dump(mode="json"), "missing_since": None})


def _parts(records: Iterable[RawListing]) -> SourceParts:
    lines = [_line(raw) for raw in records]
    return SourceParts((SourcePart(0, 1, lambda: pack(lines), len(lines)),), timestamp(AT))


def _publish(store: Store, bodies: Mapping[str, bytes], records: Iterable[RawListing], nonce: str) -> None:
    base = read_served(store, KEYS, AT)
    wanted = publication(dict.fromkeys(bodies, 1), base, run=f"run-{nonce}")
    wanted = replace(
        with_bodies(wanted, bodies),
        sources={name: _parts(raw for raw in records if raw.source == name) for name in (SELLER, CARD)},
        rules=RULES,
        rendering=Rendering(COPIES, {}, rendering_for(ISSUER, SIGNER).checkpoint),
    )
    publish(publisher(store, nonce), wanted, base=base, rebase=lambda _: wanted)
