"""A listing on its way in: as the source sent it, as we read it, or why we could not."""

from typing import Literal, NamedTuple

from schemas.base import Frozen, Sha256, Slug, Timestamp

FactValue = str | int | bool | tuple[str, ...]
"""What a fact can be. Decimals (prices, uptimes) are carried as exact decimal text."""

Said = str | int | bool | None | tuple[str, ...]
"""What the source's record holds at a locator, word for word; fractions as their own digits in text."""


class RawListing(Frozen):
    """One record of a source, as it came, before anyone has read it."""

    source: str
    """Name of the source, e.g. "openrouter"; one source is one kind of record."""
    id: str
    """The source's own id of what it lists, e.g. "qwen/qwq-32b:free"."""
    url: str
    """The address that the record was fetched from."""
    observed_at: Timestamp
    """When the response that brought it arrived."""
    body: str
    """The record as JSON with sorted keys, numbers with the digits that the source wrote; or a text as it is."""
    content_sha256: Sha256
    """SHA-256 of `body` in UTF-8."""
    asked_as: str | None = None
    """The id that was asked for, where the source answered with this record under another one (a rename)."""
    formerly: tuple[str, ...] = ()
    """Ids under which the same record lay before: the source's own lasting id of it was the same."""
    succeeds: str | None = None
    """The lasting id of another record, which lay under this id before and is gone."""
    version: str | None = None
    """What the source marks this version with (a commit, an ETag), to be asked whether it has changed."""


Method = Literal["structured", "declared", "section", "pattern"]
"""How a fact is found: in a field made for it; declared by an author; in a text under a heading; by its wording."""


class Fact(NamedTuple):
    """One thing that one record states, and where in the record it does."""

    name: str
    """A name of the closed vocabulary, or a group and its item: "context_tokens", "parameter:tools"."""
    value: FactValue
    """What we read."""
    locator: str
    """JSON Pointer into the record's `body`; in a text "bytes:10-52", from the first byte to the one after the last."""
    said: Said
    """What stands there; for "section" and "pattern" the words out of it that say so."""
    method: Method = "structured"


class BenchmarkResult(NamedTuple):
    """A figure of a benchmark, as a model's maker declares it."""

    task: str | None
    dataset: str | None
    metric: str
    value: str
    """Its digits as they stand there: whether 0.87 or 87 is meant, only the metric tells."""
    locator: str
    said: Said


class Provider(NamedTuple):
    """One provider's endpoint of a model, from an element of the record."""

    name: str
    named_in: str
    """The element's field that shows it."""
    name_said: Said
    """What stands there: the name, or where the element lies under the name, another of its fields."""
    tag: str
    status: Literal["up", "degraded", "unknown"]
    status_said: Said
    """The source's own word or code behind `status`, which stands in the element's field of that name."""
    quantization: str | None
    """None where the source says "unknown" or nothing."""
    context_tokens: int | None
    max_output_tokens: int | None
    uptime_percent: str | None
    """Share of requests that succeeded in the last 30 minutes, 0 to 100, two decimals."""
    uptime_said: Said
    """The same as the source writes it."""
    prices: tuple["Price", ...]
    locator: str
    """JSON Pointer to the element."""


class Price(NamedTuple):
    """What one unit of use costs, in US dollars."""

    kind: str
    """Field name of the source: prompt, completion, image, request, …"""
    usd: str
    """Exact decimal text, never negative."""
    unit: str
    """What is counted: "prompt token", "request", "image", …"""
    locator: str
    said: Said
    """What stands there."""
    when: tuple[tuple[str, int], ...] = ()
    """Conditions under which this price holds instead of the plain one: (("min_prompt_tokens", 200000),)."""


Kind = Literal[
    "model", "router", "variant", "alias", "endpoints", "card", "licence", "entry", "code", "absence", "roll"
]
"""What a record is: a model, or a router among models; an offer or another name of one; who serves it; its card or
licence; what a catalogue says of it; the repository of its code; the answer that there is none; or ids of a list."""

NAMING = ("model", "router", "variant", "alias")
"""Kinds of records that a passport can be named after."""

CLAIMING = ("model", "router", "variant")
"""Kinds of listings that a passport is made from."""


class Listing(Frozen):
    """One record of a source, read: identity and facts, each with its place in the record."""

    source: str
    id: str
    kind: Kind
    base_id: str
    """The model that this is about: `id` itself, a variant's base, an alias' stated target or itself."""
    slug: Slug
    """Slug of `base_id` by the rules of its source."""
    variant: str | None
    """What stands behind the colon of a variant's id: "free", "batch", …"""
    name: str
    author: str
    facts: tuple[Fact, ...]
    prices: tuple[Price, ...]
    providers: tuple[Provider, ...]
    results: tuple[BenchmarkResult, ...] = ()
    same_as: tuple[str, ...] = ()
    """Records of other sources that this one says are of the same model: "huggingface:Qwen/QwQ-32B"."""
    leftovers: tuple[str, ...]
    """Pointers to what the record holds and nobody reads; counted in the run report."""
    unfamiliar: tuple[str, ...]
    """Names of facts outside the known vocabulary ("parameter:telepathy"); kept, and counted in the run report."""
    url: str
    observed_at: Timestamp
    content_sha256: Sha256

    def named(self, source: str) -> tuple[str, ...]:
        """Ids of a source's records that this one says are of the same model."""
        mark = f"{source}:"
        return tuple(name.removeprefix(mark) for name in self.same_as if name.startswith(mark))


class Quarantined(Frozen):
    """A record that could not go on: kept whole, with the place and the reason."""

    stage: Literal["fetch", "normalise", "validate", "merge", "enrich", "score", "issue", "sign", "verify"]
    source: str
    id: str
    field: str
    """JSON Pointer into the record (or the passport, from `enrich` on); "" when it is the whole."""
    reason: str
    """A sentence: what is wrong, and what would be right."""
    observed_at: Timestamp
    raw: str
    """The record as it came, what UTF-8 cannot carry spelled out; its beginning where it is larger than a line may be;
    empty where thousands of the same crawl were refused before it."""


class Claim(NamedTuple):
    """A fact and the listing that states it."""

    fact: Fact
    listing: Listing
