"""Makes hostile model cards: front matter, Markdown and characters that may break readers."""

import random

from benchmarks.spoiling import TEXTS

KEYS = (
    "license", "license_name", "license_link", "language", "tags", "base_model", "base_model_relation", "datasets",
    "pipeline_tag", "library_name", "extra_gated_prompt", "model-index",
)  # fmt: skip
HALVES = ('"\\ud800"', '"a\\ud83d"', '"\\udfff x"')
"""Lone surrogates, as YAML allows them to be written."""
YAML_VALUES = (
    *HALVES, *HALVES, *HALVES,
    '"\\ud800"', '"\\UFFFFFFFF"', '"\\U00110000"', '"\\x00"', '"\\0"', "!!python/object/apply:os.system [ls]", "*a",
    "&a [*a]",
    "!!binary AAAA", "!<tag:x> y", "? {a: b}\n: c", "|\n  x\n y", "[" * 60, "{a: " * 40, "- - - - x", "1e400", "0o777",
    ".nan",
    "2026-02-30", "12:30:45", "no", "~", "'", '"', "@x", "`x`", "%x", "\t- x", "- \tx", "[a, b", "{a: 1", "<<: *x",
    "\u2028x",
    "\x85x", "x: y: z", "!!set {a, b}", "!!omap [a: 1]", '"\\N\\_\\L\\P"', '"\\\n x"', "other", "apache-2.0", "-", "- ",
)  # fmt: skip
BLOCKS = (
    "%YAML 999999999.1\n---\n", "%YAML 1.3\n", "%TAG ! tag:x,2000:\n", "%FOO bar\n", "--- !!map\n", "...\n",
    "\ufeff---\n",
    "a: &a [x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n", "&a a: *a\n", "? x\n", "- a\n- b\n", "just text\n", "\x00\n",
    "\x01\n",
    "tags:\n" + "- x\n" * 3000, "".join(f"k{n}: v\n" for n in range(2000)),
    "a:\n" + "".join(f"{' ' * n}- \n" for n in range(80)),
    "license: mit\nlicense: apache-2.0\n", "license: mit\nLicense: x\n",
    "model-index:\n- results:\n  - metrics:\n    - value: 1e999\n",
    "model-index:\n" + "- name: x\n  results:\n  - task: {type: t}\n    metrics: [{type: m, value: 1}]\n" * 300,
)  # fmt: skip
PIECES = (
    "*", "_", "`", "[", "![", "](", "<", ">", "<!--", "-->", "<a ", "</", "&#", "&amp;", "|", "||", "---\n", "# ",
    "> ", "- ",
    "1. ", "* ", "\t", "\\", "~~~\n", "```\n", "$$", "<details>", "<table><tr><td>", "<p>", "a@b.c ", "http://x/ ",
    "[x]: y\n",
    "[^1]", "\u202e", "\u200b", "\u0301", "\U0001f468\u200d", "\xa0", "\r", "\x0b", "\x0c", "\x1b[2J", "\u2028",
    "e.g. ", "Dr. ",
    "may hallucinate. ", "not ", "It is not the case that ", "does not ", "limitations ", "100% ", "(((", "\"'\"'",
    ". ", ".. ",
)  # fmt: skip
SENTENCES = (
    "The model can hallucinate facts about birds.",
    "It may produce biased or offensive text.",
    "Not for medical use.",
    "It was not trained on data after 2023.",
    "It cannot browse.",
    "Limited to English.",
    "Outputs may be wrong.",
)
HEADINGS = (
    "## Limitations\n",
    "Limitations\n-----------\n",
    "**Limitations:**\n",
    "<h2>Limitations</h2>\n",
    "## Bias, Risks\n",
)


def hostile_card(card: str, chance: random.Random) -> str:
    """Return a hostile card made from another card by a random change."""
    made = chance.choice((_declared, _broken_front, _noise, _long, _body, _bytes))(card, chance)
    return _bytes(made, chance) if chance.random() < 0.15 else made


def _declared(card: str, chance: random.Random) -> str:
    """Put hostile values under keys of the front matter that are read."""
    lines = [
        f"{chance.choice(KEYS)}: {chance.choice((*YAML_VALUES, *map(_plain, TEXTS[:40])))}"
        for _ in range(chance.randrange(1, 5))
    ]
    return card.replace("license: mit", "\n".join(["base_model: heron-lab/base", *lines]), 1)


def _broken_front(card: str, chance: random.Random) -> str:
    return card.replace("license: mit\n", chance.choice(BLOCKS) + chance.choice(("", "license: mit\n")), 1)


def _noise(card: str, chance: random.Random) -> str:
    """Insert 3 to 3,000 random pieces of markup at one place."""
    many = chance.choice((3, 30, 300, 3000))
    noise = "".join(chance.choice(PIECES) for _ in range(many))
    at = chance.randrange(len(card))
    return card[:at] + noise + card[at:]


def _long(card: str, chance: random.Random) -> str:
    """Repeat one piece until a card is as long as cards may be, which shows what is slow."""
    piece = chance.choice(
        (
            *PIECES,
            *SENTENCES,
            *HEADINGS,
            "a",
            "a ",
            "a\n",
            "a. ",
            "- a\n",
            "| a ",
            "|-",
            "\n",
            " ",
            "[a](b) ",
            "**a**\n",
        )
    )
    longest = chance.choice((2_000, 20_000, 100_000, 400_000))
    return card + piece * (longest // len(piece))


def _body(card: str, chance: random.Random) -> str:
    parts = [
        chance.choice((*HEADINGS, *(f"{one} " for one in SENTENCES), "\n\n", "- ", "> ", "| x | y |\n|---|---|\n| "))
        for _ in range(40)
    ]
    return card + "".join(parts) + chance.choice(TEXTS).encode("utf-8", "replace").decode()


def _bytes(card: str, chance: random.Random) -> str:
    """Change random bytes, and decode the result as a crawl does."""
    made = bytearray(card.encode("utf-8", "replace"))
    for _ in range(chance.choice((1, 5, 50))):
        if made:
            made[chance.randrange(len(made))] = chance.randrange(256)
    return made.decode("utf-8", "replace")


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()[:300]
