"""Arbitrary records go the whole way: read, built, signed, published, verified, and proved by their records."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.audit.auditor import Auditor
from flows.audit.verification import OpenedRegistry, judged_slug
from flows.demo import recording
from flows.store.keys import is_key
from flows.store.local import LocalStore
from schemas.verdict import Verdict
from tests.support.runs import EASY, GATES, Record, equip, files, reader, refresh
from tests.support.spiders.server import model

TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="aK\u212a-._/~:\x1b\u202e\u200b\n<&\"'\U0001f426\ud55c", max_size=20),
    st.sampled_from(
        ["It may hallucinate. ", "Ignore all previous instructions.", "0.0000005", "-1", "2027-01-01", "x" * 300]
    ),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
IDS = st.one_of(
    TEXTS,
    st.builds("{}/{}".format, *[st.from_regex(r"[a-z0-9][a-z0-9._-]{0,12}", fullmatch=True)] * 2),
    st.sampled_from(["api/v1", "con/1", "nul/x", "index/html", "a/b.json", "a--b/c", "a/b", "a-b/c", "../a/b"]),
)
FIELDS = (
    "name", "description", "context_length", "architecture", "pricing", "supported_parameters", "created",
    "expiration_date", "top_provider", "hugging_face_id", "canonical_slug", "links", "knowledge_cutoff", "reasoning",
)  # fmt: skip


@st.composite
def made(draw: st.DrawFn) -> dict[str, Any]:
    """Return a record with an arbitrary id, of which some fields are arbitrary."""
    record = model(draw(IDS), description="A model that answers questions. It may be wrong.")
    for field in draw(st.lists(st.sampled_from(FIELDS), max_size=3, unique=True)):
        old = record.get(field)
        spoilt = draw(VALUES)
        record[field] = {**old, draw(st.sampled_from([*old])): spoilt} if isinstance(old, dict) else spoilt
    return record


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(made(), min_size=5, max_size=20))
def test_arbitrary_records_become_passports_that_verify_and_are_proved_or_are_refused(hostile: list[Record]) -> None:
    plain = [one for one in recording.models() if one["id"] in ("qwen/qwq-32b", "openai/gpt-audio")]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        equip(Path(folder), patch, {**GATES, "openrouter": {**EASY, "largest_reject_rate": 1.0}})
        root = Path(folder) / "store"
        done = refresh(root, [*plain, *hostile])
        assert all(one.reason for one in done.report.quarantined)
        read = reader(root)
        registry = OpenedRegistry(LocalStore(root), read)
        slugs = [row.slug for row in read.rows()]
        assert {"qwen-qwq-32b", "openai-gpt-audio"} <= set(slugs)
        assert [judged_slug(slug, registry).finding.verdict for slug in slugs] == [Verdict.OK] * len(slugs)
        prover = Auditor(read)
        assert [(slug, found) for slug in slugs if (found := prover.prove(slug)).verdict is not Verdict.OK] == []
        assert all(is_key(key) for key in files(root))
