"""The program `passports` of an installation, whose processes find our packages before any others of the same names.

An interrupt ends it without a word from its first line on, until the program has a handler of its own.
"""

import os
import signal
import sys

INTERRUPTED = 130
BEFORE = signal.getsignal(signal.SIGINT)
if BEFORE is signal.default_int_handler:  # and not ignored, as under nohup
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))


def main() -> None:
    """Run the command line."""
    from passports import PACKAGES

    if os.path.isdir(PACKAGES):
        sys.path.insert(0, PACKAGES)
        inherited = filter(None, [PACKAGES, os.environ.get("PYTHONPATH")])
        os.environ["PYTHONPATH"] = os.pathsep.join(inherited)  # crawls and Prefect's runs are processes of their own
    from flows.entry import main as command_line

    signal.signal(signal.SIGINT, BEFORE)
    command_line()
