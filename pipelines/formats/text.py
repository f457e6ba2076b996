"""Makes text fit for people: removes or names characters that can disguise it, and writes counts in words."""

import re
import unicodedata

_UNSAFE_RANGES = (
    "\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"  # control characters but tab, line feed, carriage return
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional marks, embeddings, overrides and isolates
    "\ud800-\udfff"  # lone surrogates
    "\U000e0000-\U000e007f"  # tag characters: invisible text
)
_UNSAFE = re.compile(f"[{_UNSAFE_RANGES}]")
_UNSAFE_IN_LINE = re.compile(f"[{_UNSAFE_RANGES}\t\n\r\u2028\u2029]")


def clean(text: str) -> str:
    """Return a text without control, bidirectional and tag characters and lone surrogates; the rest is unchanged."""
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub("", text)


def clean_tail(text: str, longest: int) -> str:
    """Return the end of a text, at most `longest` characters, after the last one that `clean` would remove."""
    return _UNSAFE.split(text[-longest:])[-1]


def amount(count: int, noun: str, plural: str | None = None) -> str:
    """Return a count with its noun, in the plural unless it is 1: "1 file", "2,000 files"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def unfit_for_line(text: str) -> str | None:
    """Return, as U+XXXX, the first character that a name or another single line must not have; None without one."""
    if text.isascii() and text.isprintable():
        return None
    found = _UNSAFE_IN_LINE.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


_UNSEEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0"
    "\ufe00-\ufe0d]|(?<![\u3400-\u9fff])[\U000e0100-\U000e01ef]|(?<=[\x00-\x7f\ufe0e\ufe0f])(?<![#*0-9])[\ufe0e\ufe0f]"
    "|(?<![^\\x00-\\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\\x00-\\x7f])"
)
"""Invisible characters. Joiners only beside ASCII, as in Persian, Hindi or an emoji they change what shows. Variation
selectors only where they choose no form of an emoji or of a Chinese character, as a row of them can hide a text."""

INVISIBLE = re.compile(
    f"[{_UNSAFE_RANGES}\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200d\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\U000e0100-\U000e01ef]"
)
"""Every character that shows nothing by itself, joiners and variation selectors too."""

_TOGETHER = (
    frozenset(["LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"]),
    frozenset(["LATIN", "CJK", "BOPOMOFO"]),
    frozenset(["LATIN", "CJK", "HANGUL"]),
)
"""Scripts that one word may mix, as nobody mistakes their letters for each other (UTS 39, "highly restrictive")."""

_SIGNS = frozenset(["FEMININE", "MASCULINE", "MICRO", "MODIFIER"])
"""First words of the Unicode names of letters that are signs in any script."""

LIKE_LATIN = dict(
    zip(
        "\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u04ae\u04c0\u051a\u051c"
        "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u04cf\u0501\u051b\u051d"
        "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bd\u03bf\u03c1\u03c5",
        "SIJABEKMHOPCTXYIQWaeopcyxsijhldqwABEZHIKMNOPTYXvopu",
        strict=True,
    )
)
"""Cyrillic and Greek letters → the Latin one that they look like (from the confusables of UTS 39)."""


def visible(text: str) -> str:
    """Return a text with its invisible characters spelled out: "GPT[U+200B]-4"."""
    return text if text.isascii() else _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def shown(text: str, longest: int | None = None) -> str:
    """Return a text as every terminal, page and answer shows it, however it came to be stored.

    What `clean` removes is left out, and invisible characters are spelled out. With `longest` it is one line of at most
    so many characters, the last of them "…" where there are more.
    """
    if longest is None:
        return visible(clean(text))
    words = visible(clean(" ".join(text[: 8 * longest].split())))
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"


def disguise_in(name: str) -> str | None:
    """Say what can make a name pass for another: invisible characters, or letters of another script; or None."""
    if name.isascii():
        return None
    if unseen := dict.fromkeys(f"U+{ord(found[0]):04X}" for found in _UNSEEN.finditer(name)):
        return f"characters that nobody sees ({', '.join(list(unseen)[:3])})"
    words = [set(map(_script, word)) for word in re.findall(r"[^\W\d_]+", name)]
    for word in words:
        scripts = word - _SIGNS
        if len(scripts) > 1 and not any(map(scripts.issubset, _TOGETHER)):
            return f"{' and '.join(sorted(scripts)[:3])} letters in one word"
    foreign = [letter for letter in name if letter.isalpha() and _script(letter) in ("CYRILLIC", "GREEK")]
    if foreign and LIKE_LATIN.keys() >= set(foreign):
        return f"{_script(foreign[0])} letters that look like LATIN ones"
    return None


def _script(letter: str) -> str:
    """Script of a letter: the first word of its Unicode name."""
    return unicodedata.name(letter, "UNNAMED").partition(" ")[0]
