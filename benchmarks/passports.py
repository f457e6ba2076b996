"""Measures building and verifying a passport, each beside the least time that it can take. `make bench`.

The floor of building is what no builder of signed passports can omit: parse the record, check the resulting document
against the contract, write its canonical bytes, sign them. The floor of verifying checks the signature instead. All are
measured on the same passports, in the same process, in turns; the best of several rounds counts, as other load on the
machine can only add time.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import orjson
from nacl.signing import SigningKey

from benchmarks.raws import raw_listing
from flows.demo.recording import models
from pipelines.formats.canonical_json import canonical
from pipelines.merge.gather import gather
from pipelines.normalise.admit import admit
from pipelines.order import Issuance, Issued, make
from pipelines.passport.document import IssueContext
from pipelines.passport.links import Issuer
from pipelines.rules.gates import default_gates
from pipelines.signing.contract import conforms
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.verification import verify_passport
from schemas.listing import Listing, RawListing

ROUNDS = 15
NOW = datetime(2026, 4, 22, 8, 12, 12, tzinfo=UTC)
SEED = bytes(range(32))
BUILD_BOUND, VERIFY_BOUND = 4.0, 2.0


def build_all(raws: Sequence[RawListing], terms: IssueContext, signer: Signer, trusted: KeyRing) -> list[bytes]:
    """Return the signed passports of raw listings, through all steps of the pipeline."""
    listings = [listing for raw in raws if isinstance(listing := admit(raw), Listing)]
    made = [make(s, None, Issuance(terms, signer, trusted, 1)) for s in gather(listings).subjects]
    return [one.document for one in made if isinstance(one, Issued)]


def best_s(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Return the seconds of each work, the best of several rounds in turns."""
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for place, work in enumerate(works):
            begun = time.perf_counter()
            work()
            best[place] = min(best[place], time.perf_counter() - begun)
    return best


def main() -> int:
    """Print the figures; return 1 when a bound is exceeded, else 0."""
    signer, key = Signer(SEED), SigningKey(SEED)
    trusted = KeyRing([signer.public_key])
    terms = IssueContext(Issuer("unfragile.ai", "https://unfragile.ai"), default_gates(), NOW, signer.key_id)
    raws = [raw_listing(record, NOW) for record in models()]
    documents = build_all(raws, terms, signer, trusted)
    parsed = [orjson.loads(document) for document in documents]
    bodies = [raw.body for raw in raws]
    signed = [(canonical(document), key.sign(canonical(document)).signature) for document in parsed]

    def build_floor() -> None:
        for body in bodies:
            json.loads(body)
        for document in parsed:
            assert conforms(document)
            key.sign(canonical(document))

    def verify_floor() -> None:
        for document, (message, signature) in zip(documents, signed, strict=True):
            value = orjson.loads(document)
            assert conforms(value)
            assert canonical(value) == message
            key.verify_key.verify(message, signature)

    def verify_all() -> None:
        for document in documents:
            assert verify_passport(document, keys=trusted, at=NOW)[0].verdict.good

    build, floor, verify, least = best_s(
        ROUNDS, lambda: build_all(raws, terms, signer, trusted), build_floor, verify_all, verify_floor
    )
    count, size = len(documents), sum(map(len, documents)) // len(documents)
    print(f"{count} passports of {size:,} bytes on average, best of {ROUNDS} rounds, microseconds a passport")
    retained = True
    for name, took, at_least, bound in (
        ("building", build, floor, BUILD_BOUND),
        ("verifying", verify, least, VERIFY_BOUND),
    ):
        ratio = took / at_least
        retained = retained and ratio <= bound
        us, floor_us = took / count * 1e6, at_least / count * 1e6
        print(f"{name:<10} {us:8.0f}   floor {floor_us:6.0f}   {ratio:4.2f} x the floor (bound {bound} x)")
    return 0 if retained else 1


if __name__ == "__main__":
    sys.exit(main())
