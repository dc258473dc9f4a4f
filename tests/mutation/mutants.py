"""Mutants of a module: each differs from it in one place of its syntax tree."""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
_OPPOSITES = {"min": "max", "max": "min"}
_NOT_MUTATED = {"overload", "Protocol"}
Change = Callable[[ast.AST], ast.AST | None]


@dataclass(frozen=True)
class Mutant:
    """One change of a module."""

    module: str
    function: str
    operator: str
    before: str
    after: str
    number: int
    """Which of several that read the same in one function, from 0."""
    line: int
    source: str
    """Of the whole module."""

    @property
    def place(self) -> str:
        """The function that it is in."""
        return f"{self.module}:{self.function}"

    @property
    def key(self) -> str:
        """Its name, which stays while the function does."""
        return f"{self.place}: {self.operator} {self.before!r} → {self.after!r} #{self.number}"


def unparsed(source: str) -> str:
    """Return a source as its mutants are written, so that they differ in one place alone."""
    return ast.unparse(ast.parse(source))


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Yield all mutants of a module."""
    tree = ast.parse(source)
    seen: dict[tuple[str, str, str, str], int] = {}
    for index, (node, function) in enumerate(_places(tree, "")):
        for operator, change in _changes(node):
            changed = copy.deepcopy(tree)
            target = next(each for i, (each, _) in enumerate(_places(changed, "")) if i == index)
            before = ast.unparse(target).splitlines()[0]
            after = _apply(changed, target, change)
            kind = (function, operator, before, after)
            seen[kind] = seen.get(kind, -1) + 1
            yield Mutant(
                module,
                function,
                operator,
                before,
                after,
                seen[kind],
                getattr(node, "lineno", 0),
                ast.unparse(ast.fix_missing_locations(changed)),
            )


def _places(node: ast.AST, function: str) -> Iterator[tuple[ast.AST, str]]:
    """Yield the nodes that a run may come to, each with the function that it is in."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_comment", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_docstring(child) or _is_for_types(child):
                continue
            inner = function
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{function}.{child.name}".lstrip(".")
            yield child, inner
            yield from _places(child, inner)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_types(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    if isinstance(node, ast.ClassDef):
        return bool(_NOT_MUTATED & {ast.unparse(base) for base in node.bases})
    return isinstance(node, ast.Import | ast.ImportFrom)


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        yield "comparison", _swapped_comparison
    elif isinstance(node, ast.BoolOp):
        yield "and-or", _swapped_bool
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        yield "arithmetic", _swapped_arithmetic
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not", lambda one: one.operand if isinstance(one, ast.UnaryOp) else None
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        yield "constant", _other_constant
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in _OPPOSITES:
        yield "min-max", _opposite
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "condition", _negated
    elif isinstance(node, ast.Return) and not _is_plain(node.value):
        yield "return", lambda _: ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Raise | ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await)
    ):
        yield "left-out", lambda _: ast.Pass()


def _is_plain(value: ast.expr | None) -> bool:
    """Return whether None in its place would be the same, or is what another mutant says."""
    return value is None or (
        isinstance(value, ast.Constant) and isinstance(value.value, bool | None)
    )


def _swapped_comparison(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Compare)
    return ast.Compare(
        node.left, [_COMPARISONS[type(node.ops[0])](), *node.ops[1:]], node.comparators
    )


def _swapped_bool(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.BoolOp)
    return ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def _swapped_arithmetic(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.BinOp)
    return ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)


def _other_constant(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Constant)
    value = node.value
    assert isinstance(value, bool | int | float)
    return ast.Constant(not value if isinstance(value, bool) else value + 1)


def _opposite(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    return ast.Call(ast.Name(_OPPOSITES[node.func.id], ast.Load()), node.args, node.keywords)


def _negated(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.If | ast.IfExp | ast.While)
    node.test = ast.UnaryOp(ast.Not(), node.test)
    return node


def _apply(tree: ast.AST, target: ast.AST, change: Change) -> str:
    """Change the tree at one node, and return what stands there now."""
    put = change(target)
    assert put is not None
    changed: ast.AST = put

    class Put(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return changed if node is target else self.generic_visit(node)

    Put().visit(tree)
    return ast.unparse(ast.fix_missing_locations(changed)).splitlines()[0]
