"""Whatever is put wherever into a document, the three judges say the same of it."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.signing.contract import explain_first
from tests.support.contract.documents import full, minimal
from tests.support.contract.judges import ALL_ACCEPT, ALL_REFUSE, explain, verdicts

Step = str | int


def places(value: Any, above: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Every place of a document below its root."""
    steps: list[Step] = list(value) if isinstance(value, dict) else list(range(len(value))) if value else []
    for step in steps:
        yield (*above, step)
        if isinstance(value[step], dict | list):
            yield from places(value[step], (*above, step))


def texts_of(value: Any) -> Iterator[str]:
    for place in places(value):
        found = value
        for step in place:
            found = found[step]
        if isinstance(found, str):
            yield found


GOOD = {"minimal": minimal(), "full": full()}
PLACES = {name: sorted(places(document), key=str) for name, document in GOOD.items()}
TEXTS = sorted(set(texts_of(full())))

ODD_CHARACTERS = "\n\r\t\x00\x7f\x85\u2028\u0661\u00b2\u212a\u017fé/~%#?[]|\\^ \U0001d4b3Zz09-_.+="
"""What engines of regular expressions, and checks of formats, are known to read differently."""


@st.composite
def near_misses(draw: st.DrawFn) -> str:
    """A text somewhere in a good document, with one character added, removed or replaced."""
    text = draw(st.sampled_from(TEXTS))
    at = draw(st.one_of(st.just(len(text)), st.integers(0, len(text))))
    inserted = draw(st.sampled_from(["", *ODD_CHARACTERS]))
    return text[:at] + inserted + text[at + draw(st.integers(0, 1)) :]


NUMBERS = st.one_of(
    st.sampled_from([0, -0.0, 1, 1.0, 24.0, 0.5, 100, 101, 2**53 - 1, 2**53, float(2**53), 1e22, -1, 2**64, 10**30]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
DATES = st.one_of(
    st.dates().map(str), st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z")
)
LEAVES = st.one_of(near_misses(), st.sampled_from(TEXTS), NUMBERS, DATES, st.booleans(), st.none(), st.text(max_size=5))
VALUES = st.one_of(LEAVES, st.lists(LEAVES, max_size=3), st.dictionaries(st.sampled_from(TEXTS), LEAVES, max_size=2))


@st.composite
def mutants(draw: st.DrawFn) -> Any:
    """A good document with a place of it replaced, removed, or given a neighbour."""
    name = draw(st.sampled_from(sorted(GOOD)))
    document = copy.deepcopy(GOOD[name])
    *above, last = draw(st.sampled_from(PLACES[name]))
    holder: Any = document
    for step in above:
        holder = holder[step]
    match draw(st.sampled_from(["replace", "replace", "replace", "remove", "add"])):
        case "replace":
            holder[last] = draw(VALUES)
        case "remove":
            del holder[last]
        case _ if isinstance(holder, list):
            holder.append(draw(st.one_of(VALUES, st.just(holder[0]))))
        case _:
            holder[draw(st.one_of(st.text(max_size=5), st.sampled_from(["value", "quote", "when", "model"])))] = None
    return document


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutants())
@example(full() | {"passport": full()["passport"] | {"version": 1.0}})
def test_judges_agree_on_mutants(document: Any) -> None:
    as_read = json.loads(json.dumps(document))
    assert verdicts(as_read) in (ALL_ACCEPT, ALL_REFUSE)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutants())
@example({})
@example([])
@example(full() | {"surprise": 1})
def test_the_one_reason_that_is_given_is_among_all_of_them(document: Any) -> None:
    as_read = json.loads(json.dumps(document))
    first, reasons = explain_first(as_read), explain(as_read)
    assert (first in reasons) if reasons else (first is None)
