"""The requests that an edge's calls make, told from all others on its wire."""

import re
from urllib.parse import unquote

from seatrial.config import Request
from seatrial.tap import Entry, Match


class Upstream:
    """Knows a declared request again, and which entity it asks for."""

    def __init__(self, request: Request) -> None:
        """Take the request as it is declared, with {id} in its path."""
        self._method = request.method
        self._path = re.compile(re.escape(request.path).replace(r"\{id\}", "([^/]+)"))

    @property
    def match(self) -> Match:
        """These requests, for a rule of a plan or a hold."""
        return Match(method=self._method, path=self._path.pattern)

    def entity_of(self, entry: Entry) -> str | None:
        """The entity that a request asks for; None where it is another request."""
        found = self._path.fullmatch(entry.path)
        if found is None or entry.method != self._method:
            return None
        return unquote(found[1]) if found.groups() else ""
