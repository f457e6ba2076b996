"""Ends the process at once when it is interrupted: during its imports by leaving, in a run by clearing up."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 130
"""Exit status that shells report of a program ended by Ctrl-C."""
EARLY = b"error: interrupted before anything was done\n"


TERMINATED = 143
"""Exit status that shells report of a program ended by SIGTERM."""


class TerminatedError(SystemExit):
    """The process was asked to end, by SIGTERM, or by SIGHUP of a closed terminal."""

    def __init__(self) -> None:
        super().__init__(TERMINATED)


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Raise KeyboardInterrupt in the main thread at once on Ctrl-C, and TerminatedError on SIGTERM and SIGHUP.

    asyncio's own handler waits until the current step returns, which may take minutes, and without a handler SIGTERM
    leaves the folders of a run behind. A signal that is ignored, as under nohup, stays ignored. A second signal during
    the clearing up is ignored: each part of it has its own time limit.
    """
    raised = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: TerminatedError, signal.SIGHUP: TerminatedError}
    before = {number: signal.getsignal(number) for number in raised}
    ours = [number for number, handler in before.items() if handler in (signal.SIG_DFL, signal.default_int_handler)]

    def end(number: int, _frame: object) -> None:
        for other in ours:
            signal.signal(other, signal.SIG_IGN)
        raise raised[signal.Signals(number)]

    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])


class Importing:
    """Context for imports, in which an interrupt ends the process: imported modules may catch a KeyboardInterrupt.

    Where interrupts are ignored or have another handler, as under nohup, nothing changes.
    """

    def __enter__(self) -> None:
        self._before = signal.getsignal(signal.SIGINT)
        if self._before is signal.default_int_handler:
            signal.signal(signal.SIGINT, _leave)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)


def _leave(*_: object) -> None:
    os.write(2, EARLY)
    os._exit(INTERRUPTED)
