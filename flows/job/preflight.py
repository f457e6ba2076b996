"""Checks settings, key and store before crawling, and finds the published state that a run builds on."""

from flows.config.extras import require_chosen
from flows.config.signing_key import OpenedKey, open_key
from flows.job.job import Job, Tools, tools_to_ask_with
from flows.publish.continuity import ensure_never_published, ensure_newest, ensure_nothing_served
from flows.registry.demo_clearing import clear
from flows.registry.demo_store import is_demo_store
from flows.registry.publish_time import time_to_publish
from flows.registry.published import EMPTY, PublishedState, served
from flows.registry.signed_files import REMEDY, TamperedError
from flows.store.base import MissingKeyError, Store
from flows.store.local import LocalStore


def preflight(job: Job) -> OpenedKey:
    """Raise FlowError, before any crawl, if a tool of the job does not open or its store cannot be built on.

    Returns the signing key. Key and folders are made only where nothing speaks against the job.
    """
    tools = tools_to_ask_with(job)
    require_chosen(tools.settings)
    _ensure_buildable(job, tools)
    if tools.mark:
        tools.mark.memory.ensure_writable()
    if isinstance(tools.store, LocalStore):
        tools.store.prepare()
    return tools.key if job.flow == "demo" else open_key(tools.settings)


def _ensure_buildable(job: Job, tools: Tools) -> None:
    """Raise FlowError, with what to do, where a run cannot build on what the store serves."""
    try:
        starting_point_of(job, tools)
    except TamperedError as error:
        if job.flow == "demo":
            remedy = "the demo signs with its own key, and this store is signed by another: choose another --store"
            raise TamperedError(f"{error}; {remedy}") from None
        remedy = (
            "if another key signed it, set PASSPORTS_SIGNING_KEY_FILE to that key or choose another --store; "
            "if somebody changed the pointer, restore ours with `passports store repair`"
        )
        raise TamperedError(f"{error}; {remedy}") from None
    except MissingKeyError as error:
        raise TamperedError(f"{error}, although a signed file names it: {REMEDY}") from None


def starting_point_of(job: Job, tools: Tools) -> PublishedState:
    """Return the published state that a run builds on; a real run starts empty where only the demo has published.

    Raises HistoryError where the store does not serve the newest generation published to it, and ClockBehindError where
    that generation is dated later than the clock.
    """
    if is_demo_store(tools.store):
        if job.flow == "demo":
            return served(tools.store, tools.trusted, tools.clock())
        if not job.new_store:
            ensure_never_published(tools.store, tools.mark)
        return EMPTY
    state = served(tools.store, tools.trusted, tools.clock())
    if job.new_store:
        ensure_nothing_served(tools.store)
    else:
        ensure_newest(tools.store, state.reader, tools.trusted, tools.mark)
        time_to_publish(state.reader, tools.clock(), tools.confirm)
    return state


def start_over(store: Store) -> None:
    """Delete what the demo published, unless another run has done so meanwhile."""
    with store.lock():
        if is_demo_store(store):
            clear(store)
