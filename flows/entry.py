"""Starts the program. An interrupt during imports, or output that cannot be written, ends it with one sentence."""

import gc
import os
import signal
import sys

from flows.config.core_files import forbid_core_files
from flows.config.interrupts import INTERRUPTED, TERMINATED, Importing

OBJECTS_MADE = 10_000
"""New objects after which cycles among them are looked for. Starting makes Python's own 700 a hundred times, and they
are functions and classes, of which nothing is to be collected."""


def main() -> None:
    """Run a command; an interrupt ends the process at once, even while other threads work."""
    forbid_core_files()  # the environment may have a key
    gc.set_threshold(OBJECTS_MADE, *gc.get_threshold()[1:])
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # to look for some, it reads what every package states
    with Importing():
        from flows.output import OutputError, guard  # noqa: PLC0415 - slow imports come after this

        try:
            guard()
        except OutputError as error:
            os.write(sys.stderr.fileno(), f"error: {error}\n".encode())
            os._exit(error.status)
        from flows.cli import main as command_line  # noqa: PLC0415 - likewise
    try:
        command_line()
    except SystemExit as ending:
        if ending.code in {INTERRUPTED, TERMINATED}:
            from flows.config.scratch import close_all  # noqa: PLC0415 - likewise

            close_all()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(ending.code or 0))
        raise
    finally:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # what is left to do is not worth a traceback
        gc.freeze()  # Python would look through all modules for cycles before it ends
