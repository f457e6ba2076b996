"""The one error tree of this room."""


class PipelineError(ValueError):
    """A pipeline was given what it cannot work with; every error raised in this room descends from it."""


class PlacedError(PipelineError):
    """A fault at one place of a document: `pointer` leads to it ("" for all of it), `reason` says what is wrong."""

    whole = "the document"
    """What the message calls the document where the fault is in all of it."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer or self.whole} {reason}")
        self.pointer = pointer
        self.reason = reason
