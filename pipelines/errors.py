"""Base classes of the errors that this room raises."""


class PipelineError(ValueError):
    """Raised where a pipeline is given what it cannot work with; base of every error of this room."""


class PlacedError(PipelineError):
    """Raised for a fault at one place of a document: `pointer` to it ("" for all of it) and `reason`, what is wrong."""

    whole = "the document"
    """Name of the document in the message, where the fault is in all of it."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer or self.whole} {reason}")
        self.pointer = pointer
        self.reason = reason
