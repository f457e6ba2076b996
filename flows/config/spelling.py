"""Checks how a setting is spelled, and says in words what is wanted where it is spelled otherwise."""

import re

from pydantic import AfterValidator


def spelled(pattern: str, wanted: str) -> AfterValidator:
    """Return a validator that refuses a text which the pattern does not match, in the words of `wanted`.

    The message does not repeat the text, which may contain a password.
    """
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(wanted)
        return text

    return AfterValidator(check)
