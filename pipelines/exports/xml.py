"""Writes text into XML, without characters that XML cannot have."""

import re
from html import escape

from pipelines.pages.words import QUOTE, line

_NO_XML = re.compile("[\ufffe\uffff]")


def xml_line(text: object, longest: int = QUOTE) -> str:
    """Return a text as one escaped line for an element or an attribute."""
    return escape(_NO_XML.sub("", line(text, longest)))
