"""The tools: each answers from the registry, verified, short, and with what listings wrote quoted as data."""

from collections.abc import Callable, Iterable
from typing import Any

from flows.agents.quoting import NOTE, quoted
from flows.client.answers import NotReliableError, VerifiedPassport
from flows.client.registry import Registry
from pipelines.views.signed_brief import brief_of
from schemas.search import PassportFilter, SortKey
from schemas.verdict import Finding

MOST_FOUND = 20
MOST_COMPARED = 4

Answer = dict[str, Any]


class RegistryTools:
    """Answers the calls of agents."""

    def __init__(self, current: Callable[[], Registry]) -> None:
        self._current = current

    def trust_passport(self, slug: str, *, full: bool = False) -> Answer:
        """Return what a model's passport states, with the verdict on it; `full` gives the whole statement."""
        passport = self._current().passport(slug)
        stated = passport.statement if full else brief_of(passport.document, passport.sha256)
        return self._answer({**_verdict(passport.finding), "passport" if full else "brief": stated})

    def search(
        self,
        text: str = "",
        limit: int = 10,
        *,
        capability: str = "",
        max_price: float | None = None,
        min_context: int | None = None,
        order: SortKey = "price",
    ) -> Answer:
        """Return the passports that meet the conditions, each verified: the best for a text first, else in an order."""
        registry, most = self._current(), max(1, min(limit, MOST_FOUND))
        wanted = PassportFilter(
            capability=capability or None, max_price=max_price, min_context=min_context, in_date=None if text else True
        )
        found = (
            registry.search(text, wanted, limit=most) if text else registry.find(wanted, order=order, limit=most).found
        )
        return self._answer({"found": list(_listed(registry, (one.passport.slug for one in found)))})

    def resolve_capability(self, task: str, limit: int = 5, *, in_date: bool = True) -> Answer:
        """Return the models that fit a task in words, each verified, with what they have for it."""
        registry = self._current()
        wanted = PassportFilter(in_date=True) if in_date else PassportFilter()
        found = registry.resolve(task, wanted, limit=max(1, min(limit, MOST_FOUND)))
        why = {one.passport.slug: {"likeness": one.likeness, "has": list(one.uris)} for one in found}
        return self._answer({"models": [one | why[one["slug"]] for one in _listed(registry, why)]})

    def compare(self, slugs: list[str]) -> Answer:
        """Return two to four passports side by side, only the facts that differ."""
        answer = self._current().compare(*slugs[:MOST_COMPARED])
        facts = {fact.name: list(fact.values) for fact in answer.facts if fact.differs}
        named = [{"slug": one.slug, **_verdict(one.finding)} for one in answer.passports]
        return self._answer({"passports": named, "differences": facts})

    def verify(self, slug: str = "", document: str = "") -> Answer:
        """Return the verdict on the passport of a slug, or on the text of a document."""
        registry = self._current()
        finding = registry.verify(document.encode(errors="replace") if document else slug)
        return self._answer(_verdict(finding))

    def _answer(self, found: Answer) -> Answer:
        registry = self._current()
        served: Answer = {"generation": registry.generation, "trust": registry.trust.basis}
        if registry.recorded_at:
            served["recorded_at"] = registry.recorded_at
        return {"note": NOTE, **quoted(found), "registry": served | _verdict(registry.standing())}


def _listed(registry: Registry, slugs: Iterable[str]) -> Iterable[Answer]:
    for slug in slugs:
        try:
            passport = registry.passport(slug)
        except NotReliableError as error:
            yield {"slug": slug, **_verdict(error.finding)}
        else:
            yield {"slug": slug, **_verdict(passport.finding), **_line(passport)}


def _line(passport: VerifiedPassport) -> Answer:
    brief = brief_of(passport.document, passport.sha256)
    names = (
        "name",
        "status",
        "score",
        "data_access_risk",
        "prompt_usd_per_million",
        "context_tokens",
        "ends_on",
        "purposes",
    )
    return {name: brief[name] for name in names}


def _verdict(finding: Finding) -> Answer:
    return {"verdict": str(finding.verdict), "good": finding.verdict.good, "age": finding.age, "reason": finding.reason}
