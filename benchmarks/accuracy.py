"""Compares capabilities with what catalogues state of the same models, which gives their confidence. `make accuracy`.

The passports of one recorded day are built in memory and compared twice. The section `openrouter` of models.dev follows
OpenRouter, our source: it tests how well we read it. The makers' own entries, in models.dev and LiteLLM's table, are
independent of it: they give the confidences of `pipelines/rules/issuing.toml`. Prints tables and disagreements, draws
docs/accuracy.svg. Exits with 1 when a reading is below its bound or a figure in the rules is not what the counts give.
"""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.accuracy_chart import draw
from benchmarks.catalogues import (
    LITELLM,
    MODELS_DEV,
    Answers,
    Truth,
    answers,
    first_of,
    litellm,
    models_dev,
    recordings,
    two_sided,
)
from benchmarks.counts import Count, brier, compare, disagreements, table
from benchmarks.makers import by_litellm, by_models_dev
from benchmarks.raws import raw_listing
from pipelines.merge.gather import gather
from pipelines.normalise.admit import admit
from pipelines.passport.document import IssueContext, draft
from pipelines.passport.links import Issuer
from pipelines.rules.gates import default_gates
from pipelines.rules.rulebook import rulebook
from schemas.listing import Listing

DAY = "2026-05-01"
NOW = datetime(2026, 5, 1, 8, 0, 0, tzinfo=UTC)
LEAST = 0.98
"""Precision and recall that our reading of the capabilities of `HELD_TO` must reach."""
HELD_TO = ("tool calling", "extended reasoning", "structured output", "image understanding")
APART = {
    "model routing", "multi-model deliberation", "request composition", "content moderation", "code editing",
    "codebase search", "prompt completion", "sound generation",
}  # fmt: skip
"""Capabilities of routers, and of models for a single task. A catalogue describes both by the form of their listings:
by what the models behind a router can do, and by pictures and contexts that serve the one task alone."""

Claims = Mapping[str, set[str]]
"""Listing id → names of the capabilities that its passport claims."""


class OfMakers(NamedTuple):
    """What the makers' own entries state of capabilities."""

    sections: Answers
    """From models.dev."""
    rows: Answers
    """From LiteLLM's table."""

    @property
    def first(self) -> dict[str, dict[str, bool]]:
        """One answer for each claim: models.dev's, else LiteLLM's if it also denies the capability of some model."""
        speaks = two_sided(self.rows)
        heard = {key: {name: yes for name, yes in of.items() if name in speaks} for key, of in self.rows.items()}
        return first_of(self.sections, heard)


def records() -> list[dict[str, Any]]:
    """Return OpenRouter's records of the day."""
    document = json.loads((recordings() / f"openrouter/models_{DAY}.json").read_bytes())
    return list(document if isinstance(document, list) else document["data"])


def claims() -> dict[str, set[str]]:
    """Return listing id → names of the capabilities of its passport of the day."""
    listings = [listing for record in records() if isinstance(listing := admit(raw_listing(record, NOW)), Listing)]
    terms = IssueContext(Issuer("unfragile.ai", "https://unfragile.ai"), default_gates(), NOW, "accuracy")
    return {
        subject.primary.id: {c["name"] for c in draft(subject, terms).unfragile["capabilities"]}
        for subject in gather(listings).subjects
    }


def of_form(ours: Claims) -> Claims:
    """Return the claims of the models of which a catalogue that follows the listing says the same: not those apart."""
    return {listing_id: names for listing_id, names in ours.items() if not names & APART}


def of_makers(ours: Claims) -> OfMakers:
    """Return the makers' own entries of the models that we have passports of."""
    sections, rows = by_models_dev(ours, models_dev()), by_litellm(ours, litellm())
    return OfMakers(answers(sections, MODELS_DEV), answers(rows, LITELLM))


def confirmed(ours: Claims, makers: OfMakers) -> list[Count]:
    """Return the counts behind the confidences: of capabilities with at least one claim of ours compared."""
    return [c for c in compare(ours, makers.first) if c.claimed]


def likeness(sold: Mapping[str, Truth]) -> None:
    """Print how many values of the section `openrouter` are the same in OpenRouter's own listing."""
    pairs = [(record, sold[record["id"]]) for record in records() if record["id"] in sold]
    listed = [datetime.fromtimestamp(record["created"], UTC).date().isoformat() for record, _ in pairs]
    alike = {
        "context length": sum(r["context_length"] == e["limit"]["context"] for r, e in pairs),
        "prompt price": sum(
            abs(float(r["pricing"]["prompt"]) * 1e6 - e["cost"]["input"]) < 1e-9 for r, e in pairs if "cost" in e
        ),
        "release date = day of listing": sum(
            e["release_date"] == day for (_, e), day in zip(pairs, listed, strict=True)
        ),
    }
    print(f"the same in OpenRouter's listing and its section, of {len(pairs)} common ids (variants too):")
    for field, number in alike.items():
        print(f"  {field}: {number}")


def tell_disagreements(ours: list[Count], makers: OfMakers) -> None:
    """Print who states what where a maker's entry and a passport differ."""
    print("\ndisagreements with the makers' own entries")
    for capability, listing_id, side in disagreements(ours):
        who = "models.dev" if capability in makers.sections.get(listing_id, {}) else "LiteLLM"
        reported = (
            f"the passport says it, {who} denies it" if side == "ours" else f"{who} says it, the passport does not"
        )
        also = {True: "; LiteLLM says it", False: "; LiteLLM denies it", None: ""}
        heard = makers.rows.get(listing_id, {}).get(capability) if who == "models.dev" else None
        print(f"  {capability}: {listing_id}: {reported}{also[heard]}")
    print("\nclaims that a maker's own section denies and LiteLLM's row of the maker's states")
    for c in ours:
        denied = [listing_id for listing_id in c.only_ours if c.capability in makers.sections.get(listing_id, {})]
        if stated := sum(makers.rows.get(listing_id, {}).get(c.capability, False) for listing_id in denied):
            print(f"  {c.capability}: {stated} of {len(denied)}")


def published(ours: Claims, measured: set[str]) -> tuple[int, int, dict[str, int]]:
    """Return the number of published capabilities of measured kinds, that of all, and the count of each other kind."""
    tally = Counter(name for of in ours.values() for name in of)
    others = {name: number for name, number in tally.most_common() if name not in measured}
    return tally.total() - sum(others.values()), tally.total(), others


def settle(ours: Claims, counts: list[Count]) -> bool:
    """Print the confidences that the rules must have; return whether they have them."""
    held = rulebook().issuing.confidence
    print("\nconfidence: (confirmed + 1) / (compared + 2)")
    for c in counts:
        print(f'"{c.capability}" = {{ confirmed = {c.both}, compared = {c.claimed}, figure = {c.confidence} }}')
    print(f"Brier score {brier(counts):.4f} on {sum(c.claimed for c in counts)} claims")
    measured, total, others = published(ours, {c.capability for c in counts})
    print(f"{measured} of {total} published capabilities are of a measured kind")
    print("the others: " + ", ".join(f"{name} {number}" for name, number in others.items()))
    retained = {name: (one.confirmed, one.compared) for name, one in held.measured.items()}
    return retained == {c.capability: (c.both, c.claimed) for c in counts}


def denied(ours: Claims, makers: OfMakers) -> tuple[int, int]:
    """Return how many claims that a maker's section denies LiteLLM's row states, and how many have a row at all."""
    claimed = [(listing_id, name) for listing_id, of in ours.items() for name in of]
    against = [one for one in claimed if makers.sections.get(one[0], {}).get(one[1]) is False and one[0] in makers.rows]
    return sum(makers.rows[listing_id].get(name, False) for listing_id, name in against), len(against)


def main() -> int:
    """Print the figures; return 1 when one is below its bound or not in the rules, else 0."""
    ours, sold = claims(), models_dev()["openrouter"]["models"]
    makers, reading = of_makers(ours), compare(of_form(ours), answers(sold, MODELS_DEV))
    together = compare(ours, makers.first)
    print(f"{DAY}: {len(ours)} passports; {len(ours.keys() & sold.keys())} in the section openrouter of models.dev,")
    print(f"{len(makers.sections)} in a maker's own section of it, {len(makers.rows)} in a maker's own row of LiteLLM,")
    print(f"{len(makers.first)} in one or both of them")
    likeness(sold)
    table("a catalogue that follows OpenRouter: models.dev, section openrouter (a test of our reading)", reading)
    table("the makers' own entries: models.dev, the makers' sections", compare(ours, makers.sections))
    table("the makers' own entries: LiteLLM, the makers' rows (mostly only yes)", compare(ours, makers.rows))
    table("the makers' own entries together: models.dev, else LiteLLM where it also says no", together)
    print("\ndisagreements with the section openrouter")
    for capability, listing_id, side in disagreements(reading):
        print(f"  {capability}: {listing_id} (only {side})")
    tell_disagreements(together, makers)
    agreed = settle(ours, confirmed(ours, makers))
    stated, against = denied(ours, makers)
    print(f"of {against} claims that a maker's section denies and whose model LiteLLM has, LiteLLM states {stated}")
    held = rulebook().issuing.confidence.denied
    agreed = agreed and (held.confirmed, held.compared) == (stated, against)
    draw(compare(ours, makers.sections), Path(__file__).resolve().parents[1] / "docs/accuracy.svg")
    if not agreed:
        print("pipelines/rules/issuing.toml holds other counts than these")
    retained = all(min(c.precision or 0, c.recall or 0) >= LEAST for c in reading if c.capability in HELD_TO)
    return 0 if retained and agreed else 1


if __name__ == "__main__":
    sys.exit(main())
