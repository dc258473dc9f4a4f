"""Mutants of a module: each differs from it in one place of its syntax tree.

Not mutated is what can't change what a service sends or answers, whoever calls it: docstrings,
annotations, assertions, counters and events (they report what a policy did), what an error says of
its call, and the refusal of wrong settings when a policy is made.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

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
_COUNTERS = frozenset(
    (
        *("evictions", "events_applied", "events_outdated", "hits", "joined", "load_failures"),
        *("loads", "opened", "refused", "retried", "stale"),
    )
)
"""Attributes that a snapshot or a metric shows, and nothing else reads."""
_FACTS = frozenset(("attempts", "operation", "service", "trace_id"))
"""What an error says of its call."""
_REPORTS = frozenset(("annotate", "emit", "listen", "snapshot", "_emit_read"))
_REFUSALS = frozenset(("__post_init__", "_check_lease"))
"""Functions that refuse wrong settings."""
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
    written: Callable[[], str] = field(repr=False, compare=False)
    """Writes the whole module: most mutants are only counted."""

    @property
    def source(self) -> str:
        """The source of the whole module."""
        return self.written()

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
    seen: dict[tuple[str, str, str, str], int] = {}
    for index, (node, function) in enumerate(_places(ast.parse(source), "")):
        for operator, change in _changes(node):
            before, after = _head(node), _head(_changed(copy.deepcopy(node), change))
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
                partial(_written, source, index, change),
            )


def _head(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(node)).splitlines()[0]


def _changed(node: ast.AST, change: Change) -> ast.AST:
    changed = change(node)
    assert changed is not None
    return changed


def _written(source: str, index: int, change: Change) -> str:
    """Return a source with one node changed."""
    tree = ast.parse(source)
    target = next(each for at, (each, _) in enumerate(_places(tree, "")) if at == index)

    class Put(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return _changed(node, change) if node is target else self.generic_visit(node)

    Put().visit(tree)
    return ast.unparse(ast.fix_missing_locations(tree))


def _places(node: ast.AST, function: str) -> Iterator[tuple[ast.AST, str]]:
    """Yield the nodes that a run may come to, each with the function that it is in."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_comment", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_docstring(child) or _is_for_types(child):
                continue
            if _only_reports(child):
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
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Assert)


def _only_reports(node: ast.AST) -> bool:
    """Return True for what is only there to be shown, and for the refusal of wrong settings."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name in _REPORTS | _REFUSALS
        case ast.Assign(targets=targets):
            names = {one.attr for one in targets if isinstance(one, ast.Attribute)}
            return len(names) == len(targets) and names <= _COUNTERS | _FACTS
        case ast.AugAssign(target=ast.Attribute(attr=name)):
            return name in _COUNTERS
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name))):
            return name in _REPORTS
        case ast.If(test=test):
            return "self.events.listeners" in ast.unparse(test)
        case ast.keyword(arg=name):
            return name in _FACTS - {"attempts"}  # which a policy has too
    return False


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
