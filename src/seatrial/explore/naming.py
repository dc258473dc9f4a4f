"""Names that are the same in every run: of operations, and of the ids that a run makes up.

A run's ids differ from the next one's. So a value that looks like an id is named by where the run
first showed it, `<POST /users.id>`; one that every run shows, as an entity of a fixture, stands
for itself; and one that came from nowhere is `*`.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_WHOLE_UUID = re.compile(_UUID)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_ADDRESS = re.compile(r"(127\.0\.0\.1|localhost):\d+")
_TOKEN = re.compile(rf"{_UUID}|[A-Za-z0-9_-]+")
_ID_LENGTH = 6
"""A shorter token with a digit in it is a word of the system, as `v1` or `book2`."""
_ID_KEY = re.compile(r"(?:^|_)(?:id|ids|uuid|key)$|(?:Id|Ids|Uuid|Key)$")
_EPOCH_S = 1_000_000_000
"""A number this large is a time."""
ANYTHING = "*"


def looks_like_id(token: str) -> bool:
    """Return True if a word has the form of an id, and not that of a name."""
    if len(token) < _ID_LENGTH:
        return False
    return any(map(str.isdigit, token)) or _WHOLE_UUID.fullmatch(token) is not None


class Template:
    """A route as a contract or an edge declares it, such as `/users/{id}/card`."""

    def __init__(self, method: str, path: str) -> None:
        """Take what is declared."""
        self.method, self.path = method, path
        self.names = path.count("{")
        parts = re.split(r"(\{[^}]*\})", path)
        pattern = "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts)
        self._pattern = re.compile(pattern)

    def covers(self, method: str, path: str) -> bool:
        """Return True if a request is one of this route."""
        return method == self.method and self._pattern.fullmatch(path) is not None


class Aliases:
    """The ids of one run."""

    def __init__(self, fixed: Iterable[str] = (), templates: Sequence[Template] = ()) -> None:
        """Begin a run.

        Args:
            fixed: ids that every run shows.
            templates: routes that are declared.
        """
        self.fixed = frozenset(fixed)
        self.seen: set[str] = set()
        self._templates = sorted(templates, key=lambda one: one.names)
        self._origins: dict[str, str] = {}
        self._messages: Counter[str] = Counter()

    def continued(self) -> "Aliases":
        """Return those of what comes next in the same run: its names go on from these."""
        found = Aliases(self.fixed, self._templates)
        found._origins = dict(self._origins)
        found._messages = Counter(self._messages)
        return found

    def learn(self, origin: str, content: Any) -> None:
        """Name the new ids of a message by where they stand in it.

        Args:
            origin: the message; the second with new ids is called `origin#2`.
            content: its body.
        """
        shown = list(_ids(content, ""))
        self.seen.update(token for _, token in shown)
        found = [(place, token) for place, token in shown if token not in self.fixed]
        if all(token in self._origins for _, token in found):
            return
        self._messages[origin] += 1
        number = self._messages[origin]
        message = origin if number == 1 else f"{origin}#{number}"
        for place, token in found:
            self._origins.setdefault(token, f"<{message}{place}>")

    def named(self, token: str) -> str:
        """Return an id's name."""
        self.seen.add(token)
        if token in self.fixed:
            return token
        return self._origins.get(token, ANYTHING)

    def operation(self, method: str, path: str) -> str:
        """Return method and route template of a request."""
        for template in self._templates:
            if template.covers(method, path):
                return f"{method} {template.path}"
        parts = [unquote(part) for part in path.split("/")]
        return f"{method} {'/'.join('{id}' if self._is_id(part) else part for part in parts)}"

    def about(self, method: str, path: str, query: str) -> str:
        """Return what a request asks for, besides its operation."""
        template = self.operation(method, path).partition(" ")[2].split("/")
        parts = [unquote(part) for part in path.split("/")]
        named = [
            self.text(part, key=True)
            for part, place in zip(parts, template, strict=False)
            if "{" in place
        ]
        given = sorted(parse_qsl(query, keep_blank_values=True))
        named += [f"{name}={self.text(value)}" for name, value in given]
        return ", ".join(named)

    def template(self, text: str) -> tuple[str, str]:
        """Return a text, such as a key, with `{id}` in place of its ids, and what these are called.

        An id that every run shows may be a word, so it stays where it is.
        """
        names = []

        def replaced(found: re.Match[str]) -> str:
            token = found[0]
            if not self._is_id(token) or (name := self.named(token)) == token:
                return token
            names.append(name)
            return "{id}"

        return _TOKEN.sub(replaced, text), ", ".join(names)

    def _is_id(self, part: str) -> bool:
        return part.isdigit() or part in self._origins or looks_like_id(part)

    def text(self, value: str, *, key: bool = False) -> str:
        """Return a text with its ids named.

        Args:
            value: the text.
            key: all of it is an id, also where it doesn't look like one.
        """
        if key and (value.isdigit() or value in self._origins):
            return self.named(value)
        value = _ADDRESS.sub("<address>", _TIME.sub("<time>", value))
        return _TOKEN.sub(
            lambda found: self.named(found[0]) if looks_like_id(found[0]) else found[0], value
        )

    def canonical(self, content: Any) -> str:
        """Return a message in one line, with its ids named and its times left out."""
        if isinstance(content, str):
            return self.text(content)
        return json.dumps(self._canonical(content, key=False), sort_keys=True)

    def _canonical(self, content: Any, *, key: bool) -> Any:
        if isinstance(content, dict):
            return {
                self.text(name): self._canonical(value, key=_ID_KEY.search(name) is not None)
                for name, value in content.items()
            }
        if isinstance(content, list):
            return [self._canonical(one, key=key) for one in content]
        if isinstance(content, str):
            return self.text(content, key=key)
        if isinstance(content, bool) or content is None:
            return content
        if key:
            return self.named(str(content))
        return "<time>" if abs(content) >= _EPOCH_S else content


def _ids(content: Any, place: str, *, key: bool = False) -> Iterator[tuple[str, str]]:
    if isinstance(content, dict):
        for number, (name, value) in enumerate(content.items()):
            yield from ((f"{place}[{number}]", token) for token in _tokens(name))
            yield from _ids(value, f"{place}.{name}", key=_ID_KEY.search(name) is not None)
    elif isinstance(content, list):
        for number, one in enumerate(content):
            yield from _ids(one, f"{place}[{number}]", key=key)
    elif isinstance(content, str):
        found = _tokens(content) | ({content} if key and content else set())
        yield from ((place, token) for token in sorted(found))
    elif key and isinstance(content, int) and not isinstance(content, bool):
        yield place, str(content)


def _tokens(text: str) -> set[str]:
    plain = _ADDRESS.sub("", _TIME.sub("", text))
    return {token for token in _TOKEN.findall(plain) if looks_like_id(token)}


def ids_of(content: Any) -> Iterator[tuple[str, str]]:
    """Yield the ids that a message calls so, with their places: `id`, `charge_id`, `orderUuid`."""
    for place, token in _ids(content, ""):
        if _ID_KEY.search(place.rpartition(".")[2].partition("[")[0]):
            yield place, token


def leaves(content: Any) -> Iterator[str]:
    """Yield the texts and whole numbers of a message, as texts."""
    if isinstance(content, dict):
        content = list(content.values())
    if isinstance(content, list):
        for one in content:
            yield from leaves(one)
    elif isinstance(content, str | int) and not isinstance(content, bool) and content != "":
        yield str(content)


def content_of(body: bytes) -> Any:
    """Return a body as JSON where it is some, else as text; "" where there is none."""
    if not body:
        return ""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
