"""Puts a passport into words for people: titled parts of names and values."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from pipelines.views.facets import facet_rows, usage_rows
from pipelines.views.offers import price_words, provider_words
from pipelines.views.remedies import mode_of
from pipelines.views.score import basis_rows, score_words
from schemas.registry import ShardRow
from schemas.sources import BY_NAME, HUB
from schemas.verdict import Finding

Json = dict[str, Any]
Pairs = list[tuple[str, object]]

NOT_STATED = "not stated"

WHY = {
    "not_stated": "not stated",
    "not_asked": "its source was not asked",
    "not_applicable": "does not apply",
    "conflicting": "sources disagree",
    "withheld": "withheld by its source",
    "cut_off": "cut off in its source",
    "stale": "too old",
}
"""Reason of an unknown → how it is put into words."""

HOW = {
    "structured": "stated",
    "declared": "declared",
    "section": "quoted",
    "pattern": "quoted",
    "class": "true of its kind",
}
"""Method of evidence → how it is put into words."""


def passport_pairs(passport: Json, row: ShardRow, finding: Finding) -> Iterator[tuple[str, Pairs]]:
    """Yield a passport part by part: a title, and names with values."""
    unfragile = passport["unfragile"]
    shown_by = _evidence_by_path(unfragile)
    yield unfragile["artifact"]["name"].strip(), _identity(unfragile, passport, row, finding)
    if unfragile.get("purposes"):
        yield "what it is for", _purposes(unfragile, shown_by)
    yield "what it is", _model(unfragile["artifact"])
    yield "what it can do", _capabilities(unfragile, shown_by)
    yield "how it fails", _failure_modes(unfragile, shown_by)
    if unfragile.get("conflicts"):
        yield "where sources disagree", [(_short(c["path"]), _sides(c)) for c in unfragile["conflicts"]]
    if unfragile.get("unknowns"):
        yield "what no source states", _unknowns(unfragile["unknowns"])
    if used := usage_rows(unfragile) + _use(unfragile["trust"]):
        yield "how widely it is used", used
    if records := _records(unfragile["artifact"]["model"]):
        yield "made from", records
    yield "how it is scored", _score(unfragile["trust"])


def _unknowns(unknowns: list[Json]) -> Pairs:
    """What is not known, by the reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for one in unknowns:
        by_reason[WHY[one["reason"]]].append(_short(one["path"]))
    return [(reason, ", ".join(names)) for reason, names in by_reason.items()]


def _identity(unfragile: Json, passport: Json, row: ShardRow, finding: Finding) -> Pairs:
    artifact, trust = unfragile["artifact"], unfragile["trust"]
    return [
        ("for", ", ".join(purpose["name"] for purpose in unfragile.get("purposes", ())) or NOT_STATED),
        ("slug", artifact["slug"]),
        ("verdict", f"{finding.verdict}: {finding.reason}"),
        ("status", f"{artifact['status']}; issued because: {row.cause.replace('_', ' ')}"),
        ("score", score_words(trust)),
        ("data access risk", _risk(unfragile)),
        ("price", artifact["pricing"]["starting_price"] or artifact["pricing"]["model"].replace("_", " ")),
        ("last scraped", trust["maintenance"]["last_scraped_at"]),
        ("last changed", trust["maintenance"]["updated_at"]),
        ("signed", f"{passport['signedAt']} by {passport['signedBy']}, key {passport['keyId']}"),
        ("expires", passport["expiresAt"]),
    ]


def _risk(unfragile: Json) -> str:
    """The risk to data and its reason, which is the rule that its evidence quotes."""
    entries = _evidence_by_path(unfragile)["/trust/data_access_risk"]
    reason = next((entry["quote"] for entry in entries if "quote" in entry), None)
    risk: str = unfragile["trust"]["data_access_risk"]
    return f"{risk}: {reason}" if reason else risk


def _model(artifact: Json) -> Pairs:
    model = artifact["model"]
    pairs: Pairs = [
        ("type", f"{artifact['type']}, {', '.join(artifact['categories'])}"),
        ("input", ", ".join(model["input_modalities"]) or NOT_STATED),
        ("output", ", ".join(model["output_modalities"]) or NOT_STATED),
        ("context", _tokens(model["context_tokens"])),
        ("maximum output", _tokens(model["max_output_tokens"])),
        ("training data until", model["knowledge_cutoff"] or NOT_STATED),
        ("released", model["released_on"] or NOT_STATED),
        ("listed since", model.get("listed_on") or NOT_STATED),
    ]
    if model["expires_on"]:
        pairs.append(("announced end", model["expires_on"]))
    if model["huggingface_id"]:
        pairs.append(("repository", BY_NAME[HUB].page(model["huggingface_id"])))
    pairs += _weights(model)
    pairs += [("price", price_words(price)) for price in model["prices"]]
    pairs += [("offer", f"{offer['id']}{' (free)' if offer['free'] else ''}") for offer in model["offers"][1:]]
    pairs += [("provider", provider_words(provider)) for provider in model["providers"]]
    return pairs + facet_rows(model)


def _weights(model: Json) -> Pairs:
    """What is known of the weights; rows without a value are left out."""
    pairs: Pairs = [
        ("licence", model["licence"]),
        ("weights", {True: "can be downloaded", False: "cannot be downloaded", None: None}[model["open_weights"]]),
        ("access", model.get("gated") and f"granted on request ({model['gated']})"),
        ("parameters", model.get("parameter_count") and f"{model['parameter_count']:,}"),
        ("languages", ", ".join(model.get("languages", ()))),
    ]
    pairs += [("made from", f"{base['id']} ({base['relation']})") for base in model.get("base_models", ())]
    pairs += [("benchmark", _benchmark(one)) for one in model.get("benchmarks", ())]
    return [(name, value) for name, value in pairs if value]


def _benchmark(one: Json) -> str:
    return f"{one['metric']} {one['value']} on {one['dataset'] or 'an unnamed dataset'}, as its maker states"


def _use(trust: Json) -> Pairs:
    """How widely the model is used, by the counts that exist."""
    counts = {
        "downloads in 30 days": "model_downloads",
        "likes": "model_likes",
        "stars of its code": "stars",
        "forks": "forks",
    }
    community = trust["community"]
    return [(name, f"{community[key]:,}") for name, key in counts.items() if community[key] is not None]


def _records(model: Json) -> Pairs:
    """The records that the passport was made from, and how each was joined."""
    how = {"own": "", "stated": ", as a source states", "name": ", by its name alone"}
    return [(one["source"], f"{one['id']}{how[one['joined_by']]}") for one in model.get("records", ())]


def _purposes(unfragile: Json, shown_by: dict[str, list[Json]]) -> Pairs:
    """Each purpose with the words that state it, the first of them where there are two."""
    return [
        (purpose["name"], f"{_words(shown_by[f'/purposes/{place}'])}{_sources(shown_by[f'/purposes/{place}'])}")
        for place, purpose in enumerate(unfragile["purposes"])
    ]


def _words(entries: list[Json]) -> str:
    """The first quote, on one line; "" where a value shows it and no words."""
    quote = next((" ".join(entry["quote"].split()) for entry in entries if "quote" in entry), "")
    return f'"{quote}"\n' if quote else ""


def _capabilities(unfragile: Json, shown_by: dict[str, list[Json]]) -> Pairs:
    return [
        (capability["name"], _capability(capability, shown_by[f"/capabilities/{place}"]))
        for place, capability in enumerate(unfragile["capabilities"])
    ]


def _capability(capability: Json, entries: list[Json]) -> str:
    return f"{capability['description']}\n{_sources(entries)}\n  {_certainty(capability)}"


def _certainty(capability: Json) -> str:
    """How certain a capability is, and what that rests on."""
    figure, basis = capability["confidence"], capability.get("basis")
    shown = "not measured" if figure is None else f"{figure:.2f}"
    return f"confidence: {shown}{f' ({basis})' if basis else ''}"


def _failure_modes(unfragile: Json, shown_by: dict[str, list[Json]]) -> Pairs:
    return [
        (f"{place + 1}.", f"{mode}\n{_sources(shown_by[f'/trust/failure_modes/{place}'])}{_remedy(mode)}")
        for place, mode in enumerate(unfragile["trust"]["failure_modes"])
    ]


def _remedy(mode: str) -> str:
    """How a failure shows and what to do about it, by our own rules."""
    rule = mode_of(mode)
    return f"\n  shows as: {rule.shows}\n  what to do: {rule.remedy}" if rule else ""


def _score(trust: Json) -> Pairs:
    breakdown = trust["rank_breakdown"]
    parts: Pairs = [(name, f"{breakdown[name]} x {weight}") for name, weight in breakdown["weights"].items()]
    parts += basis_rows(trust)
    covered = trust.get("coverage")
    return [*parts, ("stated", f"{covered['stated']} of {covered['of']} facts")] if covered else parts


def _evidence_by_path(unfragile: Json) -> dict[str, list[Json]]:
    by_path: dict[str, list[Json]] = defaultdict(list)
    for entry in unfragile.get("evidence", []):
        by_path[entry["path"]].append(entry)
    return by_path


def _sources(entries: list[Json]) -> str:
    places = [f"{HOW[e['method']]}: {e['source']} {e['locator']}" for e in entries]
    return "  " + "; ".join(dict.fromkeys(places)) if places else "  no evidence"


def _sides(conflict: Json) -> str:
    return " against ".join(f"{_worded(side)} ({side['scope']}, {side['source']})" for side in conflict["values"])


def _worded(side: Json) -> str:
    """A side's value in words."""
    value = side["value"]
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _tokens(count: int | None) -> str:
    return NOT_STATED if count is None else f"{count:,} tokens"


def _short(path: str) -> str:
    return path.rpartition("/")[2].replace("_", " ")
