"""Arbitrary JSON, with many values that writers and readers of JSON treat differently."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

# No deadline: a busy machine, and the second that importing jsonschema takes, are no failures.
unhurried = settings(deadline=None)

TEXTS = st.text(max_size=8) | st.sampled_from(
    ["", "é", "e\u0301", "\u007f", "\u2028", "\ue000", "\uffff", "\U0001f426", '"\\/\b']
)
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
FRACTIONS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [0.0, -0.0, 1.0, -24.0, 1e-7, 1.5e-7, 9.99e-6, 1e-5, 0.00012, 1e15, 1e16, 123456789012345680000.0, 1e21, 5e-324]
)
LEAVES = st.none() | st.booleans() | INTEGERS | FRACTIONS | TEXTS
VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5), max_leaves=25
)
