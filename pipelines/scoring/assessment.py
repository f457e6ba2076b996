"""Assesses a model in five dimensions: `assessment_of(passport)` recomputes the assessment of any signed passport.

The score is one number to sort by. These are to decide by: each a value between 0 and 1, rounded to two decimals, or
None where there are no data, with the inputs that it was computed from.

availability       mean of: the best uptime of an endpoint that is up, from 90 % (0) to 100 % (1); log(1 + providers
                   that are up) / log(1 + 5), at most 1; the share of tool calls that succeed at least
provenance         mean of: log(1 + origins) / log(1 + 4), at most 1; of the facts that sources state of the model,
                   the share that more than one origin states; 1 - conflicts / 5, at least 0
openness           mean of: its licence restricts nobody's use (1), is another one (0.5), or none is stated (0); its
                   weights are public (1), granted on request (0.5), or neither (0); its card was read (1) or not (0)
currency           0.5 to the power of (age / 14 days), as in the score, times days until the announced end / 90, at
                   most 1; 0 once the end has come, or the model is listed no more
safety_statements  log(1 + sentences of its card that state a limit) / log(1 + 6), at most 1; None without a card
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pipelines.normalise.huggingface.spellings import licence_kinds
from pipelines.scoring.counts import CountedPassport, Json, hundredths, share_of
from pipelines.scoring.score import freshness
from schemas.times import instant

LEAST_UPTIME = 90
PROVIDERS_REFERENCE, ORIGINS_REFERENCE, CONFLICTS_REFERENCE, LIMITS_REFERENCE = 5, 4, 5, 6
"""Counts that are worth 1, of conflicts 0: more of them hardly change a decision."""
NOTICE = timedelta(days=90)
"""An end that is further away does not lower `currency`: this is long enough to change to another model."""


def assess(passport: CountedPassport, *, signed_at: datetime) -> dict[str, Any]:
    """Every dimension with its value and inputs, as the passport shows them."""
    model, trust = passport.model, passport.unfragile["trust"]
    return {
        "availability": _availability(model),
        "provenance": _provenance(passport),
        "openness": _openness(passport),
        "currency": _currency(model, trust["maintenance"], signed_at),
        "safety_statements": _safety_statements(passport),
    }


def assessment_of(passport: Json) -> dict[str, Any]:
    """Recompute a signed passport's assessment from itself alone; `passport` is the object that holds `unfragile`."""
    return assess(CountedPassport(passport["unfragile"]), signed_at=instant(passport["signedAt"]))


def _availability(model: Json) -> dict[str, Any]:
    up = [provider for provider in model["providers"] if provider["status"] == "up"]
    names = {provider["name"] for provider in up}
    uptimes = [float(provider["uptime_percent"]) for provider in up if provider["uptime_percent"] is not None]
    calls = model.get("tool_call_success")
    marks = [(max(uptimes) - LEAST_UPTIME) / (100 - LEAST_UPTIME)] if uptimes else []
    marks += [share_of(len(names), PROVIDERS_REFERENCE)] if model["providers"] else []
    marks += [float(calls["at_least"])] if calls else []
    inputs = {
        "providers_up": len(names) if model["providers"] else None,
        "best_uptime_percent": f"{max(uptimes):.2f}" if uptimes else None,
        "tool_calls_succeed": calls["at_least"] if calls else None,
    }
    return _dimension(marks, inputs)


def _provenance(passport: CountedPassport) -> dict[str, Any]:
    many, conflicts = len(passport.origins), len(passport.unfragile["conflicts"])
    facts, corroborated = passport.stated_facts, passport.corroborated_facts
    marks = [share_of(many, ORIGINS_REFERENCE), 1 - conflicts / CONFLICTS_REFERENCE]
    marks += [corroborated / facts] if facts else []
    inputs = {"publishers": many, "facts": facts, "corroborated": corroborated, "conflicts": conflicts}
    return _dimension(marks, inputs)


def _openness(passport: CountedPassport) -> dict[str, Any]:
    model, card = passport.model, passport.has_card
    licence, weights = model["licence"], model["open_weights"]
    unrestricted, on_request = None if licence is None else not licence_kinds(licence), model["gated"] is not None
    inputs = {
        "licence": licence,
        "unrestricted": unrestricted,
        "open_weights": weights,
        "on_request": on_request,
        "card": card,
    }
    if licence is None and weights is None and not card:
        return _dimension([], inputs)
    public = 0.5 if on_request else float(bool(weights))
    return _dimension([{None: 0.0, False: 0.5, True: 1.0}[unrestricted], public, float(card)], inputs)


def _currency(model: Json, maintenance: Json, signed_at: datetime) -> dict[str, Any]:
    end = model["expires_on"]
    left = None if end is None else (date.fromisoformat(end) - signed_at.astimezone(UTC).date()).days
    inputs = {"last_scraped_at": maintenance["last_scraped_at"], "status": maintenance["status"], "days_left": left}
    if maintenance["status"] == "delisted" or (left is not None and left <= 0):
        return _dimension([0.0], inputs)
    remaining = 1.0 if left is None else min(1.0, left / NOTICE.days)
    return _dimension([freshness(maintenance["last_scraped_at"], signed_at) * remaining], inputs)


def _safety_statements(passport: CountedPassport) -> dict[str, Any]:
    limits = len(passport.limits_of_card) if passport.has_card else None
    return _dimension([] if limits is None else [share_of(limits, LIMITS_REFERENCE)], {"limits_of_card": limits})


def _dimension(marks: Sequence[float], inputs: dict[str, Any]) -> dict[str, Any]:
    """The mean of the marks, each first brought within 0 to 1; None where there are none."""
    held = [min(1.0, max(0.0, mark)) for mark in marks]
    return {"value": hundredths(sum(held) / len(held)) if held else None, "inputs": inputs}
