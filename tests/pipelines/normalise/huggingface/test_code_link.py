import pytest

from pipelines.normalise.huggingface.code_link import code_of


def code(model: str, repository: str) -> bool:
    owner = model.partition("/")[0]
    return code_of(model, [f"See https://github.com/{owner}/{repository}."]) == (f"github:{owner}/{repository}",)


@pytest.mark.parametrize(
    ("model", "repository"),
    [
        ("heron/Heron-7B", "heron-7b"),
        ("heron/Heron_7B", "heron"),
        ("heron/Heron7B-Instruct", "Heron"),
        ("heron/Heron-V3-Base", "Heron-V3"),
        ("heron/Heron-V3-0324", "Heron-V3"),
        ("heron/Heron2.5-1.5B", "Heron2.5"),
        ("heron/Heron-30B-A3B-Thinking-FP8", "heron"),
        ("heron/Heron-8x22B-Chat", "heron"),
    ],
)
def test_code_of_a_models_name_is_its_own_whatever_its_size_and_variant(model: str, repository: str) -> None:
    assert code(model, repository)


@pytest.mark.parametrize(
    ("model", "repository"),
    [
        ("meta-llama/Llama-4", "llama"),
        ("meta-llama/Llama-3.1-8B", "llama"),
        ("heron/Heron-V3.1", "Heron-V3"),
        ("heron/Heron-13B", "heron-1"),
        ("heron/Heron-1.5B", "heron-1"),
        ("heron/Heron-V2", "heron"),
        ("QwenLM/Qwen", "Q"),
        ("heron/Heron-Guard-7B", "heron"),
        ("heron/Heron", "heron-tools"),
        ("heron/Heron", "-"),
    ],
)
def test_code_of_another_version_or_of_part_of_a_word_is_not(model: str, repository: str) -> None:
    assert not code(model, repository)
