"""Ends the process at once when Ctrl-C interrupts it during its imports."""

import os
import signal

INTERRUPTED = 130
"""Exit status that shells report of a program ended by Ctrl-C."""
EARLY = b"error: interrupted before anything was done\n"


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
