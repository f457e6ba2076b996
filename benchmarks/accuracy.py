"""Capabilities against truth that others wrote: models.dev and LiteLLM's table. `make accuracy`.

The passports of one recorded day are built in memory and compared with what independent catalogues say of the same ids.
models.dev answers yes or no for each; LiteLLM only ever says yes, so it can show what we missed, not what we invented.
Prints tables and the counts that the confidences of `pipelines/rules/issuing.toml` come from; draws docs/accuracy.svg.
The recordings are where PASSPORTS_RECORDINGS points (or beside the checkout).
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.raws import raw_listing
from pipelines.artifact import Issuer
from pipelines.gates import default_gates
from pipelines.issue import Terms, draft
from pipelines.merge import gather
from pipelines.order import admit
from schemas.listing import Listing

DAY = "2026-05-01"
NOW = datetime(2026, 5, 1, 8, 0, 0, tzinfo=UTC)
LEAST = 0.98
"""Precision and recall that the four capabilities of `HELD_TO` must reach."""

Truth = Mapping[str, Any]
Reads = Callable[[Truth], bool | None]

MODELS_DEV: dict[str, Reads] = {
    "tool calling": lambda t: t["tool_call"],
    "extended reasoning": lambda t: t["reasoning"],
    "structured output": lambda t: t["structured_output"],
    "image understanding": lambda t: "image" in t["modalities"]["input"] and "text" in t["modalities"]["output"],
    "document input": lambda t: "pdf" in t["modalities"]["input"],
    "audio input": lambda t: "audio" in t["modalities"]["input"],
    "video understanding": lambda t: "video" in t["modalities"]["input"],
    "image generation": lambda t: "image" in t["modalities"]["output"],
    "long context": lambda t: 128_000 <= t["limit"]["context"] < 1_000_000,
    "very long context": lambda t: t["limit"]["context"] >= 1_000_000,
    "prompt caching": lambda t: "cache_read" in t.get("cost", {}),
}
"""Capability → how models.dev says it."""

LITELLM: dict[str, Reads] = {
    "tool calling": lambda t: t.get("supports_function_calling"),
    "extended reasoning": lambda t: t.get("supports_reasoning"),
    "structured output": lambda t: t.get("supports_response_schema"),
    "image understanding": lambda t: t.get("supports_vision"),
    "parallel tool calling": lambda t: t.get("supports_parallel_function_calling"),
    "prompt caching": lambda t: t.get("supports_prompt_caching"),
    "web search": lambda t: t.get("supports_web_search"),
}
HELD_TO = ("tool calling", "extended reasoning", "structured output", "image understanding")


class Count(NamedTuple):
    """How often a capability is claimed and true."""

    capability: str
    both: int
    only_ours: tuple[str, ...]
    only_theirs: tuple[str, ...]
    neither: int

    @property
    def precision(self) -> float:
        """Of what we claim, how much is so."""
        claimed = self.both + len(self.only_ours)
        return self.both / claimed if claimed else 1.0

    @property
    def recall(self) -> float:
        """Of what is so, how much we claim."""
        true = self.both + len(self.only_theirs)
        return self.both / true if true else 1.0

    @property
    def confidence(self) -> float:
        """Posterior mean of the precision from a uniform prior: what a single claim deserves."""
        return round((self.both + 1) / (self.both + len(self.only_ours) + 2), 2)


def recordings() -> Path:
    """Where the recordings lie."""
    named = os.environ.get("PASSPORTS_RECORDINGS")
    return (Path(named) if named else Path(__file__).resolve().parents[2] / "shared") / "data"


def claims() -> dict[str, set[str]]:
    """Listing id → names of the capabilities that its passport claims."""
    document = json.loads((recordings() / f"openrouter/models_{DAY}.json").read_bytes())
    records = document if isinstance(document, list) else document["data"]
    listings = [listing for record in records if isinstance(listing := admit(raw_listing(record, NOW)), Listing)]
    terms = Terms(Issuer("unfragile.ai", "https://unfragile.ai"), default_gates(), NOW, "accuracy")
    return {
        subject.primary.id: {c["name"] for c in draft(subject, terms).unfragile["capabilities"]}
        for subject in gather(listings).subjects
    }


def compare(ours: Mapping[str, set[str]], theirs: Mapping[str, Truth], reads: Mapping[str, Reads]) -> Iterator[Count]:
    """Count agreement on every id that both know; None of theirs is no answer."""
    common = sorted(ours.keys() & theirs.keys())
    for name, read in reads.items():
        answers = {listing_id: read(theirs[listing_id]) for listing_id in common}
        known = [listing_id for listing_id, answer in answers.items() if answer is not None]
        yield Count(
            name,
            sum(1 for i in known if name in ours[i] and answers[i]),
            tuple(i for i in known if name in ours[i] and not answers[i]),
            tuple(i for i in known if name not in ours[i] and answers[i]),
            sum(1 for i in known if name not in ours[i] and not answers[i]),
        )


def brier(counts: list[Count]) -> float:
    """Mean squared distance of each claim's confidence from whether it was so; 0 is perfect."""
    total = sum(c.both * (1 - c.confidence) ** 2 + len(c.only_ours) * c.confidence**2 for c in counts)
    return total / sum(c.both + len(c.only_ours) for c in counts)


def table(title: str, counts: list[Count]) -> None:
    """Print one comparison."""
    print(
        f"\n{title}\n{'capability':<22}{'both':>6}{'ours':>6}{'theirs':>8}{'neither':>9}{'precision':>11}{'recall':>8}"
    )
    for c in counts:
        sizes = f"{c.both:>6}{len(c.only_ours):>6}{len(c.only_theirs):>8}{c.neither:>9}"
        print(f"{c.capability:<22}{sizes}{c.precision:>11.3f}{c.recall:>8.3f}")


def draw(counts: list[Count], path: Path) -> None:
    """Draw precision and recall as bars from 0.8 to 1."""
    row, left, width = 26, 170, 420
    bars = []
    for place, c in enumerate(counts):
        y = 40 + place * row
        for offset, share, colour in ((0, c.precision, "#2b6cb0"), (9, c.recall, "#90cdf4")):
            length = max(0.0, (share - 0.8) / 0.2) * width
            bars.append(f'<rect x="{left}" y="{y + offset}" width="{length:.0f}" height="8" fill="{colour}"/>')
        bars.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{c.capability}</text>')
        bars.append(f'<text x="{left + width + 8}" y="{y + 13}">{c.precision:.3f} / {c.recall:.3f}</text>')
    height = 50 + len(counts) * row
    places = [(0.8 + 0.05 * n, left + width * n / 4) for n in range(5)]
    marks = "".join(
        f'<line x1="{x:.0f}" y1="32" x2="{x:.0f}" y2="{height - 8}" stroke="#ddd"/>'
        f'<text x="{x:.0f}" y="26" text-anchor="middle">{share:.2f}</text>'
        for share, x in places
    )
    size = f'width="720" height="{height}" font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    title = '<text x="8" y="14">precision (dark) and recall (light) against models.dev</text>'
    path.write_text(f'{head}<rect width="100%" height="100%" fill="#fff"/>{title}{marks}{"".join(bars)}</svg>\n')


def main() -> int:
    """Print the figures; exit 1 when one that is held to a bound is below it."""
    ours = claims()
    dev = json.loads(next((recordings() / "modelsdev").glob("api_*.json")).read_bytes())["openrouter"]["models"]
    lite = json.loads(next((recordings() / "litellm").glob("*.json")).read_bytes())
    lite = {name.removeprefix("openrouter/"): t for name, t in lite.items() if name.startswith("openrouter/")}
    counts, others = list(compare(ours, dev, MODELS_DEV)), list(compare(ours, lite, LITELLM))
    shared, older = len(ours.keys() & dev.keys()), len(ours.keys() & lite.keys())
    print(f"{DAY}: {len(ours)} passports; {shared} also in models.dev, {older} in LiteLLM")
    table("against models.dev", counts)
    table("against LiteLLM (it only says yes: `ours` is what it does not say)", others)
    print("\ndisagreements with models.dev")
    for c in counts:
        for who, ids in (("only ours", c.only_ours), ("only theirs", c.only_theirs)):
            for listing_id in ids:
                print(f"  {c.capability}: {listing_id} ({who})")
    print("\nconfidence of a structured claim: (both + 1) / (claimed + 2)")
    for c in counts:
        print(f'  "{c.capability}" = {c.confidence}  # {c.both} of {c.both + len(c.only_ours)}')
    pooled = Count("structured", sum(c.both for c in counts), tuple(i for c in counts for i in c.only_ours), (), 0)
    compared = pooled.both + len(pooled.only_ours)
    print(f"  pooled {pooled.confidence}  # {pooled.both} of {compared}; Brier score {brier(counts):.4f}")
    draw(counts, Path(__file__).resolve().parents[1] / "docs/accuracy.svg")
    kept = all(min(c.precision, c.recall) >= LEAST for c in counts if c.capability in HELD_TO)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
