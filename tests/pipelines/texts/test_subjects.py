import time

import pytest

from pipelines.texts.subjects import by_its_name, in_own_name, names_of


@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        ("Heron-7b fails on long texts", "This model fails on long texts"),
        ("- The Heron-7b model cannot count", "This model cannot count"),
        ("...Heron-7b is slow", "This model is slow"),
        ("-heron is slow", "-heron is slow"),
        ("Gull-7b fails on long texts", "Gull-7b fails on long texts"),
    ],
)
def test_a_sentence_that_begins_with_the_models_name_is_about_this_model(sentence: str, read: str) -> None:
    assert by_its_name(sentence, "heron7bamodel") == read


@pytest.mark.parametrize("begins", [".", "-", "- ", "...a", "A-", "* The "])
def test_a_sentence_of_signs_takes_no_longer(begins: str) -> None:
    sentence = begins * (1100 // len(begins)) + "x the model fails"
    begun = time.process_time()
    for _ in range(100):
        assert by_its_name(sentence, "heron") == in_own_name(sentence, names_of("heron")) == sentence
    assert time.process_time() - begun < 0.5
