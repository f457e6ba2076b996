"""Measures how far claims from texts and tags can be trusted, by models.dev. `python -m benchmarks.hearsay`.

Two kinds of capability claims rest on no field of a listing: those that OpenRouter's descriptions state (of every
recorded day, each model and capability once), and those of a Hub repository's task and tags (of all recorded ones).
A repository is compared with models.dev's entry of it, or with that of the OpenRouter listing that names it as its
weights. Prints the counts of [confidence.method] in `pipelines/rules/issuing.toml`, and exits with 1 when the rules
have others. Descriptions are also compared with the makers' own entries.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from benchmarks.accuracy import DAY
from benchmarks.catalogues import MODELS_DEV, models_dev
from benchmarks.makers import by_models_dev
from pipelines.enrich.profile import enrich
from pipelines.enrich.status import status_of
from pipelines.merge.gather import gather
from pipelines.normalise.admit import admit
from pipelines.rules.issuing import posterior_mean
from pipelines.rules.rulebook import rulebook
from pipelines.texts.descriptions import description_facts
from pipelines.texts.subjects import names_of
from schemas.listing import Listing
from tests.support.listings import raw
from tests.support.recordings import hub_items, openrouter_models, recorded_days

Truth = Mapping[str, Any]

DESCRIBED = "described:"
OFFERED_ONLY = ("long context", "very long context", "prompt caching", "structured output", "document input")
"""Capabilities that models.dev states of an offer, not of the weights."""

OF_TEXT = {
    "text generation": lambda t: "text" in t["modalities"]["output"],
    "multi-turn chat": lambda t: "text" in t["modalities"]["output"],
    "transcription": lambda t: "audio" in t["modalities"]["input"] and "text" in t["modalities"]["output"],
    "video generation": lambda t: "video" in t["modalities"]["output"],
    "speech synthesis": lambda t: "audio" in t["modalities"]["output"],
}
"""Capabilities that models.dev states of repositories, beside those of listings → how to read them."""

GROUPS = {"pipeline_tag": "task", "tags": "tag"}
"""Field of a repository → group of the facts that are read from it."""


class Judged(NamedTuple):
    """One claim, the groups of facts that are its evidence, and whether models.dev confirms it."""

    model: str
    capability: str
    groups: frozenset[str]
    confirmed: bool


class Shown(NamedTuple):
    """One capability of a repository, and the groups of facts that are its evidence."""

    repository: str
    capability: str
    groups: frozenset[str]


def stated() -> list[tuple[str, str]]:
    """Return each model and capability that its description states."""
    return sorted(
        {
            (record["id"], fact.name.removeprefix(DESCRIBED))
            for day in recorded_days()
            for record in openrouter_models(day)
            if ":" not in record["id"]  # an offer repeats its model's description
            for fact in description_facts(
                record.get("description") or "", "/description", names_of(record["id"], record["name"])
            )
            if fact.name.startswith(DESCRIBED)
        }
    )


def described(entries: Mapping[str, Truth]) -> Iterator[Judged]:
    """Yield the claims of descriptions that the entries confirm or deny."""
    for model, name in stated():
        value = MODELS_DEV[name](entries[model]) if model in entries and name in MODELS_DEV else None
        if value is not None:
            yield Judged(model, name, frozenset({"described"}), value)


def tasked(sold: Mapping[str, Truth], held: Mapping[str, Truth]) -> Iterator[Judged]:
    """Yield the claims from tasks and tags of repositories that models.dev confirms or denies."""
    weights = {str(record.get("hugging_face_id")).lower(): record["id"] for record in openrouter_models(DAY)}
    truths = {key.lower(): truth for key, truth in held.items()}
    truths |= {repository: sold[model] for repository, model in weights.items() if model in sold}
    reads = {name: read for name, read in (MODELS_DEV | OF_TEXT).items() if name not in OFFERED_ONLY}
    for one in sorted(abilities()):
        if one.repository.lower() in truths and one.capability in reads:
            stated = bool(reads[one.capability](truths[one.repository.lower()]))
            yield Judged(one.repository, one.capability, one.groups, stated)


def abilities() -> Iterator[Shown]:
    """Yield the capabilities that each recorded repository shows on its own."""
    for item in {item["id"]: item for item in hub_items()}.values():
        listing = admit(raw(item, "huggingface"))
        if isinstance(listing, Listing):
            for subject in gather([listing]).subjects:
                life = status_of(subject, datetime(2026, 5, 1, tzinfo=UTC).date())
                profile = enrich(subject, artifact_id="hf", life=life)
                for place, capability in enumerate(profile.capabilities):
                    at = [e["locator"] for e in profile.evidence if e["path"] == f"/capabilities/{place}"]
                    groups = frozenset(GROUPS.get(locator.split("/")[1], locator) for locator in at)
                    yield Shown(item["id"], capability["name"], groups)


def counted(judged: Iterable[Judged]) -> dict[str, tuple[int, int]]:
    """Return capability → number of its claims confirmed, and number compared."""
    tally = Counter((one.capability, one.confirmed) for one in judged)
    names = sorted({name for name, _ in tally})
    return {name: (tally[name, True], tally[name, True] + tally[name, False]) for name in names}


def show(title: str, judged: list[Judged]) -> tuple[int, int]:
    """Print counts and each claim that is denied; return the numbers confirmed and compared."""
    print(f"\n{title}")
    for name, (confirmed, compared) in counted(judged).items():
        print(f"  {name}: {confirmed} of {compared} = {posterior_mean(confirmed, compared)}")
    for one in judged:
        if not one.confirmed:
            print(f"  not confirmed: {one.capability} of {one.model}")
    confirmed = sum(one.confirmed for one in judged)
    print(f"  together {confirmed} of {len(judged)} = {posterior_mean(confirmed, len(judged))}")
    return confirmed, len(judged)


def main() -> int:
    """Print the figures; return 1 when the rules have others, else 0."""
    dev, held = models_dev(), rulebook().issuing.confidence.method
    sold = dev["openrouter"]["models"]
    words = show("described, by the section openrouter", list(described(sold)))
    show("described, by the makers' own entries", list(described(by_models_dev({m for m, _ in stated()}, dev))))
    pooled = held["described"].pooled
    retained = pooled is not None and (pooled.confirmed, pooled.compared) == words
    judged = list(tasked(sold, dev["huggingface"]["models"]))
    for group in GROUPS.values():
        of_group = [one for one in judged if group in one.groups]
        show(f"repositories, shown by a {group}", of_group)
        in_rules = {name: (one.confirmed, one.compared) for name, one in held[group].measured.items()}
        retained = retained and counted(of_group) == in_rules
    if not retained:
        print("pipelines/rules/issuing.toml holds other counts than these")
    return 0 if retained else 1


if __name__ == "__main__":
    sys.exit(main())
