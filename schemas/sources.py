"""What the house knows of each source: its name, its kinds of record, and how they behave."""

from typing import Final

NAMING = ("model", "router", "variant", "alias")
"""Kinds of records that a passport can be named after."""

HUB, SELLER, CODE = "huggingface", "openrouter", "github"

CARDS, LICENCES = TEXTS = (f"{HUB}-card", f"{HUB}-licence")
"""Sources of texts that lie in repositories."""

CATALOGUES = ("modelsdev",)
"""Sources that speak of repositories that are not theirs; a text of the Hub lies in the one that it names."""

ROLLS = {"openrouter": "openrouter-roll"}
"""Source whose crawls list everything that it has → the source name of its rolls."""

CASELESS = (HUB, *TEXTS, CODE)
"""Sources that answer to an id in any letters, and may come to spell it in others: it is one record."""

IDENTITIES: Final = {"huggingface": "repository_id", "github": "code_id"}
"""Source → the fact that is its lasting id of a record."""

LOOKED_FOR: Final = ("huggingface",)
"""Sources whose records can have passports of their own, so that it must be shown where they went."""

SOURCES = (
    "openrouter", "openrouter-endpoints", "openrouter-roll", "huggingface", "huggingface-card", "huggingface-licence",
    "modelsdev", "github", "extraction",
)  # fmt: skip
"""Every source; of two that could name a passport the earlier one does. Who is believed: precedence.toml."""

CLAIMING = ("model", "router", "variant")
"""Kinds of listings that a passport is made from."""

AT_HOME = (SELLER, f"{SELLER}-endpoints", HUB, *TEXTS)
"""Sources whose records may lie in the part of the passport that they belong to."""

READ = ("openrouter", CARDS)
"""Sources whose texts a language model reads, where one is set."""

RESUMED = (HUB,)
"""Sources whose crawls take so long that one that was cut off goes on where it stopped."""

LISTS_EVERYTHING = ("openrouter", "openrouter-endpoints", "modelsdev")
"""Sources of records whose whole crawl brings all that there are: what it did not bring is not there."""

REMEMBERED = {
    "openrouter": ("openrouter-endpoints",),
    "huggingface": TEXTS,
    "github": ("github",),
    "extraction": ("extraction",),
}
"""Source → its records that are not fetched again while they have not changed, or their turn has not come."""

NAMED_BY = {
    "huggingface": ("openrouter",),
    "github": ("huggingface", CARDS),
}
"""Source → the sources whose records name what is to be asked of it."""

ON_THEIR_OWN = ("huggingface",)
"""Sources whose records are asked for again once they were found, whoever names them."""

ENDPOINTS, CATALOGUE = f"{SELLER}-endpoints", "modelsdev"
INDEXED = (SELLER, CATALOGUE, CODE)
"""Sources of some thousands of records at most, which are read whole; of the others only what is looked for."""
LOOKED_UP = {HUB: (HUB, *TEXTS), SELLER: (ENDPOINTS,)}
"""Source of a name → sources of records that lie under it."""

FIRST_PATHS = {
    "openrouter": "/api/v1/models?output_modalities=all",
    "modelsdev": "/api.json",
    "huggingface": "/api/models?limit=1",
    "github": "/rate_limit",
}
"""Source → what is asked of it to see that it answers: what a refresh fetches first, or what costs nothing."""
