"""What `make mutants` breaks, and that its lists name files that there are."""

from pathlib import Path

import pytest

from benchmarks.mutant_operators import mutants
from benchmarks.mutants import TESTED_BY, reasoned

ROOT = Path(__file__).parents[1]


def changes(text: str) -> list[str]:
    return [mutant.name.removeprefix("m: ") for mutant in mutants("m", text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a == b", ["a == b → a != b", "a == b → pass"]),
        ("x = a < 7", ["a < 7 → a <= 7", "a < 7 → a >= 7", "7 → 8", "7 → 6"]),
        ("x = a and b", ["a and b → a or b", "a and b → b", "a and b → a"]),
        ("x = a + b", ["a + b → a - b"]),
        ("x = not a", ["not a → a"]),
        ("x = True, None, 0.5, 'k', b'k'", ["True → False", "0.5 → 0.51", "'k' → 'k!'", "b'k' → b'k!'"]),
        ("x = min(a)", ["min → max"]),
        ("x = a if b else c", ["b → True", "b → False"]),
        ("x = [a for a in b if c]", ["c → True", "c → False"]),
        ("if a: b()", ["a → True", "a → False", "b() → pass"]),
        ("with a: b()", ["with a: b() → if True: b()", "b() → pass"]),
        ("with a as b: raise c", ["raise c → pass"]),
        ("x.y = a", ["x.y = a → pass"]),
        ("for a in b: continue", ["continue → break"]),
        ("x: int = a", []),
        ("'''Say what it is.'''", []),
        ("x = 'a text for people', f'{a[0]} and {b}'", []),
        ("x = f'/{a[0]}'", ["'/' → '/!'", "0 → 1", "0 → -1"]),
        ("__all__ = ['a']", []),
    ],
)
def test_each_small_change_is_made(text: str, expected: list[str]) -> None:
    assert sorted(changes(text)) == sorted(expected)


def test_a_mutant_is_named_by_where_it_is_and_differs_in_nothing_else() -> None:
    text = "class A:\n    def b(self, n: 'int'):\n        return n\nx = 1\ny = 1\n"
    made = {mutant.name: mutant.text for mutant in mutants("m", text)}
    assert list(made) == ["m.A.b: return n → return None", "m: 1 → 2", "m: 1 → 0", "m: 1 → 2 #2", "m: 1 → 0 #2"]
    assert made["m: 1 → 2 #2"] == "class A:\n\n    def b(self, n: 'int'):\n        return n\nx = 1\ny = 2"


def test_the_modules_that_are_broken_and_their_tests_are_there() -> None:
    named = [*TESTED_BY, *(test for tests in TESTED_BY.values() for test in tests)]
    assert [path for path in named if not (ROOT / path).is_file()] == []
    stems = [Path(module).stem for module in TESTED_BY]
    assert len(set(stems)) == len(stems), "what begins a mutant's name"
    assert {name.partition(":")[0].partition(".")[0] for name in reasoned()} <= set(stems)
