"""Says which extra of the package is missing, where a command needs a library that the plain installation has not."""

from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType

from flows.config.settings import Settings
from flows.errors import SettingsError

EXTRAS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "schedule": ("prefect", "Prefect"),
        "dask": ("prefect_dask", "Dask"),
        "extractor": ("openai", "the client of language models"),
        "mcp": ("mcp", "the Model Context Protocol"),
    }
)
"""Extra → the module that it installs, and what it is called in a message."""


class MissingExtraError(SettingsError):
    """A command or a setting needs a library that is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        needed = f"{what} needs {EXTRAS[extra][1]}, which is not installed"
        super().__init__(f'{needed}: `pip install "passports[{extra}]"`, or in a checkout `make venv`')


def require(extra: str, what: str) -> None:
    """Raise MissingExtraError, which names `what` needs it, unless an extra is installed."""
    if find_spec(EXTRAS[extra][0]) is None:
        raise MissingExtraError(what, extra)


def require_chosen(settings: Settings) -> None:
    """Raise MissingExtraError unless the extras are installed that the settings of a run need."""
    if settings.task_runner == "dask":
        require("dask", "PASSPORTS_TASK_RUNNER=dask")
    if settings.extractor_url:
        require("extractor", "PASSPORTS_EXTRACTOR_URL")
