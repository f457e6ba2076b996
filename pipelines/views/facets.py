"""Puts into words what a seller answers about all of its models: use, data handling, tool calls, reasoning."""

from typing import Any

Json = dict[str, Any]
Pairs = list[tuple[str, object]]

YES_OR_NO = {True: "yes", False: "no", None: None}


def facet_rows(model: Json) -> Pairs:
    """Rows on use cases, tool calls, reasoning and data handling; rows without a value are left out."""
    data = model.get("data_handling") or {}
    rows: Pairs = [
        ("use cases", ", ".join(model.get("use_cases", ()))),
        ("tool calls succeed", success_words(model.get("tool_call_success"))),
        ("reasoning", reasoning_words(model.get("reasoning"))),
        ("endpoints that keep nothing", YES_OR_NO[data.get("zero_retention")]),
        ("endpoints in", ", ".join(region.upper() for region in data.get("regions", ()))),
        ("answers may train others", YES_OR_NO[data.get("distillable")]),
        ("successor", model.get("successor")),
    ]
    rows += [("data at", _provider(provider)) for provider in data.get("providers", ())]
    return [(name, value) for name, value in rows if value]


def usage_rows(unfragile: Json) -> Pairs:
    """Rows on how much the model is used at its seller, with the citation that the seller asks for."""
    used = (unfragile["artifact"].get("model") or {}).get("popularity")
    if not used:
        return []
    cited = (entry["citation"] for entry in unfragile.get("evidence", ()) if "citation" in entry)
    rows: Pairs = [("place by tokens of the week", f"{used['rank']:,} of {used['of']:,} on {used['as_of'][:10]}")]
    if used["tokens_week"] is not None:
        rows.append(("tokens of the week", f"{used['tokens_week']:,} ({next(cited, 'not cited')})"))
    return rows


def success_words(bounds: Json | None) -> str | None:
    """Between which bounds tool calls succeed; None where that is not known."""
    if not bounds:
        return None
    below = f" and less than {_percent(bounds['below'])}" if bounds["below"] else ""
    return f"at least {_percent(bounds['at_least'])}{below} of the time"


def _percent(share: str) -> str:
    return f"{float(share):.0%}"


def reasoning_words(settings: Json | None) -> str | None:
    """How a caller can set the model's reasoning; None where there is nothing to set."""
    if not settings:
        return None
    when = {True: "on unless switched off", False: "off unless asked for", None: None}[settings["default_enabled"]]
    parts = [
        "cannot be switched off" if settings["mandatory"] else when,
        f"efforts {', '.join(settings['supported_efforts'])}" if settings["supported_efforts"] else None,
        f"{settings['default_effort']} by default" if settings["default_effort"] else None,
    ]
    return "; ".join(filter(None, parts)) or "can be asked for"


def _provider(provider: Json) -> str:
    places = [
        f"seat in {provider['headquarters']}" if provider["headquarters"] else None,
        f"datacenters in {', '.join(provider['datacenters'])}" if provider["datacenters"] else None,
        f"terms {provider['terms_url']}" if provider["terms_url"] else None,
        f"privacy {provider['privacy_url']}" if provider["privacy_url"] else None,
    ]
    return f"{provider['name']}: {'; '.join(filter(None, places)) or 'nothing stated'}"
