"""The program `passports` of an installation, whose processes find our packages before any others of the same names."""

import os
import sys

from passports import PACKAGES


def main() -> None:
    """Run the command line."""
    if PACKAGES.is_dir():
        sys.path.insert(0, str(PACKAGES))
        inherited = filter(None, [str(PACKAGES), os.environ.get("PYTHONPATH")])
        os.environ["PYTHONPATH"] = os.pathsep.join(inherited)  # crawls and Prefect's runs are processes of their own
    from flows.entry import main as command_line

    command_line()
