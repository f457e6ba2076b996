import pytest

from pipelines.passport.changes import ValueChange
from pipelines.views.changes import in_words


@pytest.mark.parametrize(
    ("path", "before", "after", "stated"),
    [
        ("/artifact/model/context_tokens", 32_768, 131_072, "context: 32,768 → 131,072 tokens"),
        ("/artifact/model/prices/prompt/usd", "0.1", None, "price of prompt: 0.1 → nothing $"),
        ("/trust/status", "active", "deprecated", "status: active → deprecated"),
        ("/artifact/model/open_weights", None, True, "open weights: nothing → yes"),
        ("/capabilities/tool-use/strength", None, [1], "capabilities tool-use strength: nothing → 1"),
        ("/artifact/model/records/a~1b/id", "x", "y", "records a/b id: x → y"),
        ("/artifact", 1, 2, "/artifact: 1 → 2"),
    ],
)
def test_a_change_is_stated_in_words(path: str, before: object, after: object, stated: str) -> None:
    assert in_words(ValueChange(path, before, after)) == stated
