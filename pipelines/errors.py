"""The one error tree of this room."""


class PipelineError(ValueError):
    """A pipeline was given what it cannot work with; every error raised in this room descends from it."""
