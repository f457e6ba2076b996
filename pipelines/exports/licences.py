"""Names of licences as SPDX and the Hub write them."""

from typing import Final

_SPDX: Final = (
    "AFL-3.0", "AGPL-3.0", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC-BY-2.0",
    "CC-BY-3.0", "CC-BY-4.0", "CC-BY-NC-2.0", "CC-BY-NC-3.0", "CC-BY-NC-4.0", "CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0",
    "CC-BY-NC-SA-2.0", "CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0",
    "CC0-1.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "ECL-2.0", "EPL-1.0", "EPL-2.0",
    "EUPL-1.1", "EUPL-1.2", "GFDL-1.3", "GPL-2.0", "GPL-3.0", "ISC", "LGPL-2.1", "LGPL-3.0", "MIT", "MPL-2.0", "MS-PL",
    "MulanPSL-2.0", "NCSA", "ODbL-1.0", "OFL-1.1", "OSL-3.0", "PostgreSQL", "PDDL-1.0", "Unlicense", "WTFPL", "Zlib",
)  # fmt: skip
"""SPDX ids of licences that models and data have."""
_BY_LOWER: Final = {name.lower(): name for name in _SPDX}
_OF_THE_HUB_ALONE: Final = frozenset({
    "openrail", "creativeml-openrail-m", "bigscience-openrail-m", "bigscience-bloom-rail-1.0", "bigcode-openrail-m",
    "apple-ascl", "apple-amlr", "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4", "gemma", "gpl",
    "lgpl", "cc", "bsd", "deepfloyd-if-license", "fair-noncommercial-research-license", "intel-research", "open-mdw",
    "h-research", "other", "unknown",
})  # fmt: skip
"""Ids that the Hub has beside lower-case ones of SPDX."""


def spdx_id(licence: str) -> str | None:
    """Return the SPDX id of a licence as a source names it: "Apache-2.0" for "apache-2.0"; None where it is none."""
    return _BY_LOWER.get(licence.lower())


def hub_id(licence: str) -> str | None:
    """Return the Hub's id of a licence: "apache-2.0"; None for one that the Hub has no id for."""
    name = licence.lower()
    return name if name in _BY_LOWER or name in _OF_THE_HUB_ALONE else None
