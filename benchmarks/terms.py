"""Checks what the passports of a recorded day state of dates, licences, refusals, unknowns and confidence.

`python -m benchmarks.terms`, a step of `make accuracy`. Each check counts the passports that state something
wrong, by its own reading of the documents, and names some; the command exits with 1 unless all counts are 0.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from typing import Any

from benchmarks.recorded_day import DAY, NOW, built, card_texts
from pipelines.enrich.status import last_observed_at, valid_until
from pipelines.freshness import deadlines
from pipelines.markdown.front_matter import read_front_matter
from pipelines.normalise.huggingface.spellings import language_code, licence_id, licence_kinds
from pipelines.rules.gates import default_gates

Json = Mapping[str, Any]

FARTHEST = f"{NOW.year + 10}-{NOW.month:02}"
"""Month from which on an announced end is a placeholder."""
SAYS_SO = re.compile(r"(uncensored|abliterated|heretic)", re.IGNORECASE)
DECLINES = "other models decline"
HUB_FIGURES = ("/trust/community/model_downloads", "/trust/community/model_likes", "/artifact/model/huggingface_id")
DENIED = {"tools": "tool calling", "reasoning": "extended reasoning", "structured_outputs": "structured output"}
"""Parameter of a conflict → the capability that the other side denies."""
MODALITIES = {"image": "image understanding", "file": "document input", "video": "video understanding"}
SHOWN = 5


def placeholder_ends(unfragile: Json) -> bool:
    """Whether an end ten years ahead is shown anywhere."""
    model = unfragile["artifact"]["model"]
    ends = [model["expires_on"], *(offer["expires_on"] for offer in model["offers"])]
    stated = " ".join(unfragile["trust"]["failure_modes"])
    return any(end and end >= FARTHEST for end in ends) or "2098-" in stated or "9999-" in stated


def listing_as_release(unfragile: Json) -> bool:
    """Whether the day since when it is listed is shown as a release."""
    shown = [entry for entry in unfragile["evidence"] if entry["path"] == "/artifact/model/released_on"]
    model, named = unfragile["artifact"]["model"], any("/openrouter/" in entry["locator"] for entry in shown)
    copied = named and model["released_on"] == model["listed_on"]
    return copied or any(entry["locator"] in ("/created", "/createdAt") for entry in shown)


def open_in_spite_of_its_licence(unfragile: Json) -> bool:
    """Whether weights of restricted use are called open source, or the restriction is no failure mode."""
    model, pricing = unfragile["artifact"]["model"], unfragile["artifact"]["pricing"]["model"]
    kinds = licence_kinds(model["licence"]) if model["licence"] else ()
    stated = [text for text in unfragile["trust"]["failure_modes"] if "licence of its weights" in text]
    unlicensed = model["licence"] is None
    return (pricing == "open_source" and bool(unlicensed or kinds or model["gated"])) or len(stated) < len(kinds)


def unchecked_words(unfragile: Json) -> bool:
    """Whether a licence or a language is shown that is none."""
    model = unfragile["artifact"]["model"]
    named = model["licence"] is None or licence_id(model["licence"]) or re.search("[A-Za-z]{2}", model["licence"])
    return not named or any(language_code(one) is None for one in model["languages"])


def silent_about_refusals(unfragile: Json) -> bool:
    """Whether a model that calls itself uncensored, abliterated or heretic is not stated to be."""
    artifact = unfragile["artifact"]
    names = [artifact["name"], artifact["model"]["listing_id"].partition("/")[2]]
    names += [tag for tag in artifact["tags"] if ":" not in tag]
    says = any(map(SAYS_SO.search, names))
    return says and not any(DECLINES in text for text in unfragile["trust"]["failure_modes"])


def unexplained_unknowns(unfragile: Json) -> bool:
    """Whether something that nobody was asked for, or that does not apply, is called not stated."""
    artifact, records = unfragile["artifact"], {one["source"] for one in unfragile["artifact"]["model"]["records"]}
    silent = {one["path"] for one in unfragile["unknowns"] if one["reason"] == "not_stated"}
    sold = "openrouter" in records
    unasked = sold and "openrouter-endpoints" not in records and "/artifact/model/providers" in silent
    closed = artifact["model"]["open_weights"] is False and artifact["model"]["huggingface_id"] is None
    beside = (closed or artifact["type"] == "api") and not silent.isdisjoint(HUB_FIGURES)
    applying = [one for one in unfragile["unknowns"] if one["reason"] not in ("not_applicable", "cut_off")]
    covered = unfragile["trust"]["coverage"]
    return unasked or beside or covered["of"] - covered["stated"] != len(applying)


def unfounded_confidence(unfragile: Json) -> bool:
    """Whether a figure is without its counts, or a missing one is not called stated."""
    counts = re.compile(r"[0-9]+ of [0-9]+ ")
    return any(
        (one["confidence"] is None) != (one["basis"] == "stated")
        or (one["confidence"] is not None and not counts.search(one["basis"]))
        for one in unfragile["capabilities"]
    )


def undenied(unfragile: Json) -> bool:
    """Whether a capability that another side of a conflict denies has the confidence of one that nobody does."""
    basis = {one["name"]: one["basis"] for one in unfragile["capabilities"]}
    denied = {name for conflict in unfragile["conflicts"] for name in _denied(conflict)}
    return any("denied by" not in basis[name] for name in denied & basis.keys())


def _denied(conflict: Json) -> Iterator[str]:
    believed, *others = conflict["values"]
    for side in others:
        parameter = side["scope"].rpartition("on ")[2]
        if conflict["path"].endswith("/parameters") and side["value"] is False and parameter in DENIED:
            yield DENIED[parameter]
        if conflict["path"].endswith("/input_modalities"):
            yield from (name for word, name in MODALITIES.items() if word in set(believed["value"]) - {*side["value"]})


CHECKS: dict[str, Callable[[Json], bool]] = {
    "a placeholder is shown as an announced end": placeholder_ends,
    "the day of listing is shown as a release": listing_as_release,
    "restricted weights are called open source, or the restriction is not stated": open_in_spite_of_its_licence,
    "a licence or language is shown that is none": unchecked_words,
    "calls itself uncensored, abliterated or heretic, and the passport does not": silent_about_refusals,
    "an unknown without its reason": unexplained_unknowns,
    "a confidence without its basis": unfounded_confidence,
    "a denied capability is as certain as an undenied one": undenied,
}


def outlives(unfragile_end: str | None, expires_at: str) -> bool:
    """Whether a passport is valid after the day on which its model ends."""
    return unfragile_end is not None and unfragile_end >= DAY and expires_at[:10] > unfragile_end


def outlived() -> list[str]:
    """Return the slugs of passports that would be valid after their model's announced end."""
    gates = default_gates()
    found = []
    for subject in (one.subject for one in built()):
        void = deadlines(last_observed_at(subject), gates[subject.primary.source]).void
        until = valid_until(subject, void, NOW).astimezone(UTC).date().isoformat()
        if outlives(subject.text("expires_on"), until):
            found.append(subject.slug)
    return found


def declarations() -> tuple[Counter[str], Counter[str]]:
    """Return the licences and the languages that recorded cards declare and that are no codes, as they are written."""
    read = [read_front_matter(text.encode()) for text in card_texts().values()]
    licences = Counter(one.licence for one in read if one.licence and licence_id(one.licence) is None)
    return licences, Counter(word for one in read for word in one.languages if language_code(word) is None)


def main() -> int:
    """Print the counts; return 1 unless all of the checks are 0, else 0."""
    made = [one.unfragile for one in built()]
    print(f"{DAY}, with endpoints, the Hub and models.dev: {len(made)} passports")
    wrong = {name: [one["artifact"]["slug"] for one in made if check(one)] for name, check in CHECKS.items()}
    wrong["a passport is valid after the announced end of its model"] = outlived()
    for name, slugs in wrong.items():
        print(f"  {len(slugs):>5} {name}{': ' if slugs else ''}{', '.join(slugs[:SHOWN])}")
    abilities = [one for unfragile in made for one in unfragile["capabilities"]]
    denied = sum("denied by" in one["basis"] for one in abilities)
    unmeasured = sum(one["confidence"] is None for one in abilities)
    print(
        f"of {len(abilities)} capabilities {unmeasured} are stated and not measured, {denied} denied by another source"
    )
    refusing = sum(any(DECLINES in text for text in one["trust"]["failure_modes"]) for one in made)
    print(f"{refusing} models are stated to do what others decline")
    pricing = Counter(one["artifact"]["pricing"]["model"] for one in made)
    print("pricing: " + ", ".join(f"{name} {number}" for name, number in pricing.most_common()))
    reasons = Counter(one["reason"] for unfragile in made for one in unfragile["unknowns"])
    print("unknowns: " + ", ".join(f"{name} {number}" for name, number in reasons.most_common()))
    licences, languages = declarations()
    print(f"declared in {len(card_texts())} cards and no code: licences {dict(licences)}; languages {dict(languages)}")
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
