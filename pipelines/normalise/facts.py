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

WITHIN, WITHOUT = "within", "without"
"""Facts of a facet about one model each: it is in the answer; it was listed in the same crawl and is not."""

COUNTED, LISTED = "models_within", "models_listed"
"""Facts of a facet: how many models are in the answer, and how many were listed in the same crawl."""

USED_TOKENS, USED_AS_OF = "tokens", "tokens_as_of"
"""Facts of the rankings: the tokens of one model ("tokens:<its permanent name>"), and as of when."""

PROVIDER = "provider"
"""The fact that a provider is on the seller's list of providers ("provider:<its name>")."""
