"""Lets a run outlive who started it, where that is killed: its log then goes into a pipe that nobody reads."""

import logging

from prefect.logging.handlers import PrefectConsoleHandler
from rich.console import Console


class Lasting(Console):
    """A console that falls silent when nobody reads it any more; rich's own ends the process at that line."""

    def on_broken_pipe(self) -> None:
        """Write nothing from now on."""
        self.quiet = True


def outlive() -> None:
    """Make those consoles lasting that Prefect has set up to log to."""
    for name in ("", *logging.root.manager.loggerDict):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, PrefectConsoleHandler):
                handler.console.__class__ = Lasting
