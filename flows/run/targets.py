"""Finds the records to crawl for one passport, from its slug or from the id of a listing or repository."""

import re
from collections import defaultdict

import orjson

from flows.config.settings import Settings
from flows.errors import FlowError
from flows.job.job import new_job, tools_to_ask_with
from flows.job.preflight import starting_point_of
from flows.registry.demo_store import DEMO_ONLY, is_demo_store
from flows.registry.published import PublishedState
from flows.registry.unknown_slug import UnknownSlugError, row_named, unknown_slug
from pipelines.formats.slugs import hub_slug, slug_of, split_id
from schemas.sources import CRAWLS, SELLER

LISTING_ID = re.compile(r"~?[^/:\s]+/[^/:\s]+(:[^/:\s]+)?")
"""author/name, perhaps with a variant; "~" begins an alias."""
NO_SUCH_PASSPORT = "name a listing, author/name, to crawl one that has no passport yet"


class NothingToAskError(FlowError):
    """A passport was made from sources that the settings leave out, so none of its records can be asked for."""


def listings_to_crawl(target: str, settings: Settings, epoch: int | None) -> dict[str, tuple[str, ...]]:
    """Return source → ids of the records that a passport is made from, given its slug or an id.

    An id ("author/name") may be a seller's listing that has no passport yet, or a repository that has one. Sources
    that cannot be asked for single records, or that the settings leave out, are left out. Raise UnknownSlugError for
    an unknown slug, NothingToAskError where no source is left, HistoryError and ClockBehindError as a run would.
    """
    asking = new_job("rescrape", settings, epoch=epoch)
    tools = tools_to_ask_with(asking)
    state = starting_point_of(asking, tools)
    if "/" in target and not LISTING_ID.fullmatch(target):
        raise UnknownSlugError(f"{target[:200]!r} is not the id of a listing: write it as author/name, as qwen/qwq-32b")
    found = _named(state, target) if "/" in target else _records(state, target)
    if not found:
        demo = f"{DEMO_ONLY}, or {NO_SUCH_PASSPORT}" if is_demo_store(tools.store) else NO_SUCH_PASSPORT
        raise unknown_slug(target, state.rows(), demo)
    asked = {source: tuple(sorted(found[source])) for source in settings.sources if source in found}
    if not asked:
        remedy = f"add one of them to PASSPORTS_SOURCES: {', '.join(sorted(found))}"
        raise NothingToAskError(f"{target[:200]!r} was made only from sources that are not crawled; {remedy}")
    return asked


def _named(state: PublishedState, target: str) -> dict[str, set[str]]:
    """Return the records of the repository whose passport has this id; if there is none, of the seller's listing."""
    row = state.reader.row(hub_slug(target)) if state.reader else None
    if row is not None and row.listing_id.lower() == target.lower():
        return _records(state, row.slug)
    base = split_id(target).base
    found = _records(state, slug_of(base))
    found[SELLER].add(base)
    return found


def _records(state: PublishedState, slug: str) -> dict[str, set[str]]:
    """Return source → ids of the records that a passport names, of sources that can be asked for single ones."""
    found: dict[str, set[str]] = defaultdict(set)
    if state.reader is None:
        return found
    try:
        row = row_named(state.reader, slug)
    except UnknownSlugError:
        return found
    model = orjson.loads(state.reader.object(row.object))["passport"]["unfragile"]["artifact"]["model"]
    for record in model["records"]:
        crawl = CRAWLS.get(record["source"])
        if crawl and crawl.takes_ids and not record["id"].startswith("~"):
            found[record["source"]].add(record["id"])
    return found
