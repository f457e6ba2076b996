"""Measures building and verifying a passport, each beside the least time that it can take. `make bench`.

The floor of building is what no builder of signed passports can omit: parse the record, check the resulting document
against the contract, write its canonical bytes, sign them. The floor of verifying parses the document strictly, since
one that two parsers read differently must be refused, checks it against the contract, writes its canonical bytes, and
checks the signature. All are measured on the same passports, in the same process, in turns; the best of several rounds
counts, as other load on the machine can only add time.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Self

import orjson
from nacl.signing import SigningKey

from benchmarks.raws import raw_listing
from flows.demo.recording import models
from pipelines.formats.canonical_json import canonical
from pipelines.formats.strict_json import parse
from pipelines.merge.gather import gather
from pipelines.normalise.admit import admit
from pipelines.order import Issuance, Issued, make
from pipelines.passport.document import IssueContext
from pipelines.passport.links import Issuer
from pipelines.rules.gates import default_gates
from pipelines.signing.contract import conforms
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.verification import MAX_PASSPORT_BYTES, MAX_PASSPORT_DEPTH, verify_passport
from schemas.listing import Listing, RawListing

ROUNDS = 40
NOW = datetime(2026, 4, 22, 8, 12, 12, tzinfo=UTC)
SEED = bytes(range(32))
BUILD_BOUND, VERIFIED_BOUND, VERIFY_BOUND = 4.0, 2.0, 1.2


def build_all(raws: Sequence[RawListing], terms: IssueContext, signer: Signer, trusted: KeyRing) -> list[bytes]:
    """Return the signed passports of raw listings, through all steps of the pipeline."""
    listings = [listing for raw in raws if isinstance(listing := admit(raw), Listing)]
    made = [make(s, None, Issuance(terms, signer, trusted, 1)) for s in gather(listings).subjects]
    return [one.document for one in made if isinstance(one, Issued)]


def best_s(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Return the CPU seconds of each work, the best of several rounds in turns."""
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for place, work in enumerate(works):
            begun = time.process_time()
            work()
            best[place] = min(best[place], time.process_time() - begun)
    return best


class Bench:
    """Building and verifying the recorded models, and the floor of each, as works of the same passports."""

    def __init__(self, raws: Sequence[RawListing]) -> None:
        self.signer, self.key = Signer(SEED), SigningKey(SEED)
        self.trusted = KeyRing([self.signer.public_key])
        issuer = Issuer("unfragile.ai", "https://unfragile.ai")
        self.terms = IssueContext(issuer, default_gates(), NOW, self.signer.key_id)
        self.raws = raws
        self.documents = self.build()
        self.parsed = [orjson.loads(document) for document in self.documents]
        self.bodies = [raw.body for raw in raws]
        messages = [canonical(document) for document in self.parsed]
        self.signed = [(message, self.key.sign(message).signature) for message in messages]

    @classmethod
    def of_recording(cls) -> Self:
        """Return the works of the bundled recording."""
        return cls([raw_listing(record, NOW) for record in models()])

    def build(self) -> list[bytes]:
        """Return the signed passports of the raw listings, through all steps of the pipeline."""
        return build_all(self.raws, self.terms, self.signer, self.trusted)

    def build_floor(self) -> None:
        """Do what no builder can omit."""
        for body in self.bodies:
            json.loads(body)
        for document in self.parsed:
            assert conforms(document)
            self.key.sign(canonical(document))

    def verify(self) -> None:
        """Verify the passports."""
        for document in self.documents:
            assert verify_passport(document, keys=self.trusted, at=NOW)[0].verdict.good

    def verify_floor(self) -> None:
        """Do what no verifier can omit."""
        for document, (message, signature) in zip(self.documents, self.signed, strict=True):
            value = parse(document, max_bytes=MAX_PASSPORT_BYTES, max_depth=MAX_PASSPORT_DEPTH)
            assert conforms(value)
            assert canonical(value) == message
            self.key.verify_key.verify(message, signature)


def main() -> int:
    """Print the figures; return 1 when a bound is exceeded, else 0."""
    bench = Bench.of_recording()
    build, floor, verify, least = best_s(ROUNDS, bench.build, bench.build_floor, bench.verify, bench.verify_floor)
    count, size = len(bench.documents), sum(map(len, bench.documents)) // len(bench.documents)
    print(f"{count} passports of {size:,} bytes on average, best of {ROUNDS} rounds, microseconds a passport")
    retained = True
    for name, took, at_least, bound in (
        ("building", build, floor, BUILD_BOUND),
        ("the same", build, floor + least, VERIFIED_BOUND),
        ("verifying", verify, least, VERIFY_BOUND),
    ):
        ratio = took / at_least
        retained = retained and ratio <= bound
        us, floor_us = took / count * 1e6, at_least / count * 1e6
        print(f"{name:<10} {us:8.0f}   floor {floor_us:6.0f}   {ratio:4.2f} x the floor (bound {bound} x)")
    print('"The same" counts the floor of verifying too, as building verifies what it has signed.')
    return 0 if retained else 1


if __name__ == "__main__":
    sys.exit(main())
