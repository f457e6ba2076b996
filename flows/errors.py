"""The one error tree of this room."""


class FlowError(Exception):
    """Something that a flow needs does not work; every error raised in this room descends from it."""
