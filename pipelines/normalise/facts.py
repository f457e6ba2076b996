"""Names of the facts that more than one step reads."""

UNSEEN, MOVED, REPLACED = ANSWERS = ("repository_missing", "repository_moved", "repository_replaced")
"""Facts of an observation that a record is not at its name: it does not exist; it moved, which alone proves it gone; or
another record is there."""

SOUGHT = "sought_id"
"""The fact of such an observation that is the permanent id of the missed record."""

MADE_ANEW = "made_anew"
"""The fact of a record that it replaced another one of the same name."""


CALLED_UNCENSORED = "called_uncensored"
"""The fact that a model's name or tags say that it declines nothing; its value is the word that says so."""

MISSING = "missing"
"""The fact that a record is certainly gone. No record states it; it follows from the observations that missed it."""
