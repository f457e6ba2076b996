"""The table of OpenRouter's facets: what else its documented API answers about all of its models, one row an answer."""

from typing import Final, Literal, NamedTuple

LIST = "/api/v1/models?output_modalities=all"
"""The list; without that parameter it leaves out every model that writes no text, and facets of it would too."""

USE_CASES = (
    "academia", "finance", "health", "legal", "marketing", "marketing/seo", "programming", "roleplay", "science",
    "technology", "translation", "trivia",
)  # fmt: skip
REGIONS = ("eu", "us")
TOOL_SUCCESS_RATES = ("0.8", "0.9", "0.95", "0.99")

Shape = Literal["list", "endpoints", "providers", "rankings"]
"""Form of an answer: models in order; endpoints, each with its model; providers; tokens by model."""


class Facet(NamedTuple):
    """One answer of the API about all models, and the facts about a model that follow from it."""

    id: str
    """Id of its record: the query, or the path where there is none."""
    setting: str
    """The setting that switches it on or off: "use_cases" for PASSPORTS_OPENROUTER_USE_CASES."""
    path: str
    """Path and query below the source's URL."""
    shape: Shape = "list"
    needs_key: bool = False
    """Whether it is answered only with a key."""
    within: str = ""
    """Fact about a model that the answer has."""
    without: tuple[tuple[str, bool], ...] = ()
    """Facts, each with its value, about a model that was listed in the same crawl and that the answer lacks."""


NO_RETENTION = (("zero_retention", False), ("retained", True))


def _facets() -> tuple[Facet, ...]:
    """The facets of the list, then those that are answered elsewhere; of two on one fact the earlier is believed."""
    query = "{}&{}".format
    return (
        Facet("sort=top-weekly", "usage", query(LIST, "sort=top-weekly"), within="usage_rank"),
        *(
            Facet(f"category={use}", "use_cases", query(LIST, f"category={use}"), within=f"use_case:{use}")
            for use in USE_CASES
        ),
        Facet("zdr=true", "zero_retention", query(LIST, "zdr=true"), within="zero_retention", without=NO_RETENTION),
        *(
            Facet(f"region={region}", "regions", query(LIST, f"region={region}"), within=f"region:{region}")
            for region in REGIONS
        ),
        Facet(
            "distillable=true", "distillable", query(LIST, "distillable=true"),
            within="distillable", without=(("distillable", False),),
        ),
        *(
            Facet(
                f"min_tool_success_rate={rate}", "tool_success", query(LIST, f"min_tool_success_rate={rate}"),
                within=f"tool_success_reached:{rate}", without=((f"tool_success_missed:{rate}", True),),
            )
            for rate in TOOL_SUCCESS_RATES
        ),
        Facet(
            "endpoints/zdr", "zero_retention_endpoints", "/api/v1/endpoints/zdr",
            shape="endpoints", needs_key=True, within="zero_retention",
        ),
        Facet("providers", "providers", "/api/v1/providers", shape="providers"),
        Facet(
            "datasets/rankings-daily", "rankings", "/api/v1/datasets/rankings-daily",
            shape="rankings", needs_key=True,
        ),
    )  # fmt: skip


FACETS: Final = _facets()
BY_ID: Final = {facet.id: facet for facet in FACETS}

SETTINGS: Final = {
    "usage": "the order of all models by the tokens of the week",
    "use_cases": "the models of each of its twelve use cases",
    "zero_retention": "the models that have endpoints without data retention",
    "regions": "the models that have endpoints in the EU, and in the US",
    "distillable": "the models whose answers may train others",
    "tool_success": "the models whose tool calls succeed at least so often, by four shares",
    "zero_retention_endpoints": "the endpoints without data retention (only with a key)",
    "providers": "the providers' countries, terms and privacy policies",
    "rankings": "the tokens of the fifty most used models in the last whole week (only with a key)",
}
"""Setting → what it has a refresh ask for, in its description."""
