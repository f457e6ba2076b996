"""Counts the instructions of building models that were not seen before: `python -m benchmarks.unseen`.

`benchmarks.instruction_counts` builds the same models again and again, so that all their words, lists and facts are
known. Here every fourth listing of a recorded day (PASSPORTS_RECORDINGS) is read and built once, by rules that the
bundled recording has warmed up, and then the floor of these passports is counted, all by callgrind in one process.
"""

import gc
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from benchmarks.cards import recordings
from benchmarks.instruction_counts import FLOOR, be_counted, counts
from benchmarks.passports import Bench
from benchmarks.raws import raw_listing
from pipelines.formats.patterns import Expression
from pipelines.merge.gather import gather
from pipelines.normalise.admit import admit
from pipelines.order import Issuance, Issued, make
from schemas.listing import Listing

DAY, EVERY = "2026-06-18", 4
READING, MAKING = "read the records", "gather, draft, score, check, sign and verify"


def models() -> list[dict[str, Any]]:
    """Return every fourth listing of the recorded day."""
    data = recordings()
    assert data, "the larger recordings are not here: name their folder in PASSPORTS_RECORDINGS"
    document = json.loads((data / f"openrouter/models_{DAY}.json").read_bytes())
    recorded: list[dict[str, Any]] = document if isinstance(document, list) else document["data"]
    return recorded[::EVERY]


def works() -> dict[str, Callable[[], object]]:
    """Return what is counted once each, in this order; the rules are warmed up."""
    now = datetime.fromisoformat(f"{DAY}T08:00:00").replace(tzinfo=UTC)
    warm = Bench.of_recording()
    warm.build()
    for expression in gc.get_objects():
        if isinstance(expression, Expression):
            expression.compiled  # noqa: B018 - once for all listings, as the first one that needs it does
    issuance = Issuance(replace(warm.terms, now=now), warm.signer, warm.trusted, 1)
    raws = [raw_listing(record, now) for record in models()]
    listings: list[Listing] = []
    built: list[bytes] = []

    def read() -> None:
        listings.extend(listing for raw in raws if isinstance(listing := admit(raw), Listing))

    def build() -> None:
        made = [make(subject, None, issuance) for subject in gather(listings).subjects]
        built.extend(one.document for one in made if isinstance(one, Issued))

    def prepare_floor() -> None:
        warm.parsed = [orjson.loads(document) for document in built]
        warm.bodies = [raw.body for raw in raws]

    return {READING: read, MAKING: build, "prepare the floor": prepare_floor, FLOOR: warm.build_floor}


def main() -> int:
    """Print the counts a listing, and the ratio of all to the floor."""
    if sys.argv[1:2] == ["--in"]:
        be_counted(Path(sys.argv[2]), works())
        return 0
    found, many = counts("benchmarks.unseen"), len(models())
    for name in (READING, MAKING, FLOOR):
        print(f"{name:<46}{found[name] / many / 1e6:7.2f} M a listing")
    building = found[READING] + found[MAKING]
    print(f"building: {building / many / 1e6:.2f} M a listing, {building / found[FLOOR]:.3f} x the floor")
    return 0


if __name__ == "__main__":
    sys.exit(main())
