from typing import Any

import pytest

from pipelines.scoring.counts import CountedPassport, origin_of


def counted(*evidence: dict[str, Any]) -> CountedPassport:
    return CountedPassport({"artifact": {"model": {"providers": [], "records": []}}, "evidence": evidence})


def entry(path: str, source: str = "openrouter", **changes: Any) -> dict[str, Any]:
    made = {"path": path, "source": source, "asserted_by": source, "locator": "/a", "method": "structured"}
    return {**made, **changes}


@pytest.mark.parametrize(
    ("source", "changes", "origin"),
    [
        ("openrouter", {}, "openrouter"), ("openrouter-endpoints", {}, "openrouter"), ("reedbed-list", {}, "reedbed"),
        ("modelsdev", {"locator": "/heron-lab/models"}, "modelsdev"),
        ("modelsdev", {"locator": "/openrouter/models"}, "openrouter"),
        ("rules", {"asserted_by": "class"}, None), ("registry.example", {"asserted_by": "issuer"}, None),
    ],
)  # fmt: skip
def test_the_origin_is_whoever_wrote_it_first(source: str, changes: dict[str, Any], origin: str | None) -> None:
    assert origin_of(entry("/artifact/model/licence", source, **changes)) == origin


def test_facts_of_the_model_are_corroborated_and_no_others() -> None:
    twice = [entry(path, source) for path in ("/artifact/model/a", "/artifact/status") for source in ("x", "y")]
    made = counted(*twice, entry("/artifact/model/b", "x"), entry("/artifact/model/b", "x-card"))
    assert (made.stated_facts, made.corroborated_facts, made.origins) == (2, 1, {"x", "y"})


def test_limits_are_the_sentences_of_the_card_about_limits() -> None:
    card, limit, mode = "huggingface-card", "/capabilities/0/limitations/0", "/trust/failure_modes/3"
    made = counted(
        entry(limit, card, method="section", quote="one"), entry(mode, card, method="pattern", quote="two"),
        entry(limit, card, method="declared", quote="three"),
        entry("/purposes/0", card, method="section", quote="four"),
        entry(limit, "openrouter", method="pattern", quote="five"),
    )  # fmt: skip
    assert made.limits_of_card == {"one", "two"}
