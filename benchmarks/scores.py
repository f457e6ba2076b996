"""Measures whether scores tell models apart, and what they go with, on the recorded day 2026-06-18. `make accuracy`.

Scores are compared with the tokens of a recorded week, which are an input of the score, and so without that input too;
and with an index of intelligence that some records have and that is no input, nor printed or stored. Exits with 1 where
a figure misses its bound.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from statistics import correlation
from typing import Any, NamedTuple

from benchmarks.catalogues import recordings
from benchmarks.recorded_day import DAY, NOW, built, models
from pipelines.scoring.recompute import recompute
from pipelines.scoring.score import MODEL_WEIGHTS
from schemas.sources import SELLER
from tests.support.facets import facet, rankings

USAGE = "usage_2026-07-12.json"
"""The tokens of the week before that day, three weeks after the listing: nothing nearer to it is recorded."""

PUBLISHED = 50
"""How many models the seller publishes the tokens of."""

LEAST_VALUES = 40
"""Least different scores of the seller's models."""
LEAST_WITH_TOKENS, LEAST_WITH_INDEX = 0.6, 0.0
BUCKET = 5

Json = dict[str, Any]


class Model(NamedTuple):
    """A model of the day: its passport with the tokens that are published, and what its score is compared with."""

    unfragile: Json
    tokens: int
    index: float | None


def week() -> Counter[str]:
    """Return permanent slug → tokens of the week, over all offers of the model."""
    rows = json.loads((recordings() / "openrouter" / USAGE).read_bytes())["rows"]
    tokens: Counter[str] = Counter()
    for row in rows:
        tokens[row["permaslug"]] += row["prompt_tokens"] + row["completion_tokens"]
    return tokens


def seller_models() -> list[Model]:
    """Return the seller's models, built with the order by usage and the tokens of the most used."""
    tokens, records = week(), {record["id"]: record for record in models()}
    order = sorted(records, key=lambda one: (-tokens[records[one]["canonical_slug"]], one))
    top = {name: str(count) for name, count in tokens.most_common(PUBLISHED)}
    made = built((facet("sort=top-weekly", order), rankings(top)))
    of_seller = [one for one in made if one.subject.primary.source == SELLER]
    return [
        Model(one.unfragile, tokens[records[one.name]["canonical_slug"]], _index(records[one.name]))
        for one in of_seller
    ]


def _index(record: Json) -> float | None:
    """The index of intelligence of a record, if it has one."""
    benchmarks = record.get("benchmarks") or {}
    index: float | None = (benchmarks.get("artificial_analysis") or {}).get("intelligence_index")
    return index


def with_tokens(unfragile: Json) -> Json:
    """As a refresh with a key sees it: tokens of the most used models, else the place."""
    return unfragile


def by_place(unfragile: Json) -> Json:
    """As a refresh without a key sees it: the place alone."""
    used = unfragile["artifact"]["model"]["popularity"]
    return _with_popularity(unfragile, {**used, "tokens_week": None, "tokens_as_of": None} if used else None)


def without_usage(unfragile: Json) -> Json:
    """As it is without any figure of usage."""
    return _with_popularity(unfragile, None)


def _with_popularity(unfragile: Json, popularity: Json | None) -> Json:
    artifact = unfragile["artifact"]
    return {**unfragile, "artifact": {**artifact, "model": {**artifact["model"], "popularity": popularity}}}


HELD_OUT = "no usage"

VIEWS: Mapping[str, Callable[[Json], Json]] = {
    "place by usage": by_place,
    "tokens of fifty, else place": with_tokens,
    HELD_OUT: without_usage,
}
"""What the score sees of usage → how a passport is changed to that."""


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's rank correlation, with equal values at their mean rank."""
    return correlation(_ranks(one), _ranks(other))


def _ranks(values: Sequence[float]) -> list[float]:
    counts, below = Counter(values), 0
    ranks: dict[float, float] = {}
    for value in sorted(counts):
        ranks[value] = below + (counts[value] + 1) / 2
        below += counts[value]
    return [ranks[value] for value in values]


def main() -> int:
    """Print the figures; return 1 where one misses its bound, else 0."""
    made = seller_models()
    indexed, used = sum(model.index is not None for model in made), sum(model.tokens > 0 for model in made)
    print(f"{len(made)} models of {DAY}, {indexed} of them with an index, {used} with tokens in the week")
    judged = [_judge(view, change, made) for view, change in VIEWS.items()]
    return 0 if all(judged) else 1


def _judge(view: str, change: Callable[[Json], Json], made: Sequence[Model]) -> bool:
    """Print the figures of one view; return whether they are within their bounds, which only views of usage have."""
    trusts = [recompute(change(model.unfragile), signed_at=NOW) for model in made]
    scores = [trust["score"] for trust in trusts]
    indexed = [(score, model.index) for score, model in zip(scores, made, strict=True) if model.index is not None]
    used = rank_correlation(scores, [model.tokens for model in made])
    clever = rank_correlation(*zip(*indexed, strict=True))
    print(f"\n{view}: {len(set(scores))} different scores from {min(scores)} to {max(scores)}")
    print(f"  rank correlation with the tokens of the week {used:+.2f}, with the index {clever:+.2f}")
    if view == HELD_OUT:
        print("  held out: neither is an input, and neither has a bound")
        return True
    print(f"  the tokens are an input (circular): at least {LEAST_WITH_TOKENS}; ", end="")
    print(f"the index is none: at least {LEAST_WITH_INDEX}; different scores: at least {LEAST_VALUES}")
    _print_spread(trusts)
    return used >= LEAST_WITH_TOKENS and clever >= LEAST_WITH_INDEX and len(set(scores)) >= LEAST_VALUES


def _print_spread(trusts: Sequence[Json]) -> None:
    """Print the histogram of the scores, and how many values components and dimensions take."""
    buckets = Counter(trust["score"] // BUCKET * BUCKET for trust in trusts)
    for start in range(min(buckets), max(buckets) + 1, BUCKET):
        print(f"  {start:>3}-{start + BUCKET - 1:<3} {buckets[start]:>4} {'#' * (buckets[start] // 2)}")
    values = {name: {trust["rank_breakdown"][name] for trust in trusts} for name in MODEL_WEIGHTS}
    print("  different values: " + ", ".join(f"{name} {len(found)}" for name, found in values.items()))
    for name in trusts[0]["assessment"]:
        known = [one for trust in trusts if (one := trust["assessment"][name]["value"]) is not None]
        shown = f"{min(known)} to {max(known)}, {len(set(known))} different" if known else "none"
        print(f"  {name}: {len(known)} values, {shown}")


if __name__ == "__main__":
    sys.exit(main())
