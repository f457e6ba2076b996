"""The task of a model by the Hub's names, as far as what it takes and gives decides it."""

from typing import Any, Final

_TASKS: Final = {
    (("text",), ("text",)): "text-generation",
    (("image", "text"), ("text",)): "image-text-to-text",
    (("text", "video"), ("text",)): "video-text-to-text",
    (("audio", "text"), ("text",)): "audio-text-to-text",
    (("audio",), ("text",)): "automatic-speech-recognition",
    (("text",), ("audio",)): "text-to-audio",
    (("text",), ("speech",)): "text-to-speech",
    (("text",), ("image",)): "text-to-image",
    (("image",), ("image",)): "image-to-image",
    (("image", "text"), ("image",)): "image-text-to-image",
    (("text",), ("video",)): "text-to-video",
    (("text",), ("embeddings",)): "feature-extraction",
}
"""What a model takes and what it gives, sorted → the task; other combinations decide none."""


def task_of(model: dict[str, Any]) -> str | None:
    """Return the task of a model; None where its modalities are not known or decide none."""
    taken, given = (tuple(sorted(model.get(f"{side}_modalities", ()))) for side in ("input", "output"))
    return _TASKS.get((taken, given))
