"""A token that a message was cut within, and what only looks like the beginning of one."""

import hashlib
import json
from pathlib import Path

import pytest

from spiders.extensions.redaction import without_secrets
from tests.support.spiders import hub
from tests.support.spiders.scripted_server import Answer, answering, crawl_of

HF = "hf_" + "QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi"
GITHUB = "github_pat_" + "11ABCDEFG0" + "h1J2k3L4m5" * 7
OPENROUTER = "sk-or-v1-" + hashlib.sha256(b"").hexdigest()
LEFT = 11
"""Characters that may be left of one, its mark among them."""


@pytest.mark.parametrize("token", [HF, GITHUB, OPENROUTER, "0123456789abcdef" * 3], ids=["hf", "pat", "or", "hex"])
def test_what_a_cut_left_of_a_token_is_hidden_wherever_it_fell(token: str) -> None:
    mark = {HF: 3, GITHUB: 11, OPENROUTER: 9}.get(token, 0)
    for retained in range(len(token) + 1):
        written = without_secrets(f'{{"reason":"points to \'/x?token={token[:retained]}\': try"}}', (token,))
        left = written.partition("token=")[2].partition("'")[0]
        assert left == ("***" if retained >= max(12, mark + 6) else token[:retained])
        assert len(left.removeprefix(token[:mark])) <= LEFT


def test_what_all_tokens_of_a_kind_begin_with_occurs_in_other_texts_and_is_left_there() -> None:
    text = f"https://github.com/a/github_pat_notes hf_hub sk-or-v1-docs {hashlib.sha256(b'x').hexdigest()}"
    assert without_secrets(text, (OPENROUTER, GITHUB, HF)) == text
    assert without_secrets("none is set", ()) == "none is set"


@pytest.mark.parametrize("retained", [12, 20, 36, 37])
def test_a_token_that_a_refusal_or_an_address_is_cut_within_is_not_left_in_part(
    retained: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", HF)
    before = "/login?token="
    answers = {
        hub.record_path("heron-lab/a"): [Answer(404, {"error": "x" * (300 - retained) + HF})],
        hub.record_path("heron-lab/b"): hub.redirect("/" + "x" * (200 - retained - len(before) - 1) + before + HF, 302),
        **hub.detail("heron-lab/c", gated={HF[:retained]: 1}, cardData=HF),
        **hub.card("heron-lab/c", f"# Heron {HF[:retained]}"),
    }
    with answering(answers) as source:
        came = crawl_of("huggingface", source.url, tmp_path, only="heron-lab/a,heron-lab/b,heron-lab/c")
    assert HF[:12] not in came.text
    assert [(one.source, one.id) for one in came.quarantined] == [
        ("huggingface", "heron-lab/a"), ("huggingface", "heron-lab/b"), ("huggingface", "heron-lab/c"),
        ("huggingface-card", "heron-lab/c"),
    ]  # fmt: skip
    assert json.loads(came.text.splitlines()[1])["quarantined"]["reason"].count("***") == 1
