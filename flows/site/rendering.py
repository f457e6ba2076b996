"""Renders what is served beside the registry: copies of the passports, the contract, and the public key."""

import base64
from functools import partial

import orjson

from flows.publish.publication import Copies, RenderCopies, Rendering, RenderPages
from flows.registry.reader import Reader
from flows.site.pages import Load, SitePages
from flows.trust.roots import RootChain
from pipelines.log.checkpoint import LogCheckpoint, note
from pipelines.log.entries import LogPlace, frontier_of
from pipelines.pages.site import Site
from pipelines.passport.links import Issuer, links
from pipelines.registry.layout import JWKS_KEY, PUBLIC_KEY_KEY, SCHEMA_KEY
from pipelines.signing.contract import schema_text
from pipelines.signing.keys import Signer, jwk, public_key_of
from pipelines.signing.signatures import ALGORITHM
from schemas.registry import LogHead
from schemas.root import TrustRoot


def rendering_for(
    issuer: Issuer,
    signer: Signer,
    chain: RootChain | None = None,
    *,
    registry: Signer | None = None,
    recorded_at: str | None = None,
) -> Rendering:
    """Return what a publisher with this issuer, key for passports and root writes for readers.

    `registry` is the key of snapshots and pointer, by default the same; `recorded_at` the time by which the pages of a
    recording judge freshness, None for all but the demo's.
    """
    registry = registry or signer
    checkpoint = partial(_checkpoint, f"{issuer.name}/log", registry)
    pages = pages_for(Site(issuer, recorded_at), registry)
    return Rendering(copies_for(issuer), site_files(signer, chain), checkpoint, pages)


def pages_for(site: Site, signer: Signer | None) -> RenderPages:
    """Return a function that renders the pages of a generation; without a signer, their list cannot be written."""

    def render(reader: Reader, load: Load, afresh: bool) -> SitePages:
        return SitePages(site, signer, reader, load, afresh=afresh)

    return render


def _checkpoint(origin: str, signer: Signer, head: LogHead) -> bytes:
    checkpoint = LogCheckpoint(origin, head.size, frontier_of(head).root())
    return note(checkpoint, signer.public_key, signer.sign_text(checkpoint.text()))


def copies_for(issuer: Issuer) -> RenderCopies:
    """Return a function that renders the copy of a signed passport: the same bytes, with `_links` and `_log` added.

    Neither is signed: the log's proof leads to what the log's signed checkpoint and snapshot state.
    """

    def render(slug: str, document: bytes, place: LogPlace | None) -> Copies:
        added = {"_links": links(issuer, slug), **({"_log": place.member()} if place else {})}
        return Copies(document[:-1] + b"," + orjson.dumps(added)[1:])

    return render


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
