"""Lists where sources disagree about a model: both values, each with its scope and date."""

from collections.abc import Iterator

from pipelines.enrich.evidence import Document
from pipelines.enrich.status import StatusFinding
from pipelines.merge.agreement import PRICE, differing
from pipelines.merge.subject import Subject
from pipelines.rules.conditions import number
from pipelines.rules.precedence import Denial, Precedence, field_of, precedence
from schemas.listing import Claim
from schemas.sources import HUB

CONTEXT = "/artifact/model/context_tokens"
SERVED = (
    ("top_provider_context_tokens", "top provider"),
    ("served_context_tokens", "the largest of the endpoints that are up"),
)
"""The facts that should not be below the model's context, each with its scope."""

UNCLEAR_PRICE = (
    ("price:image", "listing, USD per input image as its API document says"),
    ("price:prompt", "listing, USD per prompt token, the same figure"),
)
"""The two facts, each with its scope, of which one cannot mean what it says where they are equal."""


def conflicts(subject: Subject, *, life: StatusFinding) -> list[Document]:
    """List all disagreements; none is resolved in silence."""
    found = list(_contexts(subject))
    if "image_price_unclear" in subject.stated:
        sides = [_side(subject.claims[name], scope) for name, scope in UNCLEAR_PRICE]
        found.append({"path": "/artifact/model/prices", "values": sides})
    if subject.supplements or subject.primary.source == HUB:
        found += _between_sources(subject)
    if "past_end" in life.flags:
        sides = [_side(subject.claims["listed"], "listing"), _side(subject.claims["expires_on"], "announced end")]
        found.append({"path": "/artifact/status", "values": sides})
    return found + list(_unseen_weights(subject))


def _contexts(subject: Subject) -> Iterator[Document]:
    """The conflict of the model's context with another one of its top provider, or a smaller one of all endpoints."""
    stated = subject.claims.get("context_tokens")
    top, served = (subject.claims.get(name) for name, _ in SERVED)
    others = [
        *([_side(top, SERVED[0][1])] if stated and top and top.fact.value != stated.fact.value else []),
        *([_side(served, SERVED[1][1])] if stated and served and _is_less(served, stated) else []),
    ]
    if stated and others:
        yield {"path": CONTEXT, "values": [_side(stated, "model"), *others]}


def _is_less(one: Claim, other: Claim) -> bool:
    return number(one.fact.value) < number(other.fact.value)


def _unseen_weights(subject: Subject) -> Iterator[Document]:
    """The conflict of weights that a catalogue calls open with a repository that the Hub does not show."""
    claimed, unseen = subject.claims.get("open_weights"), subject.claims.get("repository_missing")
    if claimed and unseen and claimed.fact.value is True and "downloads" not in subject.claims:
        scope = precedence().scope
        sides = [_side(claimed, scope[claimed.listing.source]), _side(unseen, scope[HUB] + ", status of the answer")]
        yield {"path": "/artifact/model/open_weights", "values": sides}


def _between_sources(subject: Subject) -> list[Document]:
    """Conflicts between claims of one fact, and between a listing's parameters and a source that denies one of them."""
    table, found, listed = precedence(), [], subject.claims.get("parameters")
    for row in table.field:
        if row.path and (others := differing(subject, row.fact)):
            believed = subject.claims[row.fact]
            sides = [_side(claim, _scope(table, claim)) for claim in (believed, *others)]
            found.append({"path": row.path, "values": sides})
    for denial in table.denial if listed else ():
        if opposed := list(_opposed(subject, denial)):
            about = f", on {denial.parameter}"
            sides = [_side(one, table.scope[one.listing.source] + about) for one in (listed, *opposed) if one]
            found.append({"path": "/artifact/model/parameters", "values": sides})
    return found


def _scope(table: Precedence, claim: Claim) -> str:
    """What a claim is about: the scope of its source, or the fact's own scope for this source."""
    row, source = field_of(claim.fact.name), claim.listing.source
    return (row.scope if row else {}).get(source, table.scope[source])


def _opposed(subject: Subject, denial: Denial) -> Iterator[Claim]:
    """Other records' claims that contradict the listing about a parameter."""
    offered = f"parameter:{denial.parameter}" in subject.claims
    claimed, sentence = subject.claims.get(denial.fact), subject.claims.get(denial.sentence or "")
    if claimed and bool(claimed.fact.value) is not offered:
        yield claimed
    if sentence and offered and sentence.listing is not subject.primary:
        yield sentence


def _side(claim: Claim, scope: str) -> Document:
    """One side in its source's own words; a price or a day as it was read, so that both sides are in one unit."""
    fact, listing = claim
    in_one_unit = fact.name.startswith(PRICE) or fact.name == "released_on"
    return {
        "value": fact.value if in_one_unit else fact.as_stated,
        "source": listing.source,
        "scope": scope,
        "locator": fact.locator,
        "observed_at": listing.observed_at,
    }
