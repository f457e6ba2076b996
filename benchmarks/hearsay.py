"""How far to trust what texts and tags say: against models.dev, which others wrote. `python -m benchmarks.hearsay`.

Two kinds of capability claims rest on no field of a listing: those that OpenRouter's descriptions state (of every
recorded day, each model and ability once), and those of a Hub repository's task and tags (the recorded repositories).
A repository is compared with models.dev's entry of the same repository, or with that of the OpenRouter listing that
names it as its weights. Prints the counts behind [confidence.method] of `pipelines/rules/issuing.toml`.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from benchmarks.accuracy import DAY, MODELS_DEV, recordings
from pipelines.description_claims import description_facts
from pipelines.enrich import enrich
from pipelines.life import life_of
from pipelines.merge import gather
from pipelines.order import admit
from schemas.listing import Listing
from tests.pipelines.listings import raw
from tests.recordings import hub_items, openrouter_models, recorded_days

Truth = Mapping[str, Any]

DESCRIBED = "described:"
OFFERED_ONLY = ("long context", "very long context", "prompt caching", "structured output", "document input")
"""What models.dev says of an offer and not of the weights."""

OF_TEXT = {
    "text generation": lambda t: "text" in t["modalities"]["output"],
    "multi-turn chat": lambda t: "text" in t["modalities"]["output"],
    "transcription": lambda t: "audio" in t["modalities"]["input"] and "text" in t["modalities"]["output"],
    "video generation": lambda t: "video" in t["modalities"]["output"],
    "speech synthesis": lambda t: "audio" in t["modalities"]["output"],
}
"""Capabilities of repositories that models.dev speaks of too, beside those of listings."""


def described(sold: Mapping[str, Truth]) -> Iterator[tuple[str, str, bool]]:
    """Each model and ability that a description of it states, and whether models.dev confirms it."""
    stated = {
        (record["id"], fact.name.removeprefix(DESCRIBED))
        for day in recorded_days()
        for record in openrouter_models(day)
        if ":" not in record["id"]  # an offer repeats its model's description
        for fact in description_facts(record.get("description") or "", "/description")
        if fact.name.startswith(DESCRIBED)
    }
    for model, name in sorted(stated):
        if model in sold and name in MODELS_DEV:
            yield model, name, bool(MODELS_DEV[name](sold[model]))


def tasked(sold: Mapping[str, Truth], held: Mapping[str, Truth]) -> Iterator[tuple[str, str, bool]]:
    """Each repository and ability that its task or tags show, and whether models.dev confirms it."""
    weights = {str(record.get("hugging_face_id")).lower(): record["id"] for record in openrouter_models(DAY)}
    truths = {key.lower(): truth for key, truth in held.items()}
    truths |= {repository: sold[model] for repository, model in weights.items() if model in sold}
    reads = {name: read for name, read in (MODELS_DEV | OF_TEXT).items() if name not in OFFERED_ONLY}
    for repository, names in sorted(abilities()):
        for name in names:
            if repository.lower() in truths and name in reads:
                yield repository, name, bool(reads[name](truths[repository.lower()]))


def abilities() -> Iterator[tuple[str, list[str]]]:
    """Each recorded repository, and the names of the capabilities that it alone shows."""
    for item in {item["id"]: item for item in hub_items()}.values():
        listing = admit(raw(item, "huggingface"))
        if isinstance(listing, Listing):
            for subject in gather([listing]).subjects:
                life = life_of(subject, datetime(2026, 5, 1, tzinfo=UTC).date())
                profile = enrich(subject, artifact_id="hf", life=life)
                yield item["id"], [capability["name"] for capability in profile.capabilities]


def show(title: str, judged: Iterator[tuple[str, str, bool]]) -> None:
    """Print counts, the figure that they give, and each claim that is denied."""
    tally: Counter[tuple[str, bool]] = Counter()
    for model, name, confirmed in judged:
        tally[name, confirmed] += 1
        if not confirmed:
            print(f"  {title}: {name} of {model} is not confirmed")
    for name in sorted({name for name, _ in tally}):
        print(f"  {name}: {tally[name, True]} of {tally[name, True] + tally[name, False]}")
    both = sum(count for (_, confirmed), count in tally.items() if confirmed)
    print(f"{title} = {(both + 1) / (tally.total() + 2):.2f}  # {both} of {tally.total()}")


def main() -> int:
    """Print the figures."""
    dev = json.loads(next((recordings() / "modelsdev").glob("api_*.json")).read_bytes())
    sold, held = dev["openrouter"]["models"], dev["huggingface"]["models"]
    show("described", described(sold))
    show("task", tasked(sold, held))
    return 0


if __name__ == "__main__":
    sys.exit(main())
