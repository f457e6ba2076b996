"""Collects what a publication does to keys and revocations, for whoever logs or shows it. No other module does."""

from flows.publish.publication import Publication, Publisher
from flows.registry.reader import Reader
from pipelines.signing.events import events
from schemas.events import Event


def events_of(publisher: Publisher, publication: Publication, base: Reader | None) -> list[Event]:
    """Return the events of a publication on top of a generation, in order; known before anything is written."""
    chain, there = publisher.chain, base.snapshot.root if base else None
    before = chain.versions.get(there.version) if chain and there else None
    sealed = publication.revocations
    return list(
        events(
            before=before.root if before else None,
            now=(chain.newest.root, chain.ref) if chain else None,
            revoked_before=base.revocations_number if base else 0,
            revocations=sealed.content if sealed else None,
        )
    )
