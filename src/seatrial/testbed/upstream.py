"""The requests that an edge's calls make, distinguished from all others on its wire."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from seatrial.config import DeclaredRequest
from seatrial.tap import JournalEntry, Match


class Upstream:
    """Knows a declared request again, and which entity it asks for."""

    def __init__(self, request: DeclaredRequest) -> None:
        """Take the request as it is declared, with {id} in its path or query, or in neither."""
        self.names_entity = request.names_entity
        self.in_path = "{id}" in request.path
        self._method = request.method
        self._path = _pattern(request.path, "([^/]+)")
        self._query = {name: _pattern(value, "(.+)") for name, value in request.query.items()}

    @property
    def match(self) -> Match:
        """These requests, for a rule of a plan or a hold."""
        query = {name: pattern.pattern for name, pattern in self._query.items()}
        return Match(method=self._method, path=self._path.pattern, query=query)

    def entity_of(self, entry: JournalEntry) -> str | None:
        """The entity that a request asks for, "" where it doesn't say; None: another request."""
        query = dict(parse_qsl(entry.query, keep_blank_values=True))
        return self.entity_in(entry.method, entry.path, query)

    def entity_in(self, method: str, path: str, given: Mapping[str, str]) -> str | None:
        """The same of a request by its parts; its path is raw, its query decoded."""
        found = self._path.fullmatch(path)
        if found is None or method.upper() != self._method:
            return None
        entity = unquote(found[1]) if found.groups() else ""
        for name, pattern in self._query.items():
            value = pattern.fullmatch(given.get(name, ""))
            if value is None:
                return None
            entity = value[1] if value.groups() else entity
        return entity


def _pattern(text: str, entity: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\{id\}", entity))
