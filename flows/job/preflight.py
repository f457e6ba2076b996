"""What is seen to before anything is asked of a source: that a run's tools open, and what its store can be built on."""

from flows.job.job import Job, Tools, open_tools
from flows.publish.continuity import ensure_newest, ensure_nothing_served
from flows.registry.demo_store import clear, is_demo_store
from flows.registry.published import EMPTY, PublishedState, served
from flows.registry.punctuality import time_to_publish
from flows.registry.signed_files import TamperedError
from flows.store.base import MissingKeyError, Store
from flows.store.local import LocalStore


def preflight(job: Job) -> None:
    """See, before anything is asked of a source, that the job's tools open and that its store can be built on."""
    tools = open_tools(job)
    if isinstance(tools.store, LocalStore):
        tools.store.prepare()
    if tools.mark:
        tools.mark.memory.ensure_writable()
    try:
        starting_point_of(job, tools)
    except TamperedError as error:
        remedy = (
            "if another key signed it, set PASSPORTS_SIGNING_KEY_FILE to that key or choose another --store; "
            "if the pointer was changed, put ours back with `passports store repair`"
        )
        raise TamperedError(f"{error}; {remedy}") from None
    except MissingKeyError as error:
        raise TamperedError(f"{error}, which what is signed names: restore it from a copy of the store") from None


def starting_point_of(job: Job, tools: Tools) -> PublishedState:
    """Read what a run builds on; raise HistoryError where that is not the newest that was published.

    Raises ClockBehindError where it was published later than the clock says it is.

    A real run builds on nothing that the demo left, as that is no fact about today.
    """
    if is_demo_store(tools.store):
        return served(tools.store, tools.trusted, tools.clock()) if job.flow == "demo" else EMPTY
    state = served(tools.store, tools.trusted, tools.clock())
    if job.new_store:
        ensure_nothing_served(tools.store)
    else:
        ensure_newest(tools.store, state.reader, tools.trusted, tools.mark)
        time_to_publish(state.reader, tools.clock(), tools.confirm)
    return state


def start_over(store: Store) -> None:
    """Clear what the demo left, unless another run just did."""
    with store.lock():
        if is_demo_store(store):
            clear(store)
