"""Parses Markdown's blocks as markdown-it-py does, in fewer steps.

Each of its rules is tried on each line, which takes most of the parser's time: nearly all lines are prose. So a rule is
called only on lines that begin with a sign of its own, and a paragraph without any such line is read by one rule.
"""

from collections.abc import Callable
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import mdTrim
from markdown_it.rules_block import (
    StateBlock,
    blockquote,
    fence,
    heading,
    hr,
    html_block,
    list_block,
    reference,
    table,
)
from markdown_it.token import Token

Rule = Callable[[StateBlock, int, int, bool], bool]
"""Of a state, the first line, the line after the last, and whether only to say if it matches: whether it matches."""

DEEPEST: Final = 20
"""Deepest nesting of blocks that is parsed."""

_INTERRUPTING: Final = ["paragraph", "reference", "blockquote"]
"""Blocks which most rules can end, by their names in the library."""

_RULES: Final[dict[str, tuple[Rule, str, list[str]]]] = {
    "fence": (fence, "`~", [*_INTERRUPTING, "list"]),
    "blockquote": (blockquote, ">", [*_INTERRUPTING, "list"]),
    "hr": (hr, "*-_", [*_INTERRUPTING, "list"]),
    "list": (list_block, "*+-0123456789", _INTERRUPTING),
    "reference": (reference, "[", []),
    "html_block": (html_block, "<", _INTERRUPTING),
    "heading": (heading, "#", _INTERRUPTING),
}
"""Name of a rule → the rule, the signs with which each block of its kind begins, and the blocks that it can end."""

_TABLE_SIGNS: Final = "|-:"
"""Signs with which the line below the head of a table begins."""

_UNDERLINES: Final = frozenset(f"={_TABLE_SIGNS}")
"""Signs with which the line below a heading begins, or below the head of a table."""

_SIGNS: Final = _UNDERLINES.union(*(signs for _, signs, _ in _RULES.values()))
_CODE_INDENT: Final = 4


def parse_blocks(text: str) -> list[Token]:
    """Return the tokens of a text whose lines end in line feeds, without parsing what is inside a line."""
    return _PARSER.parse(text)


def _only_at(signs: str, rule: Rule) -> Rule:
    """A rule that is called only on lines that begin with one of some signs."""

    def guarded(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        at = state.bMarks[line] + state.tShift[line]
        return state.src[at : at + 1] in signs and rule(state, line, end, silent)

    return guarded


def _table(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Read a table, whose head has a line of signs below it."""
    at = state.bMarks[line + 1] + state.tShift[line + 1]
    return state.src[at : at + 1] in _TABLE_SIGNS and table(state, line, end, silent)


def _prose(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Read a paragraph of which no line begins with the sign of another block: it ends where a line is empty."""
    del end, silent
    if state.sCount[line] - state.blkIndent >= _CODE_INDENT:
        return False
    after = line
    while after < state.lineMax and (at := state.bMarks[after] + state.tShift[after]) < state.eMarks[after]:
        if state.src[at] in _SIGNS:
            return False
        after += 1
    state.line = after
    state.push("paragraph_open", "p", 1).map = [line, after]
    words = state.push("inline", "", 0)
    words.content = mdTrim(state.getLines(line, after, state.blkIndent, False))
    words.map, words.children = [line, after], []
    state.push("paragraph_close", "p", -1)
    return True


def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"maxNesting": DEEPEST}).enable("table")
    made.core.ruler.enableOnly("block")
    for name, (rule, signs, ending) in _RULES.items():
        made.block.ruler.at(name, _only_at(signs, rule), {"alt": ending})
    made.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    made.block.ruler.before("table", "prose", _prose)
    return made


_PARSER: Final = _parser()
