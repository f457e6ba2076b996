import pytest

from pipelines.texts.subjects import names_of
from pipelines.texts.traits import NAMED_COUNT, named_traits, repository_traits, stated_count, trait_facts

NAMES = names_of("heron-lab/heron-7b", "Heron Lab: Heron 7B")


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("Heron Lab: Heron 7B", 7_000_000_000), ("Heron 1.5b Instruct", 1_500_000_000), ("Heron 1T", 10**12),
        ("Heron 30B A3B", 30_000_000_000), ("Heron-70B", None), ("Heron 8x7B", None), ("Heron v2B", None),
        ("Heron 7B and Tern 13B", None), ("Heron 4", None), ("Heron 2 Base", None),
    ],
)  # fmt: skip
def test_a_name_states_a_number_of_weights_if_it_has_exactly_one(name: str, count: int | None) -> None:
    assert [fact.value for fact in named_traits(name, "/name")] == ([] if count is None else [count])
    assert all(fact.method == "pattern" and str(fact.as_stated) in name for fact in named_traits(name, "/name"))


@pytest.mark.parametrize(
    ("description", "facts"),
    [
        ("Heron 7B is a small, 7.2B-parameter model.", {"parameter_count": 7_200_000_000}),
        ("Heron is a lightweight 270M-parameter model.", {"parameter_count": 270_000_000}),
        ("Heron is an open-weight, 117 billion parameter model.",
         {"parameter_count": 117_000_000_000, "open_weights": True}),
        ("Heron 7B is an open-weight reasoning model with 7.2 billion parameters.",
         {"parameter_count": 7_200_000_000, "open_weights": True}),
        ("Heron is a Mixture-of-Experts model with 309B total parameters and 15B active ones.",
         {"parameter_count": 309_000_000_000}),
        ("Heron is a version of Tern with 70B parameters.", {}),
        ("It is a fully open-source model.", {"open_weights": True}),
        ("Heron is Heron Lab's most capable open source model.", {"open_weights": True}),
        ("This model has been superseded by the Heron 2. Use it.", {"successor": "Heron 2"}),
        ("Heron is the proprietary version of the open source Tern.", {}),
        ("Heron is a model built on the open-weight Tern.", {}),
        ("Heron is better than open-source models.", {}),
        ("Tern is an open-weight model.", {}),
        ("Heron is a model with 3B active parameters.", {}),
        ("Tern was replaced by Heron 7B.", {}),
        ("Heron is replaced by whatever is newest.", {}),
        ("A model of 7 parameters.", {}),
    ],
)  # fmt: skip
def test_a_description_states_traits_of_its_own_model_alone(description: str, facts: dict[str, object]) -> None:
    found = list(trait_facts(description, "/description", NAMES))
    assert {fact.name: fact.value for fact in found} == facts
    assert all(str(fact.as_stated) in description and fact.method == "pattern" for fact in found)


@pytest.mark.parametrize(
    ("sentence", "count"),
    [
        ("Heron 7B is a decoder-only text model with 7.04 billion parameters.", 7_040_000_000),
        ("Heron is a 125M parameter model.", 125_000_000),
        ("The heron model has a total of approximately 220M parameters.", 220_000_000),
        ("Heron, which has 82 million parameters, was distilled from Tern with 124 million parameters.", 82_000_000),
        ("This model `heron-7b` (21B parameters with 3.6B active parameters) is small.", 21_000_000_000),
        ("Heron (Finnish, cased, 12-layer, 180M parameters) was trained on news.", 180_000_000),
        ("Heron has 46.7B total parameters but only uses 12.9B parameters per token.", 46_700_000_000),
        ("Heron has 0.6B parameters.", 600_000_000),
        ("Heron has 3B active parameters.", None),
        ("Heron was trained on 300B tokens with parameters of Tern.", None),
        ("It has 7B parameters.", None),
        ("Tern has 7B parameters.", None),
        ("The teacher has 7B parameters.", None),
        ("The encoder has 86M parameters.", None),
        ("Heron is a rival of models with 70B parameters.", None),
        ("Heron is a model that is better than models with 70B parameters.", None),
        ("Heron is a version of the 70B parameter Tern.", None),
        ("Heron is a collection of models with 7B to 70B parameters.", None),
        ("Heron models have 7B and 13B parameters.", None),
        ("336M parameters", None),
    ],
)
def test_a_sentence_of_a_card_states_how_many_weights_its_own_model_has(sentence: str, count: int | None) -> None:
    assert stated_count(sentence, NAMES, item=False) == count


@pytest.mark.parametrize(
    ("item", "count"),
    [
        ("336M parameters", 336_000_000), ("Num Parameters: 150M", 150_000_000), ("Parameters: 1.3 B", 1_300_000_000),
        ("3B activated parameters out of 80B total parameters", None), ("Tokens: 150M", None),
        ("Parameters: lr 1e-5", None),
    ],
)  # fmt: skip
def test_an_item_of_a_list_may_state_the_number_alone(item: str, count: int | None) -> None:
    assert stated_count(item, NAMES, item=True) == count


@pytest.mark.parametrize(
    ("repository", "count"),
    [
        ("HeronLab/Heron-7B", 7 * 10**9), ("HeronLab/Heron-1.5b-it-GGUF", 1_500_000_000), ("a/Heron_70B", 70 * 10**9),
        ("a/Heron-30B-A3B", 30 * 10**9), ("a/Heron-8x7B", None), ("a/Heron-2", None), ("a-7B/Heron", None),
        ("a/Heron-7B-vs-Tern-13B", None), ("a/Heron-7B-LoRA", None), ("a/qlora-heron-7b", None),
        ("a/Heron-7B-4bit", 7 * 10**9),
        ("a/EAGLE3-Heron-70B", None), ("a/Heron-v1.7B", None), ("a/Flora-7B", 7 * 10**9),
    ],
)  # fmt: skip
def test_the_name_of_a_repository_states_a_number_of_weights_that_are_all_in_it(
    repository: str, count: int | None
) -> None:
    found = repository_traits(repository, "/id")
    assert [(fact.name, fact.value) for fact in found] == ([] if count is None else [(NAMED_COUNT, count)])
    assert all(fact.method == "pattern" and str(fact.as_stated) in repository for fact in found)
