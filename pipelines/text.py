"""Text from listings is hostile: what may not stand in ours is taken out here, and only that."""

import re

_UNSAFE = re.compile(
    "["
    "\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"  # control characters but tab, line feed, carriage return
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional marks, embeddings, overrides and isolates
    "\ud800-\udfff"  # lone surrogates
    "\U000e0000-\U000e007f"  # tag characters: invisible text
    "]"
)


def clean(text: str) -> str:
    """Take out control, bidirectional and tag characters; all else stays as it is."""
    return _UNSAFE.sub("", text)


def unsafe_character(text: str) -> str | None:
    """Name the first character that `clean` would take out, as U+XXXX, or None."""
    found = _UNSAFE.search(text)
    return f"U+{ord(found[0]):04X}" if found else None
