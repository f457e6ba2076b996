"""The table of sources: one row for each kind of record, with all that is particular to it. Modules read the rows."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from schemas.facets import SETTINGS as FACET_SETTINGS

Role = Literal[
    "seller", "endpoints", "roll", "facet", "repository", "card", "licence", "catalogue", "code", "proposals"
]
"""What a kind of record is used for; modules select sources by it.

seller         listings of models that are offered; each names a passport
endpoints      who serves one listing of the seller
roll           the ids that one complete crawl of the seller's list found: evidence that others were absent
facet          what the seller answers about all of its models to one query: evidence of which are in it, and which not
repository     repositories of models; each names a passport, unless a listing of the same model does
card, licence  texts in such a repository
catalogue      entries about models of others; they name no passport
code           repositories of source code
proposals      what a language model found in texts
"""


class CrawlSettings(NamedTuple):
    """How a source is crawled, and the defaults of its settings, whose names begin with PASSPORTS_<NAME>_."""

    url: str
    """Default of PASSPORTS_<NAME>_URL, the root that all requests go to."""
    title: str
    """Name of the service in the settings' descriptions: "OpenRouter's API"."""
    probe_path: str
    """Path that `passports doctor` requests: the first that a refresh fetches, or one that costs nothing."""
    key_variable: str | None = None
    """Environment variable with the key or token that is sent to it; its value is hidden in all that a crawl writes."""
    budget: int | None = None
    """Default of PASSPORTS_<NAME>_BUDGET, the records that a refresh asks for one by one; None without a budget."""
    budget_of: str = ""
    """What the budget counts, in its description."""
    named_by: tuple[str, ...] = ()
    """Sources whose records name what this one is asked for; they are crawled before it. Empty where it has a list."""
    takes_ids: bool = False
    """Whether single records can be asked for by id, so that a re-scrape of one passport asks this source."""
    asks_endpoints: bool = False
    """Whether its spider also asks for the endpoints of each listing, where a refresh wants them."""
    facets: Mapping[str, str] = MappingProxyType({})
    """Setting, PASSPORTS_<NAME>_<SETTING> → the further answers about all its records that a refresh asks for."""
    has_list_query: bool = False
    """Whether a part of its list can be asked for, by PASSPORTS_<NAME>_MINIMUM_DOWNLOADS and similar settings."""
    resumable: bool = False
    """Whether a crawl that was cut off is resumed from its last checkpoint, because crawls of the source are long."""


def _no_page(record_id: str) -> str:
    raise LookupError(f"{record_id!r} has no page, as its source names no passport")


def _openrouter_page(listing_id: str) -> str:
    return "https://openrouter.ai/models/" + listing_id.replace("/", "~")


def _huggingface_page(repository: str) -> str:
    return "https://huggingface.co/" + repository


class Source(NamedTuple):
    """One kind of record of one origin."""

    name: str
    """Its name in records, gates.toml, precedence.toml and passports' evidence: "<crawl>", or "<crawl>-<kind>".

    The score takes the part before the first "-" as the origin, because it is recomputed from a passport alone.
    """
    role: Role
    """What its records are used for."""
    crawl: str
    """Name of the spider that fetches its records; proposals, which no spider fetches, have their own name here."""
    reader: str
    """The function that reads a record, as "module:function": RawListing → Listing."""
    settings: CrawlSettings | None = None
    """How it is crawled, in the row with the spider's name; None in rows of other records that this spider fetches."""
    lists_everything: bool = False
    """Whether a complete crawl brings every record of the source: one that it did not bring is gone."""
    caseless: bool = False
    """Whether ids that differ only in case are of one record."""
    repeats: tuple[str, str] | None = None
    """A source that a part of its records follows, and how locators into that part begin: it corroborates nothing."""
    permanent_id: str | None = None
    """Name of the fact that is the source's permanent id of a record, which shows renames; None where it has none."""
    remembered: bool = False
    """Whether a spider is given the records of earlier crawls, and fetches only those that have changed or are due."""
    slugs: Literal["listing", "repository"] | None = None
    """Rule that makes the slug of a record's passport from its id, so that both are in the same partition.

    None where records are partitioned by slugs of their own, and passports are found by what the records name.
    """
    indexed: bool = False
    """Whether an audit reads all its records, some thousands at most, to find those that name a model.

    Of other sources it reads the records with the passport's slug, or none where no slug is made from the id.
    """
    citation: str | None = None
    """How the source asks to be cited where its figures are shown; {} stands for the day that they are of."""
    text: str | None = None
    """Name for the text of a record in sentences ("its card"), where a language model may read it for limits."""
    known_as: str = ""
    """How a passport names who states something: "the Hub", "its card"; empty for the source's own name."""
    artifact_prefix: str = ""
    """Prefix of the slug in the artifact's id ("hf-model"); empty where no record can name a passport."""
    page: Callable[[str], str] = _no_page
    """A record's id → address of its page for people; raises LookupError where the source names no passport."""

    @property
    def names_passports(self) -> bool:
        """Whether a passport can be named after a record; such records are asked for again and followed if renamed."""
        return bool(self.artifact_prefix)


SOURCES: Final[tuple[Source, ...]] = (
    Source(
        "openrouter", role="seller", known_as="OpenRouter", crawl="openrouter",
        reader="pipelines.normalise.openrouter.models:read_model",
        lists_everything=True, slugs="listing", indexed=True, text="its description",
        artifact_prefix="openrouter", page=_openrouter_page,
        settings=CrawlSettings(
            "https://openrouter.ai", "OpenRouter's API", "/api/v1/models?output_modalities=all",
            key_variable="OPENROUTER_API_KEY", budget=500,
            budget_of="listings whose endpoints a refresh asks for, where it does",
            takes_ids=True, asks_endpoints=True, facets=FACET_SETTINGS,
        ),
    ),
    Source(
        "openrouter-endpoints", role="endpoints", known_as="OpenRouter's providers", crawl="openrouter",
        reader="pipelines.normalise.openrouter.endpoints:read_endpoints",
        lists_everything=True, remembered=True, slugs="listing",
    ),
    Source(
        "openrouter-roll", role="roll", known_as="OpenRouter", crawl="openrouter",
        reader="pipelines.normalise.roll:read_roll",
    ),
    Source(
        "openrouter-facets", role="facet", known_as="OpenRouter", crawl="openrouter",
        reader="pipelines.normalise.openrouter.facets:read_facet",
    ),
    Source(
        "openrouter-providers", role="facet", known_as="OpenRouter", crawl="openrouter",
        reader="pipelines.normalise.openrouter.providers:read_providers",
    ),
    Source(
        "openrouter-rankings", role="facet", known_as="OpenRouter", crawl="openrouter",
        reader="pipelines.normalise.openrouter.rankings:read_rankings",
        citation="Source: OpenRouter (openrouter.ai/rankings), as of {}",  # the rankings are under CC BY 4.0
    ),
    Source(
        "huggingface", role="repository", known_as="the Hub", crawl="huggingface",
        reader="pipelines.normalise.huggingface.repository:read_repository",
        caseless=True, permanent_id="repository_id", slugs="repository",
        artifact_prefix="hf-model", page=_huggingface_page,
        settings=CrawlSettings(
            "https://huggingface.co", "the Hugging Face Hub", "/api/models?limit=1", key_variable="HF_TOKEN",
            budget=1000, budget_of="repositories that a refresh asks the Hub for one by one",
            named_by=("openrouter",), takes_ids=True, has_list_query=True, resumable=True,
        ),
    ),
    Source(
        "huggingface-card", role="card", known_as="its card", crawl="huggingface",
        reader="pipelines.normalise.huggingface.card:read_card",
        caseless=True, remembered=True, slugs="repository", text="its card",
    ),
    Source(
        "huggingface-licence", role="licence", known_as="its licence", crawl="huggingface",
        reader="pipelines.normalise.huggingface.licence:read_licence",
        caseless=True, remembered=True, slugs="repository",
    ),
    Source(
        "modelsdev", role="catalogue", known_as="models.dev", crawl="modelsdev",
        reader="pipelines.normalise.modelsdev:read_entry",
        lists_everything=True, indexed=True, repeats=("openrouter", "/openrouter/"),
        settings=CrawlSettings("https://models.dev", "models.dev", "/api.json"),
    ),
    Source(
        "github", role="code", known_as="GitHub", crawl="github", reader="pipelines.normalise.github:read_code",
        caseless=True, permanent_id="code_id", remembered=True, indexed=True,
        settings=CrawlSettings(  # the API answers 60 requests an hour without a token, and 5,000 with one
            "https://api.github.com", "GitHub's API", "/rate_limit", key_variable="GITHUB_TOKEN",
            budget=50, budget_of="repositories of code that a refresh asks for",
            named_by=("huggingface", "huggingface-card"), takes_ids=True,
        ),
    ),
    Source(
        "extraction", role="proposals", crawl="extraction", reader="pipelines.extraction.record:read_proposals",
        remembered=True,
    ),
)  # fmt: skip
"""Every source. Where records of two could name a passport, the earlier row does; precedence.toml: who is believed."""

BY_NAME: Final[Mapping[str, Source]] = {row.name: row for row in SOURCES}
SOURCE_NAMES: Final = tuple(BY_NAME)


def of_role(*roles: Role) -> tuple[str, ...]:
    """Names of the sources with one of these roles."""
    return tuple(row.name for row in SOURCES if row.role in roles)


def brought_by(crawl: str) -> Iterator[Source]:
    """Rows of all records that one spider fetches."""
    return (row for row in SOURCES if row.crawl == crawl)


def _wave(name: str) -> int:
    """The wave in which a source is crawled: 0 for one that needs no other, else one more than those that name it."""
    settings = BY_NAME[BY_NAME[name].crawl].settings
    return max((1 + _wave(other) for other in settings.named_by), default=0) if settings else 0


CRAWLS: Final[Mapping[str, CrawlSettings]] = {
    row.name: row.settings for row in sorted(SOURCES, key=lambda row: _wave(row.name)) if row.settings
}
"""Source that can be crawled → its settings; sources that name what others are asked for come first."""

(SELLER,), (ENDPOINTS,) = of_role("seller"), of_role("endpoints")
(HUB,), (CARDS,), (CODE,) = of_role("repository"), of_role("card"), of_role("code")
(EXTRACTION,) = of_role("proposals")
"""The only source of each of these roles."""

OFFERS: Final = (SELLER, ENDPOINTS)
TEXTS: Final = of_role("card", "licence")
HOSTED: Final = (HUB, *TEXTS)
"""Sources of repositories and of the texts in them."""
CATALOGUES: Final = of_role("catalogue")
FACETS: Final = of_role("facet")
ROLLS: Final = {row.crawl: row.name for row in SOURCES if row.role == "roll"}
"""Source whose complete crawls store a roll → the source of its rolls."""
