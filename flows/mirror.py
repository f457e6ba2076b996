"""Brings another store up to date with the settings' own, for the command `publish` and for the flow of that name."""

import secrets

from flows.clock import clock_of, source_date_epoch
from flows.progress import tell
from flows.publication import Step
from flows.replicate import Replicated, replicate
from flows.settings import Settings
from flows.site import copies_for
from flows.store import open_store
from flows.store.base import Store, find
from flows.store.keys import JWKS_KEY, PUBLIC_KEY_KEY, SCHEMA_KEY
from flows.trusting import trust_for
from pipelines.artifact import Issuer


def mirror(settings: Settings, to: str) -> Replicated:
    """Bring the store at `to` to the generation that the settings' store serves; raise what stops it."""
    origin, target = open_store(settings.store), open_store(to)
    return replicate(
        origin,
        target,
        trusted=trust_for(settings, origin, None).keys,
        at=clock_of(source_date_epoch())(),
        nonce=secrets.token_hex(16),
        copies=copies_for(Issuer(settings.issuer, settings.base_url)),
        site=_site_files(origin),
        on_step=tell_step,
    )


def _site_files(origin: Store) -> dict[str, bytes]:
    """What lies beside the passports, as it is there."""
    found = {key: find(origin, key) for key in (SCHEMA_KEY, JWKS_KEY, PUBLIC_KEY_KEY)}
    return {key: blob.body for key, blob in found.items() if blob}


def tell_step(step: Step, done: int, total: int) -> None:
    """Report how far a publication is."""
    tell(f"publish: {step}", done, total)
