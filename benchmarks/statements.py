"""Looks for statements that are known to be wrong in the passports of one recorded day. `make accuracy`.

Each check reads all passports of the day, made from all sources together, and returns what it finds, one line a
finding. Prints the number of each; exits with 1 when any check finds something.
"""

import re
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from benchmarks.recorded_day import Built, built
from pipelines.views.remedies import mode_of

Json = dict[str, Any]

TOKENS = re.compile(r"(?:Works within|Embeds up to) ([\d,]+) tokens")
SPEAKING = {"multi-turn chat", "image understanding", "very long context", "long context", "any-to-any generation"}
"""Capabilities of a model that holds a conversation."""

OF_ROUTERS = {"model routing", "multi-model deliberation", "request composition"}

NOT_CHAT = {
    "code editing": {"morph/morph-v3-fast", "morph/morph-v3-large", "relace/relace-apply-3"},
    "codebase search": {"relace/relace-search"},
    "prompt completion": {"openai/gpt-3.5-turbo-instruct"},
    "content moderation": {
        "meta-llama/llama-guard-4-12b", "openai/gpt-oss-safeguard-20b", "Qwen/Qwen3Guard-Gen-4B",
        "ibm-granite/granite-guardian-4.1-8b", "meta-llama/Prompt-Guard-86M", "meta-llama/Llama-Prompt-Guard-2-86M",
    },
    "translation": {
        "google/translategemma-4b-it", "ncduy/opus-mt-en-ro-finetuned-en-to-ro",
        "persiannlp/mt5-base-parsinlu-opus-translation_fa_en", "x-tech/mt5-translate-yue-zh",
    },
    "reranking": {"BAAI/bge-reranker-v2-m3", "Qwen/Qwen3-Reranker-0.6B"},
    "speaker diarisation": {
        "pyannote/speaker-diarization", "pyannote/speaker-diarization-3.1", "pyannote/speaker-diarization-community-1",
    },
}  # fmt: skip
"""What models of the day are, by their descriptions, cards or names as a person reads them → their ids."""

TASKS_OF_OTHERS = {"text classification", "text-to-text generation", "transcription"}
"""Capabilities by the Hub's task that say the wrong thing of such a model, beside those of conversation."""

ONE_OUTPUT = {"image-text-to-text", "image-to-video", "text-to-video", "text-to-speech"}
"""Tags of repositories that name one kind of output, where the Hub's task says that they have several."""

EARLY = re.compile(r"(?<![a-z])(?:preview|beta|alpha|experimental|(?-i:E[Xx][Pp]))(?![a-z])", re.IGNORECASE)
SAYS_NOTHING = re.compile(
    r"\b(in (a|the) (format|form|size|rate) that it|budget for|audio player|opens 3D files"
    r"|storage for|within (its|that) (input )?length|code that (reads|uses|handles)|a choice of|holds the answer)\b"
)


def image_prices() -> Iterator[str]:
    """Prices per image that equal the price of a prompt token and are still stated to be per image, or in silence."""
    for one in built():
        model = one.unfragile["artifact"]["model"]
        for at in (model, *model["offers"], *model["providers"]):
            prompts = {_when(p): p["usd"] for p in at["prices"] if p["kind"] == "prompt"}
            for price in at["prices"]:
                like = price["usd"] != "0" and prompts.get(_when(price)) == price["usd"]
                if price["kind"] == "image" and like and price["unit"] != "unclear":
                    yield f"{one.name}: ${price['usd']} per {price['unit']}"
        shown = [p for p in model["prices"] if p["kind"] == "image" and p["unit"] == "unclear"]
        if shown and not any("image" in str(c) and c["path"].endswith("/prices") for c in _conflicts(one)):
            yield f"{one.name}: an unclear price without its conflict"


def contexts() -> Iterator[str]:
    """Contexts that a capability claims and no provider serves."""
    for one in built():
        for capability in one.unfragile["capabilities"]:
            if (found := TOKENS.match(capability["description"])) and (served := _served(one)) is not None:
                claimed = int(found[1].replace(",", ""))
                if claimed > served:
                    yield f"{one.name}: claims {claimed:,}, served {served:,}"


def routers() -> Iterator[str]:
    """Capabilities of the models behind a router that are claimed as its own."""
    for one in built():
        if one.subject.stated & {"router", "routed_price", "described:model routing"}:
            if wrong := one.capabilities - OF_ROUTERS:
                yield f"{one.name}: {', '.join(sorted(wrong))}"
            elif not one.capabilities:
                yield f"{one.name}: nothing is stated of what it does"


def not_chat() -> Iterator[str]:
    """Models that are stated to converse, see pictures or read books, or not stated to be what they are."""
    for kind, names in NOT_CHAT.items():
        wrong = SPEAKING if kind == "content moderation" else SPEAKING | TASKS_OF_OTHERS
        for one in built():
            if one.name in names and (found := (one.capabilities & wrong) - {kind} or {kind} - one.capabilities):
                yield f"{one.name} ({kind}): {', '.join(sorted(found))}"
    for one in built():
        tags = one.subject.value("hub_tags")
        if isinstance(tags, tuple) and ONE_OUTPUT.intersection(tags) and "any-to-any generation" in one.capabilities:
            yield f"{one.name}: any-to-any generation"


def caching() -> Iterator[str]:
    """Caches that are stated to save money and do not, and ones whose writing costs more than not using them."""
    for one in built():
        prompt, read, write = (_price(one, kind) for kind in ("prompt", "input_cache_read", "input_cache_write"))
        if "prompt caching" in one.capabilities and (read is None or prompt is None or read >= prompt):
            yield f"{one.name}: a cached token costs {read}, another {prompt}"
        if write is not None and prompt is not None and write > prompt and not _limits(one, "writing to its cache"):
            yield f"{one.name}: writing costs {write} of {prompt}, in silence"


def grammar_and_money() -> Iterator[str]:
    """Sentences that do not fit the model: one of them in the plural, payment for what is free, certainty of a flaw."""
    for one in built():
        for text in one.limitations:
            if re.search(r"\b1 of its endpoints do\b|\bare often wrong\b", text):
                yield f"{one.name}: {text}"
            if one.unfragile["artifact"]["pricing"]["free"] and re.search(r"\bpays?\b|\bexpensive\b", text):
                yield f"{one.name}: {text}, and it is free"


def mandatory_reasoning() -> Iterator[str]:
    """Models whose reasoning cannot be switched off and whose general mode would have it switched off."""
    for one in built():
        if one.subject.value("reasoning_mandatory") is True:
            for mode in filter(None, map(mode_of, one.limitations)):
                if "switch off" in mode.remedy:
                    yield f"{one.name}: {mode.remedy}"


def free_offers() -> Iterator[str]:
    """Passports whose only offer is not free where the artifact is, or the reverse."""
    for one in built():
        free, offers = one.unfragile["artifact"]["pricing"]["free"], one.unfragile["artifact"]["model"]["offers"]
        if offers and offers[0]["free"] is not free:
            yield f"{one.name}: offer {offers[0]['free']}, artifact {free}"


def units_of_conflicts() -> Iterator[str]:
    """Conflicts whose sides are in different units."""
    for one in built():
        for conflict in _conflicts(one):
            values = [side["value"] for side in conflict["values"]]
            dated = {isinstance(value, int) for value in values} == {True, False} and conflict["path"].endswith("_on")
            of_price = conflict["path"].endswith("/prices")
            if dated or (of_price and max(map(Decimal, map(str, values))) >= Decimal("0.01")):
                yield f"{one.name} {conflict['path']}: {values}"


def early_names() -> Iterator[str]:
    """Models whose name calls them a preview, an alpha, a beta or an experiment, without the failure mode."""
    for one in built():
        if EARLY.search(one.subject.primary.name) and not _limits(one, "calls it a preview"):
            yield one.subject.primary.name


def requirements() -> Iterator[str]:
    """What callers are stated to need although nobody could do without it, or it is not stated what it is."""
    needs = {need for one in built() for capability in one.unfragile["capabilities"] for need in capability["requires"]}
    yield from sorted(filter(SAYS_NOTHING.search, needs))


CHECKS: tuple[Callable[[], Iterator[str]], ...] = (
    image_prices, contexts, routers, not_chat, caching, grammar_and_money, mandatory_reasoning, free_offers,
    units_of_conflicts, early_names, requirements,
)  # fmt: skip


def _when(price: Json) -> str:
    return str(price.get("when"))


def _price(one: Built, kind: str) -> Decimal | None:
    stated = one.subject.text(f"price:{kind}")
    return None if stated is None else Decimal(stated)


def _served(one: Built) -> int | None:
    """The largest context of an endpoint that is up, else the smaller of the model's and the top provider's."""
    endpoints = one.subject.endpoints.providers if one.subject.endpoints else ()
    up = [endpoint.context_tokens for endpoint in endpoints if endpoint.status == "up" and endpoint.context_tokens]
    stated = [one.subject.count(name) for name in ("context_tokens", "top_provider_context_tokens")]
    return max(up) if up else min((count for count in stated if count), default=None)


def _conflicts(one: Built) -> list[Json]:
    return list(one.unfragile.get("conflicts", ()))


def _limits(one: Built, words: str) -> bool:
    return any(words in text for text in one.limitations)


def main() -> int:
    """Print each check with the number of its findings and the first of them; return 1 when there is any, else 0."""
    print(f"{len(built())} passports of one recorded day, from all sources together")
    found = 0
    for check in CHECKS:
        lines = list(check())
        found += len(lines)
        print(f"{len(lines):5} {check.__name__}: {check.__doc__}")
        for line in lines[:10]:
            print(f"        {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
