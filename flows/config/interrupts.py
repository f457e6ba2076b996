"""Ends the process at once when it is interrupted while modules are imported."""

import os
import signal

INTERRUPTED = 130
"""Exit status of a program that Ctrl-C ended, as shells have it."""
EARLY = b"error: interrupted before anything was done\n"


class Importing:
    """While modules are imported an interrupt ends the process: an exception there may be taken for a fault of theirs.

    Where interrupts are ignored or handled otherwise, as with nohup, that stays.
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
