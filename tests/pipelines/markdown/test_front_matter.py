from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.markdown.front_matter import FrontMatter, read_front_matter
from pipelines.markdown.model_index import MOST_RESULTS
from pipelines.markdown.strict_yaml import LONGEST_YAML_CHARS

FULL = (Path(__file__).parents[2] / "cards" / "full.md").read_bytes()


def fenced(yaml: str) -> bytes:
    return f"---\n{yaml}\n---\nbody\n".encode()


def test_every_field_is_read_as_the_card_writes_it() -> None:
    front = read_front_matter(FULL)
    assert front.faults == ()
    assert (front.licence, front.licence_name, front.licence_link) == (
        "other",
        "heron-community",
        "https://example.org/licence",
    )
    assert (front.pipeline_tag, front.library) == ("text-generation", "transformers")
    assert (front.base_models, front.base_model_relation) == (("example/heron-base",), "finetune")
    assert front.datasets == ("example/letters",)
    assert front.gate_fields == ("extra_gated_prompt", "extra_gated_fields")
    assert FULL[front.body_offset :].lstrip().startswith(b"<h1")


def test_norwegian_is_no_boolean_and_tags_are_no_times_or_dates() -> None:
    front = read_front_matter(FULL)
    assert front.languages == ("en", "no")
    assert front.tags == ("heron", "1:30", "2024-05-01")


def test_benchmark_results_keep_their_digits_and_say_where_they_are() -> None:
    first, second, third = read_front_matter(FULL).results
    assert (first.metric, first.value, first.verified) == ("accuracy", "0.870", True)
    assert (first.task, first.dataset, first.dataset_config, first.dataset_split) == (
        "text-generation",
        "example/letters",
        "short",
        "test",
    )
    assert (second.metric, second.value, second.verified) == ("F1", "71", None)
    assert (third.dataset, third.pointer) == ("Postcards", "/model-index/0/results/1/metrics/0")


@pytest.mark.parametrize(
    ("yaml", "field", "value"),
    [
        ("license: [mit, apache-2.0]", "licence", "mit"),
        ("license: MIT", "licence", "MIT"),
        ("license:", "licence", None),
        ("license: null", "licence", None),
        ("license: 'null'", "licence", "null"),
        ("language: no", "languages", ("no",)),
        ("language: [on, off, y]", "languages", ("on", "off", "y")),
        ("languages: [fi]", "languages", ("fi",)),
        ("tags: [a, a, ' b ']", "tags", ("a", "b")),
        ("tags: [0x10, 1e3, 010, 12:30:45]", "tags", ("0x10", "1e3", "010", "12:30:45")),
        ("base_model:\n- a/b\n- c/d", "base_models", ("a/b", "c/d")),
        ("datasets:\n- ä/ö\n- 数据", "datasets", ("ä/ö", "数据")),
        ("model-index: []", "results", ()),
    ],
)
def test_one_text_or_a_list_of_them(yaml: str, field: str, value: object) -> None:
    front = read_front_matter(fenced(yaml))
    assert getattr(front, field) == value
    assert front.faults == ()


def test_line_ends_and_byte_order_mark_make_no_difference() -> None:
    plain = fenced("license: mit\ntags:\n- a")
    for card in (plain.replace(b"\n", b"\r\n"), plain.replace(b"\n", b"\r"), b"\xef\xbb\xbf" + plain, b"\n \n" + plain):
        front = read_front_matter(card)
        assert (front.licence, front.tags, front.faults) == ("mit", ("a",), ())
        assert card[front.body_offset :].strip() == b"body"


@pytest.mark.parametrize(
    ("card", "fault"),
    [
        (b"---\nlicense: mit\n", "not closed"),
        (b"---\nlicense: 'mit\n---\n", "not YAML"),
        (b"---\n- a\n- b\n---\n", "not a mapping"),
        (b"---\nonly words\n---\n", "not a mapping"),
        (fenced("license: mit\nlicense: gpl"), "'license' is there twice"),
        (fenced("tags:\n\t- a"), "tabs"),
        (fenced("license: &x mit\nlibrary_name: *x"), "alias"),
        (fenced("license: {a: b}"), "license contains something other"),
        (fenced("tags: [[a], b]"), "tags contains something other"),
        (fenced("? [a, b]\n: c"), "a key that is not a text"),
        (fenced("a: \x01"), "not YAML"),
        (fenced('license: "\\UFFFFFFFF"'), "out of range"),
        (fenced('license: "\\U00110000"'), "out of range"),
        (fenced("%YAML " + "9" * 5000 + ".1\n---\na: b"), "out of range"),
        (fenced('license: "\\ud800"'), "not Unicode"),
        (fenced('"\\udfff": mit'), "not Unicode"),
        (fenced("model-index: good"), "a text instead of a list"),
        (fenced("model-index: [{name: x, results: [{metrics: [{type: a}]}]}]"), "without a name or a single value"),
        (fenced("model-index: [{name: x, results: [1]}]"), "not a mapping"),
        (fenced("x: " + "[" * 5000 + "]" * 5000), "deeper than"),
        (fenced("x: [" + "a," * 50_001 + "]"), "larger than"),
        (fenced("x: " + "a" * LONGEST_YAML_CHARS), "characters"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "pointer"),
        (b"Invalid username or password.", "error"),
        (b'{"error":"Repository not found"}', "error"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "error"),
    ],
)
def test_faults_are_named_and_nothing_is_raised(card: bytes, fault: str) -> None:
    assert any(fault in stated for stated in read_front_matter(card).faults)


def test_the_first_of_two_equal_keys_counts() -> None:
    assert read_front_matter(fenced("license: mit\nlicense: gpl")).licence == "mit"


def test_aliases_are_never_expanded() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + step)}: &{chr(98 + step)} [*{chr(97 + step)}, *{chr(97 + step)}]\n" for step in range(24)
    )
    assert read_front_matter(fenced(bomb + "tags: *z")).tags == ()


def test_more_results_than_are_read_are_counted() -> None:
    metrics = ", ".join(["{type: a, value: 1}"] * (MOST_RESULTS + 1))
    front = read_front_matter(fenced(f"model-index: [{{results: [{{metrics: [{metrics}]}}]}}]"))
    assert len(front.results) == MOST_RESULTS
    assert any(str(MOST_RESULTS + 1) in stated for stated in front.faults)


def test_a_card_without_front_matter_has_no_fault() -> None:
    assert read_front_matter(b"# Heron\n\n---\n\ntext") == FrontMatter()
    assert read_front_matter(b"") == FrontMatter()


def test_a_rule_at_the_beginning_hides_no_text() -> None:
    card = b"---\nHeron writes letters.\n---\nMore.\n"
    assert read_front_matter(card).body_offset == 0


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(card: bytes) -> None:
    assert 0 <= read_front_matter(card).body_offset <= len(card)


@given(
    st.lists(
        st.sampled_from(
            ["%YAML ", "%TAG ", "!<", "!!", "\\U", "\\u", "\\x", '"', "F", "d8", "9", "\n", ": ", "---", "%ff"]
        )
    )
)
def test_any_escape_or_directive_in_front_matter_can_be_read(parts: list[str]) -> None:
    front = read_front_matter(fenced("".join(parts)))
    assert front.model_dump_json()


@given(st.text(alphabet="-:[]{}&*!|>'\"#%@`?,\n\t ab1~<", max_size=120))
def test_any_front_matter_can_be_read(yaml: str) -> None:
    card = fenced(yaml)
    assert 0 <= read_front_matter(card).body_offset <= len(card)
