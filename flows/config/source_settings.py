"""The settings of each source, made from its row: its address, its budget, and what is asked for of its list."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo, create_model
from pydantic_settings import BaseSettings

from schemas.crawl import AUTHOR, TASK, ListQuery
from schemas.sources import CRAWLS, HUB

Url = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"),
    AfterValidator(lambda url: url.rstrip("/")),
]
"""Without a user and password: it is shown, published as evidence, and known to Prefect."""


def _chooses_from_a_list(value: str | int | None, info: ValidationInfo) -> str | int | None:
    """Refuse a filter of a list that is not gone through."""
    floor = f"{str(info.field_name).rpartition('_')[0]}_minimum_downloads"
    if value is not None and info.data.get(floor, 0) is None:
        raise ValueError(f"chooses from the Hub's list, which PASSPORTS_{floor.upper()}=- leaves alone")
    return value


_Author = Annotated[str, StringConstraints(pattern=AUTHOR)]
_Task = Annotated[str, StringConstraints(pattern=TASK)]
_OF_A_LIST: dict[str, tuple[object, object, str]] = {
    "minimum_downloads": (
        Annotated[int | None, Field(ge=0), BeforeValidator(lambda value: None if value == "-" else value)],
        1_000_000,
        'Repositories with so many downloads in 30 days get passports of their own; none do where it is unset ("-").',
    ),
    "author": (
        Annotated[_Author | None, AfterValidator(_chooses_from_a_list)],
        None,
        "Of the Hub's list only the repositories of this user or organisation.",
    ),
    "task": (
        Annotated[_Task | None, AfterValidator(_chooses_from_a_list)],
        None,
        "Of the Hub's list only those for this task, by the Hub's `pipeline_tag`.",
    ),
    "limit": (
        Annotated[int | None, Field(ge=1), AfterValidator(_chooses_from_a_list)],
        None,
        "Of the Hub's list only so many repositories, those with the most downloads.",
    ),
    "changes": (
        bool,
        False,
        "Whether a refresh asks the list only for what has changed since the last one, and not for all of it.",
    ),
}
"""Setting of a list of which a part can be asked for → type, default and description."""


def _fields() -> dict[str, Any]:
    """Name → type and default of every setting that a row makes."""
    found: dict[str, tuple[object, object, str]] = {}
    for source, crawl in CRAWLS.items():
        found[f"{source}_url"] = (Url, crawl.url, f"Where {crawl.title} is; may have a path prefix.")
        if crawl.budget is not None:
            most = f"At most so many {crawl.budget_of}, those first that were not seen for longest."
            found[f"{source}_budget"] = (Annotated[int, Field(ge=0)], crawl.budget, most)
        if crawl.has_list_query:
            found |= {f"{source}_{name}": field for name, field in _OF_A_LIST.items()}
    return {name: (kind, Field(default, description=what)) for name, (kind, default, what) in found.items()}


if TYPE_CHECKING:
    _Fields = BaseSettings
else:
    _Fields = create_model("_Fields", __base__=BaseSettings, **_fields())


class SourceSettings(_Fields):
    """The settings of all sources, each as PASSPORTS_<SOURCE>_<NAME>."""

    def url_of(self, source: str) -> str:
        """The root of a source."""
        return str(self._of(source, "url"))

    def budget_of(self, source: str) -> int | None:
        """How many records of a source may be asked for one by one in a run; None where none are."""
        return None if CRAWLS[source].budget is None else int(self._of(source, "budget"))

    @property
    def source_urls(self) -> dict[str, str]:
        """Source → its root."""
        return {source: self.url_of(source) for source in CRAWLS}

    @property
    def budgets(self) -> dict[str, int]:
        """Source → records of it that may be asked for one by one in a run."""
        return {source: budget for source in CRAWLS if (budget := self.budget_of(source)) is not None}

    @property
    def hub_list(self) -> ListQuery | None:
        """What a refresh asks for of the Hub's list; None where it is not gone through."""
        asked = {name: self._of(HUB, name) for name in ListQuery.model_fields}
        return None if asked["minimum_downloads"] is None else ListQuery(**asked)

    @property
    def changes(self) -> bool:
        """Whether a refresh asks the Hub's list only for what has changed since the last one."""
        return bool(self._of(HUB, "changes"))

    def _of(self, source: str, name: str) -> Any:  # noqa: ANN401 - of the field's type
        return getattr(self, f"{source}_{name}")
