"""Which entries of the makers' own are joined for measuring accuracy: a wrong one would be a wrong figure."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import accuracy
from benchmarks.catalogues import first_of, two_sided
from benchmarks.counts import brier, compare
from benchmarks.makers import by_litellm, by_models_dev, makers
from tests.support.recordings import recordings_dir

PAGE = Path(__file__).parents[3] / "docs/accuracy.md"
SECTIONS: dict[str, Any] = {one.section: {"models": {}} for one in makers() if one.section}


def joined(listing_id: str, section: str, *entries: str) -> list[str]:
    models = {entry: {"id": entry} for entry in entries}
    found = by_models_dev([listing_id], {**SECTIONS, section: {"models": models}})
    return [str(entry["id"]) for entry in found.values()]


@pytest.mark.parametrize(
    ("listing_id", "section", "entry"),
    [
        ("openai/gpt-4o", "openai", "gpt-4o"),
        ("anthropic/claude-opus-4.5", "anthropic", "claude-opus-4-5"),
        ("anthropic/claude-3-haiku", "anthropic", "claude-3-haiku-20240307"),
        ("minimax/minimax-m2", "minimax", "MiniMax-M2"),
        ("nvidia/llama-3.3-nemotron-super-49b-v1.5", "nvidia", "nvidia/llama-3_3-nemotron-super-49b-v1_5"),
        ("mistralai/mistral-medium-3", "mistral", "mistral-medium-2505"),
        ("amazon/nova-lite-v1", "amazon-bedrock", "amazon.nova-lite-v1:0"),
    ],
)
def test_a_model_is_found_by_its_makers_name(listing_id: str, section: str, entry: str) -> None:
    assert joined(listing_id, section, entry) == [entry]


@pytest.mark.parametrize(
    ("listing_id", "section", "entries"),
    [
        ("openai/gpt-4o", "openai", ["gpt-4o-mini", "gpt-4o-2024-05-13", "gpt-4"]),
        ("mistralai/mistral-large", "mistral", ["mistral-large-latest", "mistral-large-2411"]),
        ("anthropic/claude-3-haiku", "anthropic", ["claude-3-haiku-20240307", "claude-3-haiku-20250307"]),
        ("deepseek/deepseek-chat", "deepseek", ["deepseek-chat"]),
        ("qwen/qwen-plus", "alibaba", ["qwen-plus"]),
        ("google/gemma-3-27b-it", "nvidia", ["google/gemma-3-27b-it", "gemma-3-27b-it"]),
        ("google/gemma-4-31b-it:free", "google", ["gemma-4-31b-it"]),
        ("~openai/gpt-latest", "openai", ["gpt-latest"]),
        ("minimax/minimax-m2.1", "minimax", ["MiniMax-M2.1", "minimax-m2-1"]),
        ("nobody/gpt-4o", "openai", ["gpt-4o"]),
    ],
)
def test_what_may_be_another_model_is_not_joined(listing_id: str, section: str, entries: list[str]) -> None:
    assert joined(listing_id, section, *entries) == []


def test_only_rows_of_the_makers_own_api_are_joined() -> None:
    rows = {
        "gpt-4o": {"litellm_provider": "openai"},
        "openrouter/openai/gpt-4o": {"litellm_provider": "openrouter"},
        "claude-opus-4-1": {"litellm_provider": "bedrock"},
        "gemini/gemini-2.5-pro": {"litellm_provider": "gemini"},
    }
    ids = ["openai/gpt-4o", "anthropic/claude-opus-4.1", "google/gemini-2.5-pro"]
    assert by_litellm(ids, rows) == {ids[0]: rows["gpt-4o"], ids[2]: rows["gemini/gemini-2.5-pro"]}


def test_a_catalogue_that_only_says_yes_confirms_nothing() -> None:
    assert two_sided({"a": {"vision": True, "chat": True}, "b": {"vision": True, "chat": False}}) == {"chat"}


def test_the_first_that_answers_is_believed() -> None:
    first, second = {"a": {"vision": False}}, {"a": {"vision": True, "chat": True}, "b": {"chat": False}}
    assert first_of(first, second) == {"a": {"vision": False, "chat": True}, "b": {"chat": False}}


@pytest.mark.recordings
def test_the_page_gives_the_figures_of_the_recordings() -> None:
    recordings_dir()
    ours = accuracy.claims()
    makers = accuracy.of_makers(ours)
    stated = " ".join(PAGE.read_text().split())
    for c in compare(ours, makers.first):
        sizes = f"{c.both} | {len(c.only_ours)} | {len(c.only_theirs)} | {c.neither}"
        shares = " | ".join("" if of is None else f"{of:.3f}" for of in (c.precision, c.recall))
        assert " ".join(f"| {c.capability} | {sizes} | {shares} |".split()) in stated
    counts = accuracy.confirmed(ours, makers)
    measured, total, _ = accuracy.published(ours, {c.capability for c in counts})
    assert f"Of the {total} capabilities that the day's passports publish, {measured} are of these kinds" in stated
    assert f"On the {sum(c.claimed for c in counts)} compared claims" in stated
    assert f"is {brier(counts):.4f} (" in stated
