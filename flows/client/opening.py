"""Opens the registry that a server answers from; one that only the demo published is judged by the recording's day."""

from collections.abc import Callable

from flows.audit.opened import TrustOptions
from flows.client.registry import Registry
from flows.config.clock import clock_of, fixed
from flows.config.settings import Settings
from flows.demo.config import demo_signer
from flows.demo.recording import RECORDED_AT
from flows.store.base import Store
from flows.store.open import canonical_store
from flows.trust.recording import serves_recording
from flows.trust.trusted_keys import UNSEEN
from schemas.times import timestamp

RECORDING_NOTE = (
    f"This is the demo's recording of {timestamp(RECORDED_AT)[:10]}: pages and answers judge freshness by that day, "
    "not by today's, and trust the demo's key, which everybody has. --key, --root, SOURCE_DATE_EPOCH choose otherwise."
)


def opener(store: Store, settings: Settings, trusting: TrustOptions, *, epoch: int | None) -> Callable[[], Registry]:
    """Return a function that opens a store's registry, judged by the clock of `epoch` or else the system's.

    Where neither key, root nor epoch is chosen, and the store was never another publisher's, a local store in which
    everything is signed with the demo's key, which everybody has, is judged by the recording's day and that key.
    """

    def opened() -> Registry:
        if not is_recording(store, settings, trusting, epoch=epoch):
            return Registry(store, settings, trusting, clock_of(epoch))
        own = TrustOptions(key=demo_signer().key_id)
        return Registry(store, settings, own, fixed(RECORDED_AT), recorded_at=timestamp(RECORDED_AT))

    return opened


def is_recording(store: Store, settings: Settings, trusting: TrustOptions, *, epoch: int | None) -> bool:
    """Whether a store is the demo's, and is to be judged by its recording's day as nothing else is chosen or known."""
    chosen = trusting.key is not None or trusting.root is not None
    known = trusting.memory.of(canonical_store(settings.store)) if trusting.memory else UNSEEN
    return epoch is None and serves_recording(store, settings, chosen=chosen, known=known)
