"""Makes mutants: every small change of a module that tests should notice, as the module's text with that change.

Annotations and texts for people are not changed: docstrings, and strings with a space, f-strings among them. Tests that
repeated those would test their wording.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

Place = tuple[ast.AST, str, int | None]
"""A node's parent, the field with the node, and its index if the field is a list."""

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitAnd,
}
OPPOSITES = dict((
    *(pair for one, other in (
        ("min", "max"), ("any", "all"), ("floor", "ceil"), ("lstrip", "rstrip"), ("partition", "rpartition"),
        ("removeprefix", "removesuffix"), ("startswith", "endswith"), ("intersection", "union"),
    ) for pair in ((one, other), (other, one))),
))  # fmt: skip


LONGEST_SHOWN = 72


class Mutant(NamedTuple):
    """One change: its name, which other edits of the module do not change, and the whole module with the change."""

    name: str
    """For example "score.freshness: max → min"; the second of that name ends in " #2"."""
    text: str


def mutants(module: str, text: str) -> list[Mutant]:
    """Return the mutants of a module; their names begin with `module`."""
    tree = ast.parse(text)
    known: Counter[str] = Counter()
    found = []
    for scope, place, changed in _changes(tree, ()):
        before = _get(place)
        name = f"{'.'.join((module, *scope))}: {_shown(before)} → {_shown(changed)}"
        known[name] += 1
        _set(place, changed)
        mutated = ast.unparse(ast.fix_missing_locations(tree))
        _set(place, before)
        found.append(Mutant(name if known[name] == 1 else f"{name} #{known[name]}", mutated))
    return found


def _changes(parent: ast.AST, scope: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Place, ast.AST]]:
    """Yield the changes below a node: the names of its scopes, the place, and the new node."""
    for field, value in ast.iter_fields(parent):
        if field in {"annotation", "returns", "decorator_list", "type_params"} or _is_prose(value):
            continue
        if field == "targets" and [getattr(target, "id", "") for target in value] == ["__all__"]:
            return
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, node in children:
            if not isinstance(node, ast.AST) or _is_prose(node):
                continue
            for changed in _changed(node, field):
                yield scope, (parent, field, index), changed
            yield from _changes(node, (*scope, node.name) if isinstance(node, _NAMED) else scope)


_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _is_prose(node: object) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()):  # a docstring
            return True
        case ast.JoinedStr(values=parts):
            return any(isinstance(part, ast.Constant) and " " in part.value for part in parts)
        case ast.Constant(value=str(text)):
            return " " in text.strip() and text.strip() != ""
    return False


def _changed(node: ast.AST, field: str) -> Iterator[ast.AST]:
    """Yield the nodes that can replace a node."""
    if field in {"test", "ifs"} and not isinstance(node, ast.Constant):
        yield ast.Constant(True)
        yield ast.Constant(False)
    yield from _computed(node)
    yield from _statements(node)
    match node:
        case ast.Constant(value=value):
            yield from map(ast.Constant, _constants(value))
        case ast.Name(id=name) if name in OPPOSITES:
            yield ast.Name(OPPOSITES[name])
        case ast.Attribute(value=value, attr=name) if name in OPPOSITES:
            yield ast.Attribute(value, OPPOSITES[name])


def _computed(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=right):
            for place, op in enumerate(ops):
                for other in COMPARED[type(op)]:
                    yield ast.Compare(left, [*ops[:place], other(), *ops[place + 1 :]], right)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for place in range(len(values)):
                rest = [*values[:place], *values[place + 1 :]]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in COMPUTED:
            yield ast.BinOp(left, COMPUTED[type(op)](), right)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand


def _constants(value: object) -> Iterator[object]:
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1
            yield value - 1
        case float():
            yield value + 0.01
        case str():
            yield f"{value}!"
        case bytes():
            yield value + b"!"


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Return(value=ast.AST() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Expr() | ast.Raise() | ast.AugAssign() | ast.Delete():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case ast.With(body=body):
            if all(item.optional_vars is None for item in node.items):
                yield ast.If(ast.Constant(True), body, [])


def _get(place: Place) -> ast.AST:
    parent, field, index = place
    value = getattr(parent, field)
    return value if index is None else value[index]


def _set(place: Place, node: ast.AST) -> None:
    parent, field, index = place
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def _shown(node: ast.AST) -> str:
    """Return the source of a node on one line, shortened."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
