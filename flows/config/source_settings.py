"""The settings of each source, made from its row: its URL, its budget, and the query of its list."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, create_model

from flows.config.spelling import spelled
from schemas.crawl import AUTHOR, TASK, ListQuery
from schemas.sources import CRAWLS, HUB

Url = Annotated[
    str,
    spelled(
        r"^https?://[^\s/?#@]+(/[^\s?#]*)?",
        'write http:// or https:// and a host, as in "https://example.org", without user, password, "?" and "#"',
    ),
    AfterValidator(lambda url: url.rstrip("/")),
]
"""URL without user and password, as it is shown, published as evidence, and stored by Prefect."""


def _chooses_from_a_list(value: str | int | None, info: ValidationInfo) -> str | int | None:
    """Refuse a filter of the list when the list is not crawled."""
    floor = f"{str(info.field_name).rpartition('_')[0]}_minimum_downloads"
    if value is not None and info.data.get(floor, 0) is None:
        raise ValueError(
            f"filters the Hub's list, which is not crawled with PASSPORTS_{floor.upper()}=-: unset one of them"
        )
    return value


_Author = Annotated[str, spelled(AUTHOR, "write the name of a user or organisation of the Hub, as in Qwen")]
_Task = Annotated[str, spelled(TASK, "write a task as the Hub spells it, as in text-generation")]
_OF_A_LIST: dict[str, tuple[object, object, str]] = {
    "minimum_downloads": (
        Annotated[int | None, Field(ge=0), BeforeValidator(lambda value: None if value == "-" else value)],
        1_000_000,
        'Fewest downloads in 30 days with which a repository gets a separate passport; "-": the list is not crawled.',
    ),
    "author": (
        Annotated[_Author | None, AfterValidator(_chooses_from_a_list)],
        None,
        "Crawl only this user's or organisation's repositories of the Hub's list.",
    ),
    "task": (
        Annotated[_Task | None, AfterValidator(_chooses_from_a_list)],
        None,
        "Crawl only repositories for this task of the Hub's list, by the Hub's `pipeline_tag`.",
    ),
    "limit": (
        Annotated[int | None, Field(ge=1), AfterValidator(_chooses_from_a_list)],
        None,
        "Most repositories to crawl of the Hub's list; those with the most downloads.",
    ),
    "changes": (
        bool,
        False,
        "Whether a refresh crawls only what changed on the list since the last crawl, and not the whole list.",
    ),
}
"""Name of a list query's setting → type, default and description; for sources with `has_list_query`."""


def _fields() -> dict[str, Any]:
    """Return name → type and default of the settings of all sources."""
    found: dict[str, tuple[object, object, str]] = {}
    for source, crawl in CRAWLS.items():
        found[f"{source}_url"] = (Url, crawl.url, f"URL of {crawl.title}; may have a path prefix.")
        if crawl.budget is not None:
            most = f"Most {crawl.budget_of} in one run; those observed longest ago come first."
            found[f"{source}_budget"] = (Annotated[int, Field(ge=0)], crawl.budget, most)
        for name, what in crawl.facets.items():
            found[f"{source}_{name}"] = (bool, True, f"Whether a refresh asks {crawl.title} for {what}.")
        if crawl.has_list_query:
            found |= {f"{source}_{name}": field for name, field in _OF_A_LIST.items()}
    return {name: (kind, Field(default, description=what)) for name, (kind, default, what) in found.items()}


class _Texts(BaseModel):
    """A frozen model whose values may be texts, as those of an environment are: "7", "true"."""

    model_config = ConfigDict(frozen=True, validate_default=True, defer_build=True)


if TYPE_CHECKING:
    _Fields = _Texts
else:
    _Fields = create_model("_Fields", __base__=_Texts, **_fields())


class SourceSettings(_Fields):
    """The settings of all sources; each is read from the environment variable PASSPORTS_<SOURCE>_<NAME>."""

    def url_of(self, source: str) -> str:
        """Return the root URL of a source."""
        return str(self._of(source, "url"))

    def budget_of(self, source: str) -> int | None:
        """Return how many records of a source a run may request one by one; None where the source has no budget."""
        return None if CRAWLS[source].budget is None else int(self._of(source, "budget"))

    @property
    def source_urls(self) -> dict[str, str]:
        """Source → its root URL."""
        return {source: self.url_of(source) for source in CRAWLS}

    @property
    def budgets(self) -> dict[str, int]:
        """Source → how many of its records a run may request one by one."""
        return {source: budget for source in CRAWLS if (budget := self.budget_of(source)) is not None}

    @property
    def facets(self) -> dict[str, tuple[str, ...]]:
        """Source → which further answers about all its records a refresh asks for, by the names of their settings."""
        found = {
            source: tuple(name for name in crawl.facets if self._of(source, name)) for source, crawl in CRAWLS.items()
        }
        return {source: names for source, names in found.items() if names}

    @property
    def hub_list(self) -> ListQuery | None:
        """The query by which a refresh crawls the Hub's list; None where it does not."""
        asked = {name: self._of(HUB, name) for name in ListQuery.model_fields}
        return None if asked["minimum_downloads"] is None else ListQuery(**asked)

    @property
    def changes_only(self) -> bool:
        """Whether a refresh crawls only what changed on the Hub's list since its last crawl, and not all of it."""
        return bool(self._of(HUB, "changes"))

    def _of(self, source: str, name: str) -> Any:  # noqa: ANN401 - of the field's type
        return getattr(self, f"{source}_{name}")
