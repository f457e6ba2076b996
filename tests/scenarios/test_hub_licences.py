"""The file of a licence from the Hub to the passport: fetched once, held against the card, proved, and gone again."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.verdict import Verdict
from tests.scenarios.test_sources import HERON, listed, proved, run, surround, unfragile_of
from tests.support.runs import NOON
from tests.support.spiders import hub
from tests.support.spiders.scripted_server import Answer

AT = "/artifact/model/licence"
NAME = "Marsh/Heron-7B"
CARD = "---\nlicense: apache-2.0\n---\n# Heron\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PASSPORTS_HUGGINGFACE_MINIMUM_DOWNLOADS", "-")
    root = surround(tmp_path, monkeypatch)
    monkeypatch.setenv("PASSPORTS_HUGGINGFACE_MINIMUM_DOWNLOADS", "-")
    return root


def hosted(text: str | None, **fields: Any) -> dict[str, list[Answer]]:
    reported = {hub.licence_path(NAME): [Answer(200, text.encode())]} if text else {}
    siblings = [{"rfilename": "LICENSE"}]
    return listed(HERON) | hub.detail(NAME, **{"siblings": siblings, **fields}) | hub.card(NAME, CARD) | reported


def sides(root: Path) -> list[tuple[str, str]]:
    conflicts = [one["values"] for one in unfragile_of(root, "marsh-heron-7b")["conflicts"] if one["path"] == AT]
    return [(side["source"], side["value"]) for values in conflicts for side in values]


def shown_by(root: Path) -> list[str]:
    return [one["source"] for one in unfragile_of(root, "marsh-heron-7b")["evidence"] if one["path"] == AT]


def test_a_licence_is_fetched_once_a_commit_and_is_compared_with_the_card(root: Path) -> None:
    conflict = [("huggingface-card", "license: apache-2.0"), ("huggingface-licence", "MIT License")]
    run(root, hosted("MIT License\n\nCopyright (c) the marsh\n"), sources=("openrouter", "huggingface"))
    assert sides(root) == conflict
    assert proved(root, "marsh-heron-7b")[0] is Verdict.OK
    run(root, hosted(None, likes=9), at=NOON + timedelta(hours=2), sources=("openrouter", "huggingface"))
    assert sides(root) == conflict, "asked for again, it would not have been there"
    apache = "Apache License\nVersion 2.0, January 2004\n"
    run(root, hosted(apache, sha="e" * 40), at=NOON + timedelta(hours=4), sources=("openrouter", "huggingface"))
    assert (sides(root), shown_by(root)) == ([], ["huggingface-card", "huggingface-licence"])
    assert proved(root, "marsh-heron-7b")[0] is Verdict.OK
    gone = hosted(None, sha="f" * 40, siblings=[])
    run(root, gone, at=NOON + timedelta(hours=6), sources=("openrouter", "huggingface"))
    assert shown_by(root) == ["huggingface-card"]
    assert proved(root, "marsh-heron-7b")[0] is Verdict.OK
