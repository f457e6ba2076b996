"""The API in Python: `from passports import Registry`.

In an installation, `schemas`, `spiders`, `pipelines` and `flows` are in the folder `packages` beside this file, and not
in site-packages, where names so general belong to nobody. They become importable in a process that uses this module.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
"""As `typing` has it, which takes longer to import than the rest of this file: a command begins here."""
if TYPE_CHECKING:
    from typing import Any

    from flows.client import NotReliableError, PassportFilter, Registry, VerifiedPassport

__all__ = ["NotReliableError", "PassportFilter", "Registry", "VerifiedPassport"]

PACKAGES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "packages")
"""Folder of the four packages; a checkout has none, as they are importable there already."""
NAMES = ("schemas", "spiders", "pipelines", "flows")


def __getattr__(name: str) -> Any:  # noqa: ANN401 - each name has its own type, above
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    make_importable()
    import importlib

    return getattr(importlib.import_module("flows.client"), name)


def make_importable() -> None:
    """Add the four packages to this process's modules; raise ImportError where one of their names is another's."""
    from importlib.util import find_spec

    if not os.path.isdir(PACKAGES):
        return
    if PACKAGES not in sys.path:
        sys.path.append(PACKAGES)
    for name in NAMES:
        spec = find_spec(name)
        if spec is None or spec.origin != os.path.join(PACKAGES, name, "__init__.py"):
            other = spec and (spec.origin or ", ".join(spec.submodule_search_locations or ()))
            raise ImportError(
                f"passports has a package named {name!r}, and so has this process, from {other}: use passports in a "
                "process of its own, such as its command line or its API over HTTP"
            )
