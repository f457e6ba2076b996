"""Compares passports side by side by the facts that a choice between models rests on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pipelines.views.index_rows import price_per_million

Json = Mapping[str, Any]


class ComparedFact(NamedTuple):
    """One fact of several passports, in their order."""

    name: str
    values: tuple[Any, ...]
    """A text, number, truth value or list of texts each; None where a passport does not state it."""

    @property
    def differs(self) -> bool:
        """Whether not all of the values are equal."""
        return any(value != self.values[0] for value in self.values)


def compared(passports: Sequence[Json]) -> tuple[ComparedFact, ...]:
    """Return the facts of some passports, those that differ first; each is the `passport` object of an envelope."""
    facts = [ComparedFact(name, tuple(map(read, passports))) for name, read in FACTS]
    return tuple(sorted(facts, key=lambda fact: not fact.differs))


def _model(passport: Json) -> Json:
    return passport["unfragile"]["artifact"].get("model") or {}


def _trust(passport: Json) -> Json:
    trust: Json = passport["unfragile"]["trust"]
    return trust


def _names(part: str) -> Callable[[Json], list[str]]:
    return lambda passport: [one["name"] for one in passport["unfragile"].get(part, ())]


def _stated(name: str) -> Callable[[Json], Any]:
    return lambda passport: _model(passport).get(name)


def _data(name: str) -> Callable[[Json], Any]:
    return lambda passport: (_model(passport).get("data_handling") or {}).get(name)


def _price(kind: str) -> Callable[[Json], float | None]:
    def read(passport: Json) -> float | None:
        free = passport["unfragile"]["artifact"]["pricing"]["free"]
        return price_per_million(_model(passport).get("prices", ()), kind, free=free)

    return read


def _freshness(name: str) -> Callable[[Json], Any]:
    def read(passport: Json) -> Any:  # noqa: ANN401 - any JSON
        sources = (_trust(passport).get("freshness") or {}).get("sources", ())
        return next((source[name] for source in sources), None)

    return read


FACTS: Final[tuple[tuple[str, Callable[[Json], Any]], ...]] = (
    ("status", lambda passport: passport["unfragile"]["artifact"]["status"]),
    ("announced end", _stated("expires_on")),
    ("purposes", _names("purposes")),
    ("capabilities", _names("capabilities")),
    ("input", _stated("input_modalities")),
    ("output", _stated("output_modalities")),
    ("context tokens", _stated("context_tokens")),
    ("most output tokens", _stated("max_output_tokens")),
    ("price of a million prompt tokens in USD", _price("prompt")),
    ("price of a million completion tokens in USD", _price("completion")),
    ("licence", _stated("licence")),
    ("weights can be downloaded", _stated("open_weights")),
    ("parameters", _stated("parameter_count")),
    ("training data until", _stated("knowledge_cutoff")),
    ("released", _stated("released_on")),
    ("providers", lambda passport: list(dict.fromkeys(one["name"] for one in _model(passport).get("providers", ())))),
    ("an endpoint keeps nothing", _data("zero_retention")),
    ("answers may train others", _data("distillable")),
    ("risk to data", lambda passport: _trust(passport)["data_access_risk"]),
    ("failure modes", lambda passport: list(_trust(passport)["failure_modes"])),
    ("score", lambda passport: _trust(passport)["score"]),
    ("last scraped at", lambda passport: _trust(passport)["maintenance"]["last_scraped_at"]),
    ("due after", _freshness("due_after")),
    ("stale after", _freshness("stale_after")),
    ("signed at", lambda passport: passport["signedAt"]),
    ("expires at", lambda passport: passport.get("expiresAt")),
)
"""Name of each fact, and the function that reads it from a passport; as dates and not as verdicts."""
