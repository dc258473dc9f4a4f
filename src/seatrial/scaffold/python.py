"""What a Python file says of a service, read from its syntax tree."""

import ast

from seatrial.scaffold.findings import Findings, normal
from seatrial.scaffold.mounts import Router, joined

_METHODS = {"get", "post", "put", "patch", "delete"}
_APPS = {
    "FastAPI": "fastapi",
    "Flask": "flask",
    "Starlette": "starlette",
    "Litestar": "litestar",
    "Quart": "quart",
}
_ROUTERS = {"APIRouter": "prefix", "Blueprint": "url_prefix"}
_MOUNTS = {"include_router": "prefix", "register_blueprint": "url_prefix"}
_SERVES = {"serve_forever", "run_app", "run_simple", "HTTPServer", "ThreadingHTTPServer"}
"""Calls by which a script serves; `app.run(…)` and `uvicorn.run(…)` do too."""


def read_python(name: str, text: str, found: Findings) -> None:
    """Read a file; one that can't be parsed says nothing."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    _Reader(name, found).visit(tree)


class _Reader(ast.NodeVisitor):
    def __init__(self, name: str, found: Findings) -> None:
        self._name = name
        self._module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self._imported: dict[str, Router] = {}
        self._found = found
        self._prefixes: dict[str, str] = {}
        self._served: set[ast.expr] = set()
        self._function = ""
        """The one that is being read; "" at a module's top."""

    def visit_Assign(self, node: ast.Assign) -> None:
        target, value = node.targets[0], node.value
        if isinstance(target, ast.Name) and isinstance(value, ast.Call):
            kind = _name(value.func)
            if kind in _APPS:
                made_by = f"{self._function}()" if self._function else target.id
                self._found.apps.setdefault(_APPS[kind], f"{self._module}:{made_by}")
            if kind in _ROUTERS:
                self._prefixes[target.id] = _keyword(value, _ROUTERS[kind])
        if isinstance(target, ast.Name):
            self._constant(target.id, value)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for one in node.names:
            self._imported[one.asname or one.name] = (one.name, "")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = (node.module or "").lstrip(".")
        for one in node.names:
            self._imported[one.asname or one.name] = (module, one.name)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if isinstance(node.target, ast.Name) and node.value is not None:
            self._constant(node.target.id, node.value)
        self.generic_visit(node)

    def _constant(self, name: str, value: ast.expr) -> None:
        text = _text(value) or ""
        if text.startswith("/"):
            self._found.constants.setdefault(name, text)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any(_name(base) == "BaseModel" for base in node.bases):
            for line in node.body:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    self._found.body_fields.setdefault(line.target.id)
        if any(_name(base) == "BaseSettings" for base in node.bases):
            for line in node.body:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    default = _text(line.value) if line.value else ""
                    self._found.variable(line.target.id.upper(), default or "", self._name)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for one in node.decorator_list:
            if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.args:
                path = _text(one.args[0])
                if path is not None and one.func.attr in {*_METHODS, "route"}:
                    self._served.add(one)
                    method = one.func.attr if one.func.attr in _METHODS else _first_method(one)
                    router = _name(one.func.value)
                    own = joined(self._prefixes.get(router, ""), path)
                    self._found.mounts.route((self._module, router), method, own)
        before, self._function = self._function, node.name
        self.generic_visit(node)
        self._function = before

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast's name

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if _name(node.value) in ("json", "form", "body") and (field := _text(node.slice)):
            self._found.body_fields.setdefault(field)
        if _name(node.value) == "environ" and (name := _text(node.slice)):
            self._found.variable(name, "", self._name)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        kind = _name(node.func)
        first = _text(node.args[0]) if node.args else None
        if kind in _MOUNTS and node.args:
            prefix = _keyword(node, _MOUNTS[kind])
            under = (self._module, _receiver(node))
            self._found.mounts.mount(self._router(node.args[0]), under, prefix)
        if kind in _SERVES or (kind == "run" and _receiver(node) in ("app", "uvicorn")):
            self._found.scripts.setdefault(self._name)
        if first is None or node in self._served:
            pass
        elif kind == "getenv" or (kind == "get" and _receiver(node) == "environ"):
            default = _text(node.args[1]) if len(node.args) > 1 else ""
            self._found.variable(first, default or "", self._name)
        elif kind == "path" and len(node.args) > 1 and _included(node.args[1]):
            included = (_included(node.args[1]), "")
            self._found.mounts.mount(included, (self._module, ""), first)
        elif kind == "path":  # Django's
            self._found.mounts.route((self._module, ""), "GET", "/" + first)
        elif kind == "Route" or (
            kind in _METHODS and _receiver(node) == "web" and len(node.args) > 1
        ):
            self._found.route(kind if kind in _METHODS else "GET", first)
        elif kind.startswith("add_") and kind[4:] in _METHODS:
            self._found.route(kind[4:], first)
        elif kind in _METHODS:
            self._call(first)
        elif first.lower() in _METHODS and len(node.args) > 1 and "route" not in kind:
            self._call(_text(node.args[1]) or "")  # client.request("GET", …), and what wraps it
        self.generic_visit(node)

    def _router(self, node: ast.expr) -> Router:
        """The router that a name, or a name in an imported module, stands for."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module, name = self._imported.get(node.value.id, (node.value.id, ""))
            return (f"{module}.{name}".strip("."), node.attr)
        return self._imported.get(_name(node), (self._module, _name(node)))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._address(_text(node))
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self._address(_text(node))

    def _address(self, text: str | None) -> None:
        """A URL that is put together: some base, a path and what it is about."""
        if text is not None and text.startswith("{id}/") and text.count("{id}") > 1:
            self._call(text)

    def _call(self, target: str) -> None:
        """A client's call: its path begins at the first / that isn't the scheme's."""
        rest = target.partition("://")[2] or target
        head, slash, path = rest.partition("/")
        if slash and head in ("", "{id}"):
            self._found.calls.setdefault(normal("/" + path.partition("?")[0]))


def _included(node: ast.expr) -> str:
    """The module that Django's `include("…")` names; "" where it is none."""
    if isinstance(node, ast.Call) and _name(node.func) == "include" and node.args:
        return _text(node.args[0]) or ""
    return ""


def _first_method(node: ast.Call) -> str:
    for keyword in node.keywords:
        if keyword.arg == "methods" and isinstance(keyword.value, ast.List | ast.Tuple):
            return next((_text(one) or "GET" for one in keyword.value.elts), "GET")
    return "GET"


def _keyword(node: ast.Call, name: str) -> str:
    """A keyword's text; "/$NAME" where it is a constant's name, such as settings.api_prefix."""
    value = next((one.value for one in node.keywords if one.arg == name), None)
    if value is None:
        return ""
    named = f"/${_name(value)}" if _name(value) else ""
    return _text(value) or named


def _receiver(node: ast.Call) -> str:
    return _name(node.func.value) if isinstance(node.func, ast.Attribute) else ""


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.expr) -> str | None:
    """A text, its filled in places written {id}; None where it isn't one."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(one.value) if isinstance(one, ast.Constant) else "{id}" for one in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        if left is not None or right is not None:
            return ("{id}" if left is None else left) + ("{id}" if right is None else right)
    return None
