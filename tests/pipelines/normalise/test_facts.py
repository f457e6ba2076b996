import pytest

from pipelines.normalise.facts import SHORT_LIST, list_fact, stated_words, word_facts


@pytest.mark.parametrize("count", [0, 1, 3, SHORT_LIST, SHORT_LIST + 1])
def test_a_list_states_the_same_whether_or_not_it_was_read_before(count: int) -> None:
    words = [f"word-{place % 40}" for place in reversed(range(count))]
    stated = (*word_facts("parameter", words, "/here"), *list_fact("parameters", words, "/here"))
    assert stated_words("parameter", "parameters", words, "/here") == stated
    assert stated_words("parameter", "parameters", words, "/here") == stated
    assert stated_words("parameter", "parameters", words, "/there") == (
        *word_facts("parameter", words, "/there"),
        *list_fact("parameters", words, "/there"),
    )
