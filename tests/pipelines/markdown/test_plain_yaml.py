"""The short reader of plain YAML gives what the YAML reader gives, or leaves a text to it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.markdown.plain_yaml import LONGEST_CHARS, read_plain_yaml
from pipelines.markdown.strict_yaml import Lines, StrictYamlError, YamlDocument, read_yaml

SCALARS = (
    "mit", "apache-2.0", "en", "no", "yes", "on", "off", "y", "true", "null", "Null", "~", "0x1F", "0o17", "017",
    "1:30", "12:30:45", "190:20:30.15", "1e3", ".inf", "-.5", ".5", "+1", "1_000", "2026-02-30",
    "2026-02-30T10:00:00Z", "=", "<<", "a b  c", "a#b", "a #b", "a: b", "a:", "a:b", "http://x.y/z#w", "C#",
    "[a, b]", "{a: 1}", "'a'", '"a"', '"a', "it's", "&a", "*a", "!a", "%a", "@a", "`a", "|", ">", "-", "- a", "-a",
    "?", "? a", ":", ",", "#", "(a)", "a]", "x}", "\u00e9t\u00e9", "\u4e2d\u6587", "\u00a0", "a\u00a0b",
    "a\u0085b", "a\u2028b", "\U0001f600", "a\U0001f600", "\ufeff", "a\ufeff", "a\tb", "\ta", "a\t", "a\x00b",
    "a\x07", "\u3000", "a\u3000", "\u1680", "a:\u3000", "...", "---", "--- a", "\ud800", "a\ud83d", "value",
    "\ud7fb", "\ue000", "a\\b", 'a"b', "x" * 200,
)  # fmt: skip
ENDS = ("", " ", "  ", "a", "\t", " # a", "   b  ", " ''", ' ""', " []", " [ ]", " {}", " 'a' b", ' "a\\n"')
DASHES = ("- ", "- ", "-  ", "-", "- - ", "-\t")
KEYS = (
    "license",
    "tags",
    "language",
    "value",
    "null",
    "Null",
    "y",
    "no",
    "a-b",
    "_a",
    "model-index",
    "1a",
    "a b",
    "\u00e9",
    "x" * 70,
)
INDENTS = ("", "", "", "  ", "  ", "    ", " ", "      ", "\t")
LINES = st.one_of(
    st.builds("{}{}: {}".format, st.sampled_from(INDENTS), st.sampled_from(KEYS), st.sampled_from(SCALARS)),
    st.builds("{}{}:{}".format, st.sampled_from(INDENTS), st.sampled_from(KEYS), st.sampled_from(ENDS)),
    st.builds("{}{}{}".format, st.sampled_from(INDENTS), st.sampled_from(DASHES), st.sampled_from(SCALARS)),
    st.builds(
        "{}{}{}: {}".format,
        st.sampled_from(INDENTS),
        st.sampled_from(DASHES),
        st.sampled_from(KEYS),
        st.sampled_from(SCALARS),
    ),
    st.sampled_from(["", "  ", "# a", "---", "...", "\t", "- ", "-", "? a", "%YAML 1.1", "}", "\r", "  b"]),
    st.text(max_size=8),
)
PLAIN_KEYS = st.sampled_from(KEYS[:11])
NESTED = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN_KEYS, inner, max_size=3),
    max_leaves=8,
)


def written(value: object, indent: str, step: str) -> str:
    """A value as the people of cards write it, below a key; step is what a list is indented by."""
    if isinstance(value, dict) and value:
        rows = (f"{key}:{written(one, indent + '  ', step)}" for key, one in value.items())
        return "".join(f"\n{indent}{row}" for row in rows)
    if isinstance(value, list) and value:
        rows = (written(one, indent + step + "  ", step).lstrip("\n ") for one in value)
        return "".join(f"\n{indent}{step}- {row}" for row in rows)
    return f" {value or '[]'}"


WRITTEN = st.builds(
    lambda value, step: written(value, "", step),
    st.dictionaries(PLAIN_KEYS, NESTED, min_size=1, max_size=3),
    st.sampled_from(["", "  "]),
)


def by_the_yaml_reader(text: str) -> YamlDocument | None:
    try:
        return read_yaml(text)
    except StrictYamlError:
        return None


@given(st.lists(LINES, max_size=8).map("\n".join) | WRITTEN)
@example("license: null\n- mit")
@example("tags:\n- a\n\n- b\nlicense: mit  \n\n")
@example("tags:\n- a\n  b\n")
@example("license: mit\n  or apache")
@example("tags:\n  - a\n- b")
@example("tags:\n- a\n  - b")
@example("- a: b\n  c:\n  - d\n- e")
@example("a:\n    b: c\n  d: e")
@example("a: - b\nc: d")
@example("a:\n  b:\n  - value: 1\n    c: 2\n\n  - d: ''\n    value:\ne: f")
@example("value: 1\n\nvalues: 2")
@example("a:\n" + "".join(f"{' ' * n}- \n" for n in range(80)))
@example("a:\n" + "".join(f"{' ' * n}b:\n" for n in range(1, 40)))
@example("a: b\nc: " + "- " * 4000 + "d")
@example("a:\n" + "- " * 4000 + "d")
def test_what_it_reads_is_what_the_yaml_reader_reads(text: str) -> None:
    plain = read_plain_yaml(text)
    if plain is not None:
        assert plain == by_the_yaml_reader(text)
        assert list(plain.lines.items()) == list(by_the_yaml_reader(text).lines.items())
        assert list(plain.value) == list(by_the_yaml_reader(text).value)


@pytest.mark.parametrize("scalar", SCALARS)
@pytest.mark.parametrize(
    "form",
    ["license: {}", "tags:\n- {}", "a: b\ntags:\n  - {}\n  - c\nd: e", "w:\n- text: {}\n  value: \"{}\"\nd: '{}'"],
)
def test_every_scalar_is_read_as_the_yaml_reader_reads_it_or_not_at_all(form: str, scalar: str) -> None:
    text = form.replace("{}", scalar)
    assert read_plain_yaml(text) in (None, by_the_yaml_reader(text))


CARD = """
license: mit
language:
  - en
  - "no"

tags:
- 1:30
base_model:
extra: null
model-index:
- name: heron
  results:
  - task:
      type: text-generation
    metrics:
    - type: bleu
      value: 27.3

    - {type}: 'a: b'
      args: []
"""


def test_the_common_form_is_read() -> None:
    read = read_plain_yaml(CARD.replace("{type}", "type"))
    assert read == by_the_yaml_reader(CARD.replace("{type}", "type"))
    assert read is not None
    assert read.value == {
        "license": "mit", "language": ["en", "no"], "tags": ["1:30"], "base_model": None, "extra": None,
        "model-index": [{"name": "heron", "results": [{
            "task": {"type": "text-generation"},
            "metrics": [{"type": "bleu", "value": "27.3"}, {"type": "a: b", "args": []}],
        }]}],
    }  # fmt: skip
    assert read.lines["/language"] == Lines(2, 5)
    assert read.lines["/model-index/0/results/0/metrics/0"] == Lines(16, 18)
    assert read_plain_yaml(CARD) is None


def test_a_long_text_is_left_to_the_yaml_reader() -> None:
    assert read_plain_yaml("a: b\n" + "\n" * LONGEST_CHARS) is None
