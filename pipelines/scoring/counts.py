"""Counts what a passport states, as score and assessment read it: origins, providers, and limits from its card."""

import math
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from schemas.passport.evidence import WITHOUT_SOURCE
from schemas.sources import BY_NAME, CARDS, HUB

Json = Mapping[str, Any]

IN_WORDS = ("section", "pattern")
"""Methods of evidence that quote a sentence."""

LIMIT_PATH = re.compile(r"^/trust/failure_modes/|/limitations/")
"""Paths of evidence for a limit of the model."""

INJECTED = "MITRE.ATLAS:AML.T0051.001"
"""Term of words that speak to a reader's model: they state no limit of the model that they are about."""

FACTS = "/artifact/model/"

REPEATS = {name: row.repeats for name, row in BY_NAME.items() if row.repeats}
"""Source → the origin that a part of it repeats, and how locators into that part begin."""

PUBLISHERS = {name: name.partition("-")[0] for name in BY_NAME}
"""Source → who states its records: "openrouter" for "openrouter-endpoints" too."""


def origin_of(entry: Json) -> str | None:
    """Who states the record of an entry of evidence, such as `openrouter`; None where it rests on no source's record.

    A part of a source that repeats another one has that one as its origin.
    """
    if entry["asserted_by"] in WITHOUT_SOURCE:
        return None
    name = entry["source"]
    if name in REPEATS and entry["locator"].startswith(REPEATS[name][1]):
        return REPEATS[name][0]
    return PUBLISHERS.get(name) or name.partition("-")[0]


class CountedPassport:
    """A passport's `unfragile` as score and assessment read it; its evidence is read once."""

    def __init__(self, unfragile: Json) -> None:
        self.unfragile = unfragile
        self.model: Json = unfragile["artifact"]["model"]
        """The `artifact.model` block."""
        self.providers: set[str] = {provider["name"] for provider in self.model["providers"]}
        """Names of the providers that serve a model."""
        self.has_card = CARDS in [record["source"] for record in self.model["records"]]
        """Whether the model's card is among its records."""
        origins, stating = set[str](), dict[str, set[str]]()
        for entry in unfragile["evidence"]:
            if origin := origin_of(entry):
                origins.add(origin)
                if (path := entry["path"]).startswith(FACTS):
                    stating.setdefault(path, set()).add(origin)
        self.origins = origins
        """Who gave evidence: all sources of one origin count once."""
        self.stated_facts = len(stating)
        """How many facts of the model any source states."""
        self.corroborated_facts = len([path for path, by in stating.items() if len(by) > 1])
        """How many of them more than one origin states."""

    @property
    def places(self) -> set[str]:
        """Where the model appears: origins of evidence, providers, and the Hub where a repository there is named."""
        named = {HUB} if self.model["huggingface_id"] is not None else set()
        return self.origins | named | {f"provider {name}" for name in self.providers}

    @cached_property
    def limits_of_card(self) -> set[str]:
        """Sentences of the model's own card in which a failure mode or a limitation is stated."""
        return {
            entry["quote"]
            for entry in self.unfragile["evidence"]
            if entry["source"] == CARDS
            and entry["method"] in IN_WORDS
            and LIMIT_PATH.search(entry["path"])
            and INJECTED not in entry.get("taxonomy", ())
        }


def share_of(count: float, reference: float) -> float:
    """Place of a count on a logarithmic scale: 0 for none, 1 for the reference and more."""
    return min(1.0, math.log1p(count) / math.log1p(reference))


def hundredths(value: float) -> float | int:
    """Round to two decimals, half up; whole numbers become int, so that canonical JSON is the same in every library."""
    whole = math.floor(value * 100 + 0.5)
    return whole // 100 if whole % 100 == 0 else whole / 100
