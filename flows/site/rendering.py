"""Renders what is served beside the registry: copies of the passports, the contract, and the public key."""

import base64
import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import orjson

from flows.publish.publication import Copies, Load, RenderCopies, Rendering, RenderPages
from flows.registry.reader import Reader
from flows.site.llms import llms_text
from flows.site.pages import SitePages
from flows.store.base import Store, TooLargeError, find
from flows.trust.roots import RootChain
from pipelines.log.checkpoint import LogCheckpoint, note
from pipelines.log.entries import LogPlace, frontier_of
from pipelines.pages.site import Site
from pipelines.passport.links import Issuer, copied
from pipelines.registry.layout import JWKS_KEY, LLMS_KEY, PUBLIC_KEY_KEY, SCHEMA_KEY, brief_key
from pipelines.signing.contract import schema_text
from pipelines.signing.keys import Signer, jwk, public_key_of
from pipelines.signing.registry_files import sign_file
from pipelines.signing.signatures import ALGORITHM, BRIEF_TYPE
from pipelines.views.signed_brief import MAX_BRIEF_BYTES, brief_of
from schemas.registry import LogHead
from schemas.root import TrustRoot

RenderBrief = Callable[[str, bytes], bytes | None]
"""From a slug and the bytes of its signed passport to its signed brief."""


def rendering_for(
    issuer: Issuer,
    signer: Signer,
    chain: RootChain | None = None,
    *,
    registry: Signer | None = None,
    recorded_at: str | None = None,
    folder: Path | None = None,
) -> Rendering:
    """Return what a publisher with this issuer, key for passports and briefs, and root writes for readers.

    `registry` is the key of snapshots and pointer, by default the same; `recorded_at` the time by which the pages of a
    recording judge freshness, None for all but the demo's; `folder` is for temporary files, by default the system's.
    """
    registry = registry or signer
    checkpoint = partial(_checkpoint, f"{issuer.name}/log", registry)
    pages = pages_for(Site(issuer, recorded_at), registry, folder)
    files = site_files(signer, chain) | {LLMS_KEY: llms_text(issuer).encode()}
    return Rendering(copies_for(issuer, partial(signed_brief, signer)), files, checkpoint, pages)


def pages_for(site: Site, signer: Signer | None, folder: Path | None = None) -> RenderPages:
    """Return a function that renders the pages of a generation; without a signer, their list cannot be written.

    `folder` is for temporary files, by default the system's.
    """

    def render(reader: Reader, load: Load, afresh: bool) -> SitePages:
        return SitePages(site, signer, reader, load, afresh=afresh, folder=folder)

    return render


def _checkpoint(origin: str, signer: Signer, head: LogHead) -> bytes:
    checkpoint = LogCheckpoint(origin, head.size, frontier_of(head).root())
    return note(checkpoint, signer.public_key, signer.sign_as_it_is(checkpoint.text().encode()))


def copies_for(issuer: Issuer, brief: RenderBrief = lambda _, __: None) -> RenderCopies:
    """Return a function that renders the copies of a signed passport: its bytes with `_links` and `_log`; its brief.

    Neither member is signed: the log's proof leads to what the log's signed checkpoint and snapshot state. `brief`
    returns the signed brief of a slug's passport, None where it has none to give.
    """

    def render(slug: str, document: bytes, place: LogPlace | None) -> Copies:
        proof = place.member() if place else None
        return Copies(copied(document, issuer, slug, proof), brief=brief(slug, document))

    return render


def signed_brief(signer: Signer, slug: str, document: bytes) -> bytes:
    """Return the brief of a signed passport, signed by the same signer."""
    del slug
    payload = brief_of(orjson.loads(document)["passport"], hashlib.sha256(document).hexdigest())
    return orjson.dumps(sign_file(payload, payload_type=BRIEF_TYPE, signer=signer))


def stored_brief(store: Store, slug: str, document: bytes) -> bytes | None:
    """Return the brief that a store has of a passport; None where it has none of exactly this one.

    Its signature is for the reader to check: it is copied as it is.
    """
    try:
        blob = find(store, brief_key(slug), max_bytes=MAX_BRIEF_BYTES)
        signed = orjson.loads(blob.body)["signed"]["passport_sha256"] if blob else None
    except (orjson.JSONDecodeError, KeyError, TypeError, TooLargeError):
        return None
    return blob.body if blob and signed == hashlib.sha256(document).hexdigest() else None


def site_files(signer: Signer, chain: RootChain | None = None) -> dict[str, bytes]:
    """Return key → bytes of schema.json, the public keys as a JWK Set, and the file that `_links.publicKey` names.

    The JWK Set has every key that the root lets sign passports or the registry, or once let, unless it was revoked.
    """
    trusted = [signer.public_key] if chain is None else _unrevoked(chain.newest.root)
    public = {
        "algorithm": ALGORITHM,
        "keyId": signer.key_id,
        "publicKey": base64.b64encode(signer.public_key).decode(),
        "jwk": jwk(signer.public_key),
    }
    return {
        SCHEMA_KEY: schema_text().encode(),
        JWKS_KEY: orjson.dumps({"keys": [jwk(public_key) for public_key in trusted]}),
        PUBLIC_KEY_KEY: orjson.dumps(public),
    }


def _unrevoked(root: TrustRoot) -> list[bytes]:
    keys = (key for key in (*root.passports, *root.registry) if key.state != "revoked")
    return list(dict.fromkeys(public_key_of(key.public_key) for key in keys))
