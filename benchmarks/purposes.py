"""Measures what passports state models to be for, on the recorded listings of 2026-06-18. `make accuracy`.

Descriptions are compared with labels that were written before the rules were run on them; tasks with listings that fit
them and listings that do not; models that are made for code with the other models of the same maker. Exits with 1 where
a figure is below its bound.
"""

import re
import sys
import tomllib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, get_args

import orjson

from benchmarks.raws import raw_listing
from pipelines.merge.gather import gather
from pipelines.normalise.admit import admit
from pipelines.passport.document import IssueContext, draft
from pipelines.passport.links import Issuer
from pipelines.rules.gates import default_gates
from pipelines.texts.purposes import PURPOSE, description_purposes
from pipelines.texts.subjects import names_of
from pipelines.views.matching import matches
from schemas.listing import Listing
from schemas.passport.artifact import CapabilityCategory
from tests.support.recordings import openrouter_models
from tests.support.tasks import tasks

DAY = "2026-06-18"
NOW = datetime(2026, 6, 18, 8, 0, 0, tzinfo=UTC)
LABELS = Path(__file__).parent / "labels/purposes.toml"

LEAST_PRECISION, LEAST_RECALL = 0.95, 0.85
LEAST_SHARE = 0.8
"""Share of the labelled listings whose description names a purpose that must have one of those named."""
LARGEST_SHARE = 0.15
"""Most of a passport's bytes that its purposes and their evidence may be, on average."""

CODER = re.compile(r"cod(?:e|er|ex)\b|codestral|devstral", re.IGNORECASE)
"""Names of models that are made for code."""

Json = dict[str, Any]


class Figures(NamedTuple):
    """How descriptions were read, against the labels."""

    right: int
    wrong: int
    missed: int
    naming: int
    """Listings whose description names a purpose."""
    having: int
    """Those of them that have one of the named purposes."""


def statements() -> dict[str, Json]:
    """Return listing id → `unfragile` of its passport of the day."""
    records = openrouter_models(DAY)
    listings = [listing for record in records if isinstance(listing := admit(raw_listing(record, NOW)), Listing)]
    terms = IssueContext(Issuer("unfragile.ai", "https://unfragile.ai"), default_gates(), NOW, "accuracy")
    made = {subject.primary.base_id: draft(subject, terms).unfragile for subject in gather(listings).subjects}
    return {listing_id: orjson.loads(orjson.dumps(unfragile)) for listing_id, unfragile in made.items()}


def read_labels() -> Figures:
    """Compare the readings of the labelled descriptions with their labels; prints what differs."""
    records = {record["id"].partition(":")[0]: record for record in openrouter_models(DAY)}
    right = wrong = missed = naming = having = 0
    for listing_id, label in tomllib.loads(LABELS.read_text("utf-8")).items():
        record = records[listing_id]
        facts = description_purposes(record["description"], "/description", names_of(record["id"], record["name"]))
        read = {fact.name.removeprefix(PURPOSE) for fact in facts}
        named = set(label["named"])
        false = read - named - set(label.get("also", ()))
        right, wrong, missed = right + len(read & named), wrong + len(false), missed + len(named - read)
        naming, having = naming + bool(named), having + bool(read & named)
        if false or named - read:
            print(f"  {listing_id}: wrong {sorted(false)}, missed {sorted(named - read)}")
    return Figures(right, wrong, missed, naming, having)


def judge_labels() -> bool:
    """Print the figures of the labelled descriptions; return whether they are within their bounds."""
    found = read_labels()
    precision = found.right / (found.right + found.wrong)
    recall, share = found.right / (found.right + found.missed), found.having / found.naming
    print(f"purposes of labelled descriptions: precision {precision:.3f} (at least {LEAST_PRECISION}), ", end="")
    print(
        f"recall {recall:.3f} (at least {LEAST_RECALL}); {found.having} of {found.naming} listings that name a ", end=""
    )
    print(f"purpose have it: {share:.2f} (at least {LEAST_SHARE})")
    return precision >= LEAST_PRECISION and recall >= LEAST_RECALL and share >= LEAST_SHARE


def judge_tasks(made: dict[str, Json]) -> bool:
    """Print for each task how many models it finds; return whether they are the right ones and no others."""
    slugs = {listing_id: unfragile["artifact"]["slug"] for listing_id, unfragile in made.items()}
    retained = True
    for task in tasks():
        found = {match.slug for match in matches(task.task, made.values())}
        lost = [listing_id for listing_id in task.finds if slugs[listing_id] not in found]
        false = [listing_id for listing_id in task.misses if slugs[listing_id] in found]
        retained = retained and not lost and not false
        print(f"{len(found):>5}  {task.task}" + (f": does not find {lost}, finds {false}" if lost or false else ""))
    return retained


def what_it_does(unfragile: Json) -> frozenset[str]:
    """Names of a passport's capabilities and ids of its purposes."""
    return frozenset(
        [one["name"] for one in unfragile["capabilities"]] + [f"for {one['id']}" for one in unfragile["purposes"]]
    )


def judge_coders(made: dict[str, Json]) -> bool:
    """Print the models made for code; return whether each says so and differs from its maker's other models."""
    routers = {name for name, one in made.items() if any(c["name"] == "model routing" for c in one["capabilities"])}
    coders = {listing_id for listing_id in made.keys() - routers if CODER.search(listing_id)}
    retained, unstated = True, []
    for listing_id in sorted(coders):
        maker, does = listing_id.partition("/")[0], what_it_does(made[listing_id])
        others = [name for name in made.keys() - coders if name.partition("/")[0] == maker]
        twins = [name for name in others if what_it_does(made[name]) == does]
        unstated += [] if "for coding" in does else [listing_id]
        if twins:
            retained = False
            print(f"  {listing_id} cannot be distinguished from {twins}")
    print(f"{len(coders)} models made for code; {len(coders) - len(unstated)} say so; the others: {sorted(unstated)}")
    return retained and not unstated


def judge_size(made: dict[str, Json]) -> bool:
    """Print how much of a passport its purposes are; return whether that is within its bound."""
    shares = [_share(unfragile) for unfragile in made.values()]
    mean = sum(shares) / len(shares)
    print(
        f"purposes and their evidence are {mean:.1%} of a passport on average (at most {LARGEST_SHARE:.0%}), ", end=""
    )
    print(f"{max(shares):.1%} at most")
    return mean <= LARGEST_SHARE


def _share(unfragile: Json) -> float:
    shown = [entry for entry in unfragile["evidence"] if entry["path"].startswith("/purposes/")]
    return len(orjson.dumps([unfragile["purposes"], shown])) / len(orjson.dumps(unfragile))


def main() -> int:
    """Print the figures; return 1 where one is below its bound, else 0."""
    made = statements()
    counts = Counter(purpose["id"] for unfragile in made.values() for purpose in unfragile["purposes"])
    print(f"{len(made)} passports of {DAY}, {sum(bool(one['purposes']) for one in made.values())} with purposes:")
    print("  " + ", ".join(f"{name} {count}" for name, count in counts.most_common()))
    shown = {category for one in made.values() for ability in one["capabilities"] for category in ability["categories"]}
    shown |= {purpose["category"] for one in made.values() for purpose in one["purposes"]}
    missing = set(get_args(CapabilityCategory)) - shown
    print(f"categories of the format that no passport has: {sorted(missing) or 'none'}")
    judged = [judge_labels(), judge_tasks(made), judge_coders(made), judge_size(made), not missing]
    return 0 if all(judged) else 1


if __name__ == "__main__":
    sys.exit(main())
