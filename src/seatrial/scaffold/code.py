"""What code says of a service: its routes, the calls of its clients, its variables."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from seatrial.scaffold.findings import Findings, normal
from seatrial.scaffold.mounts import Router, joined
from seatrial.scaffold.python import read_python

_QUOTED = r"""["'`](/[^"'`\s]*)["'`]"""
_CLIENTS = re.compile(
    r"client|axios|fetch|got|http$|https$|request|session|superagent|ky$|api$", re.IGNORECASE
)
_JS_ROUTE = re.compile(rf"\b(\w+)\.(get|post|put|patch|delete|all)\(\s*{_QUOTED}\s*,\s*(.)")
_JS_SERVERS = re.compile(r"app|server|router|route|fastify", re.IGNORECASE)
_JS_CHAIN = re.compile(rf"\b(\w+)\.route\(\s*{_QUOTED}\s*\)\s*\.(get|post|put|patch|delete|all)\b")
_JS_OBJECT = re.compile(
    r"\.route\(\s*\{[^}]*?method:\s*[\"'`](\w+)[\"'`][^}]*?(?:url|path):\s*[\"'`](/[^\"'`]*)"
)
_JS_IMPORT = re.compile(
    r"(?:import\s+|(?:const|let|var)\s+)(\w+|\{[^}]*\}|\*\s+as\s+\w+)\s*"
    r"(?:from|=\s*require\()\s*[\"'](\.[^\"']*)[\"']"
)
_JS_TARGET = r"(?:require\(\s*[\"'](\.[^\"']*)[\"']\s*\)|(\w+)(?:\.routes\(\))?(?:\(\))?)"
_JS_USE = re.compile(rf"\b(\w+)\.use\(\s*{_QUOTED}\s*,\s*(?:[^\n]*?,\s*)?{_JS_TARGET}\s*\)")
_JS_REGISTER = re.compile(
    rf"\b(\w+)\.register\(\s*{_JS_TARGET}\s*,\s*\{{[^}}]*prefix:\s*[\"'`]([^\"'`]*)"
)
_JS_PREFIXED = re.compile(r"(\w+)\s*=\s*new\s+\w+\(\s*\{[^}]*prefix:\s*[\"'`]([^\"'`]*)[\"'`]")
_JS_BODY = re.compile(r"\bbody\.(\w+)|\{([\w\s,:=]+)\}\s*=\s*\w+(?:\.request)?\.body\b")
_NEST_PREFIX = re.compile(r"setGlobalPrefix\(\s*[\"'`]([^\"'`]*)")
_NODE_PATTERN = re.compile(
    r"\^((?:\\?/[\w.-]+)+)\\?/\((?:\?<\w+>|\?P<\w+>)?(?:\[\^[^\]]*\][+*]|\\w\+|\.\+)\)"
)
"""A route as a regular expression, /^\\/users\\/([^/]+)$/ for one."""
_NODE_EQUAL = re.compile(rf"(?:url|path|pathname)\s*={{2,3}}\s*{_QUOTED}")
_NODE_PREFIX = re.compile(
    r"(?:path|pathname|url)\.(?:startsWith|replace)\(\s*[\"'`](/[\w/.-]+/)[\"'`]"
)
_NODE_SERVES = re.compile(r"\.listen\(")
_RELATIVE = re.compile(
    r"\.(?:get|post|put|patch|delete)\(\s*`([\w.-]+/[\w/.-]*(?:\$\{[^}]*\}[\w/.-]*)+)[`?]"
)
"""A path after a prefix that the client adds, as got and ky do."""
_NEST = re.compile(r"@Controller\(\s*(?:[\"'`]([^\"'`]*)[\"'`])?[^)]*\)")
_NEST_ROUTE = re.compile(r"@(Get|Post|Put|Patch|Delete)\(\s*(?:[\"'`]([^\"'`]*)[\"'`])?\s*\)")
_SPRING = re.compile(r'@RequestMapping\(\s*(?:(?:value|path)\s*=\s*)?"([^"]*)"')
_SPRING_ROUTE = re.compile(
    r'@(Get|Post|Put|Patch|Delete)Mapping(?:\(\s*(?:(?:value|path)\s*=\s*)?"([^"]*)")?'
)
_GO_ROUTE = re.compile(
    r"\b(\w+)\.(GET|POST|PUT|PATCH|DELETE|Get|Post|Put|Patch|Delete|HandleFunc|Handle)"
    r'\(\s*"(?:([A-Z]+) )?(/[^"]*)"\s*,'
)
_GO_GROUP = re.compile(r'\b(\w+)\s*:?=\s*(\w+)\.Group\(\s*"(/[^"]*)"')
_GO_NESTED = re.compile(r'\.Route\(\s*"(/[^"]*)"\s*,\s*func')
_JS_ENV = re.compile(
    r"process\.env(?:\.(\w+)|\[[\"'](\w+)[\"']\])(?:\s*(?:\?\?|\|\|)\s*[\"'`]?([^\"'`\s;,)]*))?"
)
_JS_ENV_FIELDS = re.compile(r"\{([^{}]*)\}\s*=\s*process\.env\b(?![.\[])")
_NEST_ENV = re.compile(r"[cC]onfig\w*\.get\w*(?:<\w+>)?\(\s*[\"'`]([A-Z]\w*)[\"'`]")
_GO_ENV = re.compile(r'(?:Getenv|LookupEnv|[eE]nv\w*)\(\s*"([A-Z]\w*)"(?:\s*,\s*"([^"]*)")?')
_JAVA_ENV = re.compile(r'getenv\(\s*"(\w+)"|@Value\(\s*"\$\{([\w.-]+)(?::([^}]*))?\}"')
_TEMPLATE = re.compile(r"(?:`|\$\{[^}]*\})(/[\w/.-]*(?:\$\{[^}]*\}[\w/.-]*)*)[`?]")
_FORMAT = re.compile(r'"(?:%s)?(/[\w/.-]*%[sdv][\w/.-]*)"|"(/[\w/.-]*/)"\s*\+')
_SPRING_CALL = re.compile(r'(?:uri|getForObject|getForEntity|exchange)\(\s*\w*\s*\+?\s*"(/[^"]*)"')


_JDK_ROUTE = re.compile(r'\.createContext\(\s*"(/[^"]*)"')
_JDK_SERVES = re.compile(r"\bHttpServer\.create\(")
_JDK_CALL = re.compile(r'URI\.create\(\s*[\w.()]+\s*\+\s*"(/[^"]*/)"\s*\+')


def read_code(path: Path, name: str, text: str, found: Findings) -> None:
    """Read a file of code.

    Args:
        path: its ending says the language.
        name: what comments call it; a Python module's name is made of it.
        text: what stands in it.
        found: takes what is found.
    """
    match path.suffix:
        case ".py":
            read_python(name, text, found)
        case ".go":
            _read_go(name, text, found)
        case ".java" | ".kt":
            _read_spring(name, text, found)
        case ".js" | ".mjs" | ".cjs" | ".ts":
            _read_node(name, text, found)
        case _:
            for variable in re.findall(r"\b[A-Z][A-Z0-9_]*_(?:URL|URI|ENDPOINT)\b", text):
                found.variable(variable, "", name)
    if path.suffix != ".py":
        for route in _NODE_PATTERN.findall(text):
            found.route("GET", route.replace("\\", "") + "/{id}")


def _read_node(name: str, text: str, found: Findings) -> None:
    module = re.sub(r"(/index)?\.\w+$", "", name)
    _read_mounts(module, posixpath.dirname(name), text, found)
    prefixes = dict(_JS_PREFIXED.findall(text))
    for receiver, method, path, next_to in _JS_ROUTE.findall(text):
        if _CLIENTS.search(receiver) or (next_to == "{" and not _JS_SERVERS.search(receiver)):
            found.calls.setdefault(normal(re.sub(r"\$\{[^}]*\}", "{id}", path)))
        else:
            own = joined(prefixes.get(receiver, ""), path)
            found.mounts.route((module, receiver), "GET" if method == "all" else method, own)
    for receiver, path, method in _JS_CHAIN.findall(text):
        found.mounts.route((module, receiver), "GET" if method == "all" else method, path)
    for method, path in _JS_OBJECT.findall(text):
        found.mounts.route((module, ""), method, path)
    for field, fields in _JS_BODY.findall(text):
        for one in fields.split(",") if fields else [field]:
            found.body_fields.setdefault(re.split(r"[:=]", one)[0].strip())
    for path in _NODE_EQUAL.findall(text):
        found.route("GET", path)
    if controller := _NEST.search(text):
        for method, path in _NEST_ROUTE.findall(text):
            found.route(method, path, controller[1] or "")
    for plain, quoted, default in _JS_ENV.findall(text):
        found.variable(plain or quoted, default, name)
    for fields in _JS_ENV_FIELDS.findall(text):
        for one in fields.split(","):
            field, _, default = one.partition("=")
            if variable := field.partition(":")[0].strip():
                found.variable(variable, default.strip(" \n\"'`"), name)
    for variable in _NEST_ENV.findall(text):
        found.variable(variable, "", name)
    for path in _NODE_PREFIX.findall(text):
        found.route("GET", path + "{id}")
    if _NODE_SERVES.search(text) and not name.endswith(".ts"):  # which a build makes JavaScript of
        found.scripts.setdefault(name)
    for path in [*_TEMPLATE.findall(text), *(f"/{one}" for one in _RELATIVE.findall(text))]:
        found.calls.setdefault(normal(re.sub(r"\$\{[^}]*\}", "{id}", path)))


def _read_mounts(module: str, here: str, text: str, found: Findings) -> None:
    """Read where Express's, Koa's and Fastify's routers are mounted."""
    imported: dict[str, Router] = {}
    for names, place in _JS_IMPORT.findall(text):
        for one in re.findall(r"\w+", names):
            imported[one] = (_js_module(here, place), "")
    mounts = [(under, path, target) for under, path, *target in _JS_USE.findall(text)]
    mounts += [(under, path, target) for under, *target, path in _JS_REGISTER.findall(text)]
    for under, path, (place, named) in mounts:
        router = (_js_module(here, place), "") if place else imported.get(named, (module, named))
        found.mounts.mount(router, (module, under), path)
    for prefix in _NEST_PREFIX.findall(text):
        found.prefix = prefix


def _js_module(here: str, place: str) -> str:
    return re.sub(r"(/index)?(\.\w+)?$", "", posixpath.normpath(posixpath.join(here, place)))


def _read_spring(name: str, text: str, found: Findings) -> None:
    base = _SPRING.search(text)
    for method, path in _SPRING_ROUTE.findall(text):
        found.route(method, path, base[1] if base else "")
    for variable, key, default in _JAVA_ENV.findall(text):
        found.variable(variable or relaxed(key), default, name)
    for path in _SPRING_CALL.findall(text):
        found.calls.setdefault(normal(path))
    for path in _JDK_ROUTE.findall(text):  # one that ends in / takes what follows it, too
        found.route("GET", path + "{id}" if path.endswith("/") else path)
    if _JDK_SERVES.search(text) and "/" not in name:
        found.scripts.setdefault(name)
    for path in _JDK_CALL.findall(text):
        found.calls.setdefault(normal(path + "{id}"))


def _read_go(name: str, text: str, found: Findings) -> None:
    for group, under, path in _GO_GROUP.findall(text):
        found.mounts.mount((name, group), (name, under), path)
    blocks = list(_nested(text))
    for one in _GO_ROUTE.finditer(text):
        receiver, kind, method, path = one.groups()
        if not (_CLIENTS.search(receiver) and not kind.startswith("Handle")):
            for begin, end, prefix in reversed(blocks):
                path = joined(prefix, path) if begin < one.start() < end else path
            method = method or ("GET" if kind.startswith("Handle") else kind)
            if kind.startswith("Handle") and len(path) > 1 and path.endswith("/"):
                path += "{id}"  # net/http: it takes what follows it, too
            found.mounts.route((name, receiver), method, path)
    for variable, default in _GO_ENV.findall(text):
        found.variable(variable, default, name)
    for formatted, added in _FORMAT.findall(text):
        found.calls.setdefault(normal(re.sub(r"%[sdv]", "{id}", formatted or added + "{id}")))


def _nested(text: str) -> Iterator[tuple[int, int, str]]:
    """Return the blocks of chi's nested routers, the outer ones first, with their prefixes."""
    for one in _GO_NESTED.finditer(text):
        depth = 0
        for at in range(text.find("{", one.end()), len(text)):
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            if not depth:
                yield one.start(), at, one[1]
                break


def relaxed(key: str) -> str:
    """The variable that sets a property of Spring: users.base-url is USERS_BASEURL."""
    return key.replace(".", "_").replace("-", "").upper()
