"""A record of a source: as it came (`RawListing`), as it was read (`Listing`), or refused (`Quarantined`)."""

import hashlib
from typing import Any, Final, Literal, NamedTuple, Self, TypedDict, Unpack

from schemas.base import Frozen, Sha256, Slug, Timestamp

FactValue = str | int | bool | tuple[str, ...]
"""Value of a fact. Decimals (prices, uptimes) are exact decimal text."""

AsStated = str | int | bool | None | tuple[str, ...]
"""What a record has at a locator, unchanged; fractions are text with the source's digits."""


class Observation(NamedTuple):
    """Which record of which source was observed, when, and where: the identity of what a crawl records."""

    source: str
    id: str
    observed_at: str
    url: str = ""


class RawListing(Frozen):
    """One record of a source as it came, before it is read."""

    source: str
    """Name of the source, e.g. "openrouter"; one source is one kind of record."""
    id: str
    """The source's own id of what it lists, e.g. "qwen/qwq-32b:free"."""
    url: str
    """Address that the record was fetched from."""
    observed_at: Timestamp
    """When the response that contains it arrived."""
    body: str
    """The record as JSON with sorted keys and with the source's digits in numbers; or a text as it is."""
    content_sha256: Sha256
    """SHA-256 of `body` in UTF-8."""
    asked_as: str | None = None
    """The id that was asked for, where the record has another: "a/x" for a repository renamed from a/x to b/x."""
    formerly: tuple[str, ...] = ()
    """Earlier ids of the same record, which has the same permanent id at its source: ("a/x",) after that rename."""
    succeeds: str | None = None
    """Permanent id of another record that had this id before and is gone: a/x was deleted and created anew."""
    version: str | None = None
    """The source's mark of this version (a commit, an ETag), sent to ask whether the record has changed."""

    @classmethod
    def of(cls, seen: Observation, body: str, *, asked_as: str | None = None, version: str | None = None) -> Self:
        """Build the raw listing of what was observed, with the hash of its body."""
        digest = hashlib.sha256(body.encode()).hexdigest()
        return cls(**seen._asdict(), body=body, content_sha256=digest, asked_as=asked_as, version=version)


Method = Literal["structured", "declared", "section", "pattern"]
"""How a fact is found: in a field made for it; declared by an author; in text under a heading; by its wording."""


class Fact(NamedTuple):
    """One statement of one record, with its place in the record."""

    name: str
    """A name of the closed vocabulary, or a group and its item: "context_tokens", "parameter:tools"."""
    value: FactValue
    """The value as it was read."""
    locator: str
    """JSON Pointer into the record's `body`; in a text "bytes:10-52", from the first byte to the one after the last."""
    as_stated: AsStated
    """What the record has there; for "section" and "pattern" the words that state the fact."""
    method: Method = "structured"


class BenchmarkResult(NamedTuple):
    """A benchmark figure that a model's maker declares."""

    task: str | None
    dataset: str | None
    metric: str
    value: str
    """The digits as declared; only the metric shows whether 0.87 or 87 is meant."""
    locator: str
    as_stated: AsStated


class Provider(NamedTuple):
    """One provider's endpoint of a model, read from an element of the record."""

    name: str
    named_in: str
    """Field of the element that is cited as evidence of the name."""
    name_as_stated: AsStated
    """What that field has: the name; or its status, where the name is the key of the element and no field has it."""
    tag: str
    status: Literal["up", "degraded", "unknown"]
    status_as_stated: AsStated
    """The source's word or code for `status`, in the element's field of that name."""
    quantization: str | None
    """Number format of the weights; None where the source states "unknown" or nothing."""
    context_tokens: int | None
    max_output_tokens: int | None
    uptime_percent: str | None
    """Share of requests that succeeded in the last 30 minutes, 0 to 100, two decimals."""
    uptime_as_stated: AsStated
    prices: tuple["Price", ...]
    locator: str
    """JSON Pointer to the element."""
    parameters: tuple[str, ...] = ()
    """Request parameters that the endpoint supports, sorted; empty where the source states none."""
    parameters_as_stated: AsStated = None
    """The same in the source's order."""


class Price(NamedTuple):
    """What one unit of use costs, in US dollars."""

    kind: str
    """Field name of the source: prompt, completion, image, request, …"""
    usd: str
    """Exact decimal text, never negative."""
    unit: str
    """What is counted: "prompt token", "request", "image", …"""
    locator: str
    as_stated: AsStated
    """What the record has there."""
    when: tuple[tuple[str, int], ...] = ()
    """Conditions under which this price replaces the plain one: (("min_prompt_tokens", 200000),)."""


Kind = Literal[
    "model", "router", "variant", "alias", "endpoints", "card", "licence", "entry", "code", "absence", "roll", "facet"
]
"""What a record is: a model; a router, which passes requests on to models; a variant (an offer) or alias (another name)
of a model; its endpoints, card or licence; a catalogue's entry about it; the repository of its code; the answer that
there is no such record; a roll of ids; or a facet, which is an answer about all models of a seller."""

NAMING = ("model", "router", "variant", "alias")
"""Kinds of records that a passport can be named after."""

CLAIMING = ("model", "router", "variant")
"""Kinds of listings that a passport is made from."""


class ReadFields(TypedDict, total=False):
    """The fields of a `Listing` that its reader may leave out, because they are empty or follow from its id."""

    id: str
    base_id: str
    variant: str | None
    name: str
    author: str
    facts: tuple[Fact, ...]
    prices: tuple[Price, ...]
    providers: tuple[Provider, ...]
    results: tuple[BenchmarkResult, ...]
    same_as: tuple[str, ...]
    leftovers: tuple[str, ...]
    unfamiliar: tuple[str, ...]


LISTS: Final = ("facts", "prices", "providers", "results", "same_as", "leftovers", "unfamiliar")
"""Fields of a listing that are empty where nothing was read."""


class Listing(Frozen):
    """One record of a source after reading: its identity, and its facts, each with its place in the record."""

    source: str
    id: str
    kind: Kind
    base_id: str
    """Id of the model that this is about: `id` itself, a variant's base, or an alias's target where one is stated."""
    slug: Slug
    """Slug of `base_id` by the rules of its source."""
    variant: str | None
    """The part of a variant's id after the colon: "free", "batch", …"""
    name: str
    author: str
    facts: tuple[Fact, ...]
    prices: tuple[Price, ...]
    providers: tuple[Provider, ...]
    results: tuple[BenchmarkResult, ...] = ()
    same_as: tuple[str, ...] = ()
    """Records that this one states are of the same model: "huggingface:Qwen/QwQ-32B"."""
    leftovers: tuple[str, ...]
    """Pointers to fields of the record that its reader does not read; counted in the run report."""
    unfamiliar: tuple[str, ...]
    """Names of facts outside the known vocabulary ("parameter:telepathy"); retained, and counted in the run report."""
    url: str
    observed_at: Timestamp
    content_sha256: Sha256

    @classmethod
    def of(cls, raw: RawListing, *, kind: Kind, slug: str, **read: Unpack[ReadFields]) -> "Listing":
        """Build the listing of a raw record from what was read of it, which is not checked again.

        Where they are left out, `id` and `base_id` are the record's own id, and author and name its two parts.
        """
        listing_id = read.get("id", raw.id)
        base_id = read.get("base_id", listing_id)
        author, name = base_id.partition("/")[0], base_id.rpartition("/")[2]
        named = {"id": listing_id, "base_id": base_id, "variant": None, "author": author, "name": name}
        seen = {"source": raw.source, "kind": kind, "slug": slug, "url": raw.url, "observed_at": raw.observed_at}
        return _BLANK.model_copy(update={**seen, "content_sha256": raw.content_sha256, **named, **read})

    def named(self, source: str) -> tuple[str, ...]:
        """Ids of a source's records that this one states are of the same model."""
        mark = f"{source}:"
        return tuple(name.removeprefix(mark) for name in self.same_as if name.startswith(mark))


_EMPTY: Final[dict[str, Any]] = {**dict.fromkeys(Listing.model_fields), **dict.fromkeys(LISTS, ())}
_BLANK: Final = Listing.model_construct(**_EMPTY)
"""What every listing that was read is a copy of: pydantic copies one in a tenth of the time in which it makes one."""

Stage = Literal["fetch", "normalise", "validate", "merge", "enrich", "score", "issue", "sign", "verify"]
"""The step at which a record was refused."""


class Quarantined(Frozen):
    """A record that was refused at a stage, with the place and the reason."""

    stage: Stage
    source: str
    id: str
    field: str
    """JSON Pointer into the record (or the passport, from `enrich` on); "" for the whole."""
    reason: str
    """A sentence: what is wrong, and what would be right."""
    observed_at: Timestamp
    raw: str
    """The record as it came, with lone surrogates escaped; only its beginning, or empty, where there was too much."""

    @classmethod
    def of(
        cls, what: Observation | RawListing | Listing, stage: Stage, reason: str, *, raw: str, field: str = ""
    ) -> Self:
        """Refuse an observed record at a stage; `field` is the place of what is wrong, "" the whole record."""
        at = what.observed_at
        return cls(stage=stage, source=what.source, id=what.id, field=field, reason=reason, observed_at=at, raw=raw)


class Claim(NamedTuple):
    """A fact together with the listing that states it."""

    fact: Fact
    listing: Listing
