"""Text from listings is hostile: what may not stand in ours is taken out here, and only that."""

import re

_UNSAFE_RANGES = (
    "\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"  # control characters but tab, line feed, carriage return
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional marks, embeddings, overrides and isolates
    "\ud800-\udfff"  # lone surrogates
    "\U000e0000-\U000e007f"  # tag characters: invisible text
)
_UNSAFE = re.compile(f"[{_UNSAFE_RANGES}]")
_UNSAFE_IN_LINE = re.compile(f"[{_UNSAFE_RANGES}\t\n\r\u2028\u2029]")


def clean(text: str) -> str:
    """Take out control, bidirectional and tag characters; all else stays as it is."""
    return _UNSAFE.sub("", text)


def clean_tail(text: str, longest: int) -> str:
    """Give the end of a text, word for word, from after the last character that `clean` would take out."""
    return _UNSAFE.split(text[-longest:])[-1]


def unfit_for_line(text: str) -> str | None:
    """Name the first character that a name or another single line must not hold, as U+XXXX, or None."""
    if text.isascii() and text.isprintable():
        return None
    found = _UNSAFE_IN_LINE.search(text)
    return f"U+{ord(found[0]):04X}" if found else None
