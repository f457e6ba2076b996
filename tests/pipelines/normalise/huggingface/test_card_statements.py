import pytest

from pipelines.markdown.front_matter import read_front_matter
from pipelines.markdown.sentences import read_body
from pipelines.normalise.huggingface.card_statements import stated_facts
from schemas.listing import Fact


def facts(text: str) -> list[Fact]:
    card = f"# Teal\n\n{text}\n".encode()
    front = read_front_matter(card)
    found = [*stated_facts(card, read_body(card, front.body_offset), declares_base=bool(front.base_models))]
    for fact in found:
        start, end = map(int, fact.locator.removeprefix("bytes:").split("-"))
        assert card[start:end].decode() in text
        assert fact.method == "pattern"
    return found


def named(text: str) -> dict[str, object]:
    return {fact.name: fact.value for fact in facts(text)}


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        (
            "This model is a fine-tuned version of [a/heron](https://huggingface.co/a/heron) on the None dataset.",
            {"base_model:finetune:a/heron": True},
        ),
        ("Teal is a finetuned version of `a/heron-base` for birds.", {"base_model:finetune:a/heron-base": True}),
        (
            "This is a quantized version of [Heron](https://huggingface.co/a/heron).",
            {"base_model:quantized:a/heron": True},
        ),
        ("It is a fine-tuned version of [a tern](https://terns.example/a).", {}),
        ("It is a fine-tuned version of [this](https://huggingface.co/datasets/a/songs).", {}),
        ("Unlike Tern, which is a fine-tuned version of [a/x](https://huggingface.co/a/x), it is new.", {}),
        (
            "It was trained on the [songs](https://huggingface.co/datasets/a/songs) of ducks.",
            {"training_data:https://huggingface.co/datasets/a/songs": True},
        ),
        ("It was trained on the [method](https://arxiv.org/abs/1).", {}),
        ("It was trained on notes and evaluated on the [songs](https://huggingface.co/datasets/a/songs).", {}),
        ("Make sure that your speech input is sampled at 16kHz.", {"sampling_rate_hz": 16000}),
        ("It was made for a sampling rate of 22.05 kHz.", {"sampling_rate_hz": 22050}),
        ("It takes songs sampled at 16kHz. It gives songs sampled at 22050 Hz.", {}),
        ("This model, as all teals, is uncased: it does not tell Teal from teal.", {"casing": "uncased"}),
        ("This model is case-sensitive, so mind the names.", {"casing": "cased"}),
        ("The maximum sequence length is 512 tokens.", {"max_sequence_tokens": 512}),
        ("There is a limit of 256 word pieces, so cut the notes.", {"max_sequence_tokens": 256}),
        ("The maximum length is 512 characters in a note.", {}),
        ("This model has **82 million** parameters, fewer than Tern.", {"parameter_count": 82_000_000}),
        ("This model has 82M parameters. The model has 90M parameters.", {}),
        ("- 12 layers\n- 110M parameters\n", {"parameter_count": 110_000_000}),
    ],
)
def test_what_sentences_state_is_quoted(text: str, stated: dict[str, object]) -> None:
    assert named(text) == stated


def test_an_addition_to_a_model_has_not_the_weights_that_its_card_states() -> None:
    card = b"# Teal\n\nThe model has 7B parameters.\n\n- 7B parameters\n"
    assert [*stated_facts(card, read_body(card), None, declares_base=False)] == []


def test_a_base_model_that_the_front_matter_declares_is_not_read_from_the_text() -> None:
    card = (
        b"---\nbase_model: a/tern\n---\n\nThis model is a fine-tuned version of [x](https://huggingface.co/a/heron).\n"
    )
    front = read_front_matter(card)
    assert [*stated_facts(card, read_body(card, front.body_offset), declares_base=bool(front.base_models))] == []
