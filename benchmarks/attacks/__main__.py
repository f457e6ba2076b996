"""Attack the product from outside, and print what held: `python -m benchmarks.attacks [--only NAME]… [--json FILE]`.

Each attack has a store of its own, published by real runs, and real local servers for what is hostile. What is printed
of it: its name, what was tried, whether that held, seconds, the most memory of a process that had to bear it, and by
which verdict a reader caught it. Exits with 1 when anything broke.
"""

import argparse
import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.attacks import crawls, history, logs, records, roots, stores, surroundings, transports
from benchmarks.attacks.places import Place, places

Attack = Callable[[Place], list[str]]
"""Attacks, and names what did not hold."""

ATTACKS: tuple[Attack, ...] = (
    *history.ATTACKS, *roots.ATTACKS, *logs.ATTACKS, *records.ATTACKS, *crawls.ATTACKS, *stores.ATTACKS,
    *transports.ATTACKS, *surroundings.ATTACKS,
)  # fmt: skip


class Tried(NamedTuple):
    """What came of one attack."""

    attack: str
    tried: str
    held: bool
    took_s: float
    peak_mb: float
    broken: list[str]
    caught_by: list[str]
    """The verdicts that readers gave, or what they printed of a file; empty where no reader had to notice it."""


def attacked(place: Place, attack: Attack) -> Tried:
    """Carry out one attack on a place as it was published."""
    place.pristine()
    begun = time.monotonic()
    try:
        broken = attack(place)
    except Exception as error:  # noqa: BLE001 - an attack that cannot be judged has not held
        where = traceback.extract_tb(error.__traceback__)[-1]
        broken = [
            f"cannot be judged: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"[:300]
        ]
    tried = (attack.__doc__ or "").partition("\n")[0]
    return Tried(
        attack.__name__, tried, not broken, time.monotonic() - begun, place.peak_mb, broken, list(place.caught)
    )


def show(one: Tried) -> None:
    """Print one line, and what broke below it."""
    verdict = "held" if one.held else "BROKEN"
    memory = f"{one.peak_mb:7.0f} MB" if one.peak_mb else " " * 10
    print(f"{one.attack:<36} {verdict:<7}{one.took_s:7.1f} s{memory}  {one.tried}", flush=True)
    if one.caught_by:
        print(f"{'':<36} by: {', '.join(one.caught_by)}")
    for fault in one.broken:
        print(f"    {fault}", flush=True)


def main() -> None:
    """Attack, print, and exit with 1 when anything broke."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="NAME", help="an attack's name, or the beginning of it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found to this file")
    parser.add_argument("--list", action="store_true", help="name the attacks and end")
    asked = parser.parse_args()
    chosen = [one for one in ATTACKS if not asked.only or one.__name__.startswith(tuple(asked.only))]
    if asked.list or not chosen:
        print("\n".join(f"{one.__name__:<36} {(one.__doc__ or '').partition(chr(10))[0]}" for one in ATTACKS))
        sys.exit(not asked.list)
    found = []
    with places() as place:
        for attack in chosen:
            found.append(attacked(place, attack))
            show(found[-1])
    held = sum(one.held for one in found)
    print(f"tried {len(found)}, held {held}, broken {len(found) - held}")
    if asked.json:
        asked.json.write_text(json.dumps([one._asdict() for one in found], indent=1))
    sys.exit(held != len(found))


if __name__ == "__main__":
    main()
