"""What lists and filters need of a passport: a few hundred bytes, made once for each issue of it."""

from typing import Any, Final, NamedTuple

from pipelines.pages.passport.facts import maker_of
from pipelines.pages.passport.offers import tokens_price
from pipelines.pages.words import line
from pipelines.views.remedies import mode_of

Json = dict[str, Any]

NAME: Final = 100
MOST: Final = 40
"""Most capabilities, purposes or failure modes of one summary."""


class Summary(NamedTuple):
    """A passport in a list."""

    slug: str
    name: str
    maker: str
    type: str
    status: str
    licence: str
    weights: str
    """"open", "closed" or "" where it is not stated."""
    inputs: list[str]
    outputs: list[str]
    context: int | None
    tokens_in: str
    """Dollars for a million tokens of input, exact; "" where there is no such price."""
    tokens_out: str
    free: bool
    purposes: list[tuple[str, str]]
    """URI and name."""
    capabilities: list[tuple[str, str]]
    modes: list[str]
    """Ids of the failure modes."""
    risk: str
    score: int
    zero_retention: bool | None
    regions: list[str]
    rank: int | None
    """Place by use at its seller."""
    downloads: int | None
    signed: str
    expires: str
    due: str
    stale: str
    scraped: dict[str, str]
    """Source → day of its last good scrape."""
    ends: str
    """Announced last day; "" where there is none."""


def summary_of(slug: str, document: Json) -> Summary:
    """Return the summary of a signed passport."""
    passport = document["passport"]
    unfragile = passport["unfragile"]
    artifact, trust = unfragile["artifact"], unfragile["trust"]
    model: Json = artifact.get("model") or {}
    data: Json = model.get("data_handling") or {}
    sources = (trust.get("freshness") or {}).get("sources", ())
    prices = model.get("prices", ())
    return Summary(
        slug=slug,
        name=line(artifact["name"], NAME),
        maker=line(maker_of(artifact), NAME),
        type=artifact["type"],
        status=artifact["status"],
        licence=line(model.get("licence") or "", NAME),
        weights={True: "open", False: "closed", None: ""}[model.get("open_weights")],
        inputs=_few(model.get("input_modalities", ())),
        outputs=_few(model.get("output_modalities", ())),
        context=model.get("context_tokens"),
        tokens_in=tokens_price(prices, "prompt"),
        tokens_out=tokens_price(prices, "completion"),
        free=artifact["pricing"]["free"],
        purposes=[(one["uri"], line(one["name"])) for one in (unfragile.get("purposes") or ())],
        capabilities=[(one["uri"], line(one["name"])) for one in unfragile["capabilities"][:MOST]],
        modes=_modes(trust["failure_modes"]),
        risk=trust["data_access_risk"],
        score=trust["score"],
        zero_retention=data.get("zero_retention"),
        regions=_few(data.get("regions", ())),
        rank=(model.get("popularity") or {}).get("rank"),
        downloads=trust["community"]["model_downloads"],
        signed=passport["signedAt"],
        expires=passport.get("expiresAt", ""),
        due=sources[0]["due_after"] if sources else "",
        stale=sources[0]["stale_after"] if sources else "",
        scraped={one["source"]: one["last_scraped_at"][:10] for one in sources},
        ends=model.get("expires_on") or "",
    )


def by_use(summary: Summary) -> tuple[int, int, str]:
    """Sort key of the front page: the most used first, then the most trusted."""
    unranked = 1 << 30
    return (unranked if summary.rank is None else summary.rank, -summary.score, summary.slug)


def _few(values: list[str]) -> list[str]:
    return [line(value, 40) for value in values[:MOST]]


def _modes(texts: list[str]) -> list[str]:
    """Return the ids of the rules that these sentences follow, each once."""
    rules = (mode_of(text) for text in texts)
    return list(dict.fromkeys(rule.id for rule in rules if rule))[:MOST]
