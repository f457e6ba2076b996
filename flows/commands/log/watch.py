"""`passports log watch`: shows what a registry issues, as it does, and ends where its log is not one that only grew."""

import sys
import time
from collections.abc import Callable

import orjson

from flows.audit.opened import TrustOptions, open_registry
from flows.commands import terminal
from flows.commands.diff import caution
from flows.commands.log.show import line, reading_of
from flows.commands.options import moment
from flows.config.settings import read_settings
from flows.store.base import StoreUnavailableError

Wait = Callable[[float], None]


def watch(
    store_url: str | None,
    trusting: TrustOptions,
    *,
    start: int | None,
    interval_s: float,
    as_json: bool,
    wait: Wait = time.sleep,
) -> None:
    """Show each further entry, asking again after `interval_s` seconds, until interrupted.

    Begins after the entries that there are, or at `start`. Exits 1 where the log was forked, went back, or does not
    have what is shown; a store that is out of reach is asked again.
    """
    settings, cautioned = read_settings(store=store_url), False
    seen: tuple[int, bytes] | None = None
    while True:
        try:
            opened = open_registry(settings, trusting, moment(None))
            if not cautioned:
                caution(opened)
                cautioned = True
            reading = reading_of(opened)
            departed = opened.departure or (reading.log.departure(*seen) if seen else None)
            if departed:
                terminal.error(f"{departed.verdict}: {departed.reason}")
                sys.exit(1)
            begin = seen[0] if seen else reading.size if start is None else start
            for entry in reading.entries(begin):
                _tell(orjson.dumps(entry.record()).decode() if as_json else line(entry))
            seen = (reading.size, reading.log.root)
        except StoreUnavailableError as error:
            terminal.note(f"{error}; asked again in {interval_s:g} s")
        wait(interval_s)


def _tell(answer: str) -> None:
    terminal.say(answer)
    terminal.OUT.file.flush()
