from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.passport.changes import ValueChange, changes_between

BEFORE: dict[str, Any] = {
    "artifact": {
        "id": "openrouter-ada-lovelace",
        "name": "Ada",
        "tags": ["ada", "text"],
        "pricing": {"free": False, "starting_price": "$1.00e-6 per prompt token"},
        "model": {
            "context_tokens": 4096,
            "prices": [
                {"kind": "prompt", "usd": "0.000001", "unit": "prompt token"},
                {"kind": "prompt", "usd": "0.000002", "unit": "prompt token", "when": {"min_prompt_tokens": 1000}},
                {"kind": "completion", "usd": "0.000003", "unit": "completion token"},
            ],
            "offers": [{"id": "ada/lovelace", "free": False}, {"id": "ada/lovelace:free", "free": True}],
            "providers": [{"tag": "one/fp8", "name": "One", "status": "up", "uptime_percent": "99.1"}],
        },
    },
    "capabilities": [{"id": "x__cap_0", "name": "tool calling", "confidence": 0.98, "limitations": ["a", "b"]}],
    "trust": {
        "score": 34,
        "failure_modes": ["invents facts"],
        "rank_breakdown": {"adoption": 0.1},
        "maintenance": {"last_scraped_at": "2026-04-22T12:00:00.000Z"},
        "freshness": {"evaluated_at": "2026-04-22T12:00:00.000Z"},
    },
    "evidence": [{"path": "/artifact/name", "value": "Ada"}],
    "conflicts": [
        {
            "path": "/artifact/status",
            "values": [{"value": "active", "scope": "list"}, {"value": "deprecated", "scope": "end"}],
        }
    ],
    "unknowns": [{"path": "/artifact/model/licence", "reason": "not_stated", "sources": ["one", "two"]}],
    "provenance": {"cause": "first_seen"},
}


def after(path: str, value: Any) -> dict[str, Any]:
    """The document with another value at a pointer."""
    changed: Any = deepcopy(BEFORE)
    place = changed
    *way, last = [int(step) if step.isdigit() else step for step in path.split("/")[1:]]
    for step in way:
        place = place[step]
    place[last] = value
    result: dict[str, Any] = changed
    return result


@pytest.mark.parametrize(
    ("path", "value", "change"),
    [
        ("/artifact/name", "Ada 2", ValueChange("/artifact/name", "Ada", "Ada 2")),
        ("/artifact/model/context_tokens", None, ValueChange("/artifact/model/context_tokens", 4096, None)),
        ("/artifact/model/prices/0/usd", "0.5", ValueChange("/artifact/model/prices/prompt/usd", "0.000001", "0.5")),
        (
            "/artifact/model/prices/1/usd",
            "0.5",
            ValueChange("/artifact/model/prices/prompt min_prompt_tokens=1000/usd", "0.000002", "0.5"),
        ),
        (
            "/artifact/model/offers/1/free",
            False,
            ValueChange("/artifact/model/offers/ada~1lovelace:free/free", True, False),
        ),
        (
            "/artifact/model/providers/0/status",
            "down",
            ValueChange("/artifact/model/providers/one~1fp8/status", "up", "down"),
        ),
        ("/capabilities/0/confidence", 0.9, ValueChange("/capabilities/tool calling/confidence", 0.98, 0.9)),
        ("/trust/score", 40, ValueChange("/trust/score", 34, 40)),
        (
            "/unknowns/0/reason",
            "stale",
            ValueChange("/unknowns/artifact/model/licence", "not_stated by one, two", "stale by one, two"),
        ),
    ],
)
def test_a_changed_value_is_reported_by_the_name_of_its_entry(path: str, value: Any, change: ValueChange) -> None:
    assert changes_between(BEFORE, after(path, value)) == [change]


def test_what_comes_and_goes_in_a_list_is_reported_one_by_one() -> None:
    found = changes_between(BEFORE, after("/trust/failure_modes", ["invents facts", "forgets"]))
    assert found == [ValueChange("/trust/failure_modes/forgets", None, "listed")]
    found = changes_between(BEFORE, after("/artifact/tags", ["ada", "image"]))
    assert found == [
        ValueChange("/artifact/tags/image", None, "listed"),
        ValueChange("/artifact/tags/text", "listed", None),
    ]
    found = changes_between(BEFORE, after("/conflicts", []))
    assert found == [ValueChange("/conflicts/artifact/status", "active (list) against deprecated (end)", None)]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/artifact/id", "openrouter-other"),
        ("/artifact/model/providers/0/uptime_percent", "12.0"),
        ("/trust/rank_breakdown", {"adoption": 0.9}),
        ("/trust/maintenance", {}),
        ("/trust/freshness", {}),
        ("/evidence", []),
        ("/provenance", {"cause": "refreshed"}),
        ("/artifact/tags", ["text", "ada"]),
        ("/artifact/model/prices", BEFORE["artifact"]["model"]["prices"][::-1]),
        ("/artifact/model/offers", BEFORE["artifact"]["model"]["offers"][::-1]),
    ],
)
def test_what_changes_with_every_issue_is_passed_over_and_so_is_order(path: str, value: Any) -> None:
    assert changes_between(BEFORE, after(path, value)) == []


def test_changes_come_in_order_of_path() -> None:
    changed = after("/trust/score", 1)
    changed["artifact"]["name"] = "Ada 2"
    assert [change.path for change in changes_between(BEFORE, changed)] == ["/artifact/name", "/trust/score"]


EDITED = ("/artifact/name", "/artifact/tags", "/artifact/model/context_tokens", "/trust/score", "/trust/failure_modes")
DOCUMENTS = st.builds(after, st.sampled_from(EDITED), st.none() | st.integers() | st.text() | st.lists(st.text()))


@settings(deadline=None, max_examples=50)
@given(DOCUMENTS, DOCUMENTS)
def test_differences_read_backwards_are_the_differences_back(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert changes_between(one, one) == []
    there, back = changes_between(one, other), changes_between(other, one)
    assert [(change.path, change.after, change.before) for change in there] == [tuple(change) for change in back]
