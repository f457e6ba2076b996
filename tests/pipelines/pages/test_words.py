import pytest

from pipelines.pages import words


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0.0208333333333333", "0.02083"), ("3", "3.00"), ("0.1", "0.10"), ("0.2288", "0.2288"), ("0", "0.00"),
        ("123.456", "123.50"), ("0.32175", "0.3218"), ("0.00000012", "0.00000012"),
    ],
)  # fmt: skip
def test_amounts_are_short(amount: str, shown: str) -> None:
    assert words.rough(amount) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(None, ""), (999, "999"), (4096, "4k"), (131072, "131k"), (1_048_576, "1.05M"), (10**6, "1M")]
)
def test_tokens_are_written_as_people_write_them(count: int | None, shown: str) -> None:
    assert words.tokens(count) == shown


@pytest.mark.parametrize(
    "address", [None, "javascript:alert(1)", "data:text/html,x", "//evil.example", "ftp://x", "https://" + "x" * 700]
)
def test_only_addresses_of_the_web_are_linked(address: str | None) -> None:
    assert words.href(address) == ""


def test_a_line_is_clean_and_clipped() -> None:
    assert words.line("a\n\u202eb\x00  c") == "a b c"
    assert words.line("x" * 10**6) == "x" * 159 + "…"
    assert words.line("GPT\u200b-4") == "GPT[U+200B]-4"
    assert words.stated([1, True, "x"]) == "1, True, x"
