"""Names of the facts that more than one step reads."""

UNSEEN, MOVED, REPLACED = ANSWERS = ("repository_missing", "repository_moved", "repository_replaced")
"""Facts of a look for a single record: there is none; it lies elsewhere, which is enough; another one is there."""

SOUGHT = "sought_id"
"""The fact of such a look that is the lasting id of the record that was looked for."""

MADE_ANEW = "made_anew"
"""The fact of a record that it lies where another one did."""


MISSING = "missing"
"""The fact that a record is certainly gone; no record states it, the looks that missed it do."""
