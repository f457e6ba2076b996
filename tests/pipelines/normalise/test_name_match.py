import pytest

from pipelines.normalise.name_match import names_match
from tests.support import recordings
from tests.support.listings import listing


@pytest.mark.parametrize(
    ("listing_id", "repository"),
    [
        ("heron-lab/heron-7b", "HeronLab/Heron-7B"),
        ("heron-lab/heron-7b", "heron-lab-ai/Completely-Other"),
        ("marsh/tern-mini", "Archive-of-Birds/Tern-Mini-GGUF"),
        ("marsh/tern", "MarshBirds/T1"),
        ("ai/tern", "AI/T1"),
    ],
)
def test_the_same_owner_or_one_word_in_common_is_enough(listing_id: str, repository: str) -> None:
    assert names_match(listing_id, repository)


@pytest.mark.parametrize(
    ("listing_id", "repository"),
    [
        ("marsh/tern-1.0-mini", "Heron-Lab/Heron-7B-Preview"),
        ("marsh/tern-mini", "heron-lab/plover-mini"),
        ("marsh/tern-32b", "heron-lab/plover-32b-instruct"),
        ("openai/gpt-4o", "ai/x"),
        ("---/tern", "heron-lab/plover"),
        ("---/tern", "___/plover"),
    ],
)
def test_another_name_of_another_owner_is_another_model(listing_id: str, repository: str) -> None:
    assert not names_match(listing_id, repository)


def test_such_a_repository_is_stated_and_not_joined() -> None:
    made = listing(id="marsh/tern-mini", hugging_face_id="heron-lab/plover-7b")
    assert made.same_as == ()
    assert [fact.value for fact in made.facts if fact.name == "hugging_face_id"] == ["heron-lab/plover-7b"]
    assert listing(hugging_face_id="HeronLab/Heron-7B").same_as == ("huggingface:HeronLab/Heron-7B",)


@pytest.mark.recordings
def test_of_all_recorded_listings_one_names_what_it_was_made_from() -> None:
    named = {
        (record["id"].partition(":")[0], record["hugging_face_id"])
        for day in recordings.recorded_days()
        for record in recordings.openrouter_models(day)
        if record.get("hugging_face_id")
    }
    assert len(named) > 200
    assert [pair[0] for pair in named if not names_match(*pair)] == ["aion-labs/aion-1.0-mini"]
