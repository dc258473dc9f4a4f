"""Pact's own mock servers: what they answer, and why they don't."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from seatrial.errors import UsageError, text_of
from seatrial.pacts.bodies import content_type_of, encoded
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.library import pact_ffi

MARK = "x-seatrial-place"
"""On a mock server's answer: the place of the interaction in the pact."""
_WORN_OUT = 2_000
"""A mock server keeps every request, 3 kB each, and is started again after this many."""
_WORN_OUT_TELLING = 50
"""One that is asked why is started again sooner: it tells of all its requests each time."""
_STATUSES = range(100, 600)
_MARK = MARK.encode()
_REQUEST, _RESPONSE = pact_ffi.InteractionPart.REQUEST, pact_ffi.InteractionPart.RESPONSE


class MockServer:
    """Serves some interactions of a pact, on loopback, from threads of its own."""

    def __init__(self, interactions: Sequence[tuple[int, Interaction]], where: str) -> None:
        """Start it.

        Args:
            interactions: each with its place in the pact.
            where: the file, for errors.

        Raises:
            UsageError: Pact's core can't take an interaction, or can't serve it.
        """
        self._pact = pact_ffi.new_pact("consumer", "provider")
        pact_ffi.with_specification(self._pact, pact_ffi.PactSpecification.V4)
        for place, interaction in interactions:
            try:
                _write(self._pact, place, interaction)
            except RuntimeError as error:
                raise UsageError(
                    f"{where}: {interaction.subject!r} can't be served: {error}"
                ) from None
        self._where = where
        self._untyped = dict(map(_untyped, interactions))
        """Place → the type of the body that its request has without saying so in a header."""
        self._server = self._start()
        self._asked = 0
        self._told = 0

    def _start(self) -> Any:
        try:
            return pact_ffi.create_mock_server_for_transport(
                self._pact, "127.0.0.1", 0, "http", None
            )
        except RuntimeError as error:
            raise UsageError(f"{self._where} can't be served: {error}") from None

    async def ask(self, client: httpx.AsyncClient, request: "ReceivedRequest") -> "MockAnswer":
        """Pass a request on.

        Raises:
            UsageError: it can't be passed on, or isn't taken for HTTP.
        """
        answer = await self._ask(client, request)
        if answer.place is not None or not request.body or request.has_type:
            return answer
        # The core asks for the header of every body that it is given, whether the pact does or not.
        for kind in {kind for kind in self._untyped.values() if kind}:
            other = await self._ask(client, request.typed(kind))
            if other.place is not None and self._untyped.get(other.place) == kind:
                return other
        return answer

    async def _ask(self, client: httpx.AsyncClient, request: "ReceivedRequest") -> "MockAnswer":
        self._asked += 1
        if self._asked > _WORN_OUT:
            self._server, self._asked, self._told = self._start(), 0, 0
        server = self._server  # it lives until its last request is answered
        try:
            answer = await client.send(request.to(server.port), stream=True)
            # As it was sent: httpx would take a content encoding off, and leave its header.
            body = b"".join([part async for part in answer.aiter_raw()])
        except (httpx.InvalidURL, httpx.HTTPError, ValueError) as error:
            reason = text_of(error)
            raise UsageError(f"Pact can't be asked {request.shown}: {reason}") from error
        return MockAnswer(answer.status_code, answer.headers.raw, body).at(server.port, request)

    async def differences(
        self, client: httpx.AsyncClient, request: "ReceivedRequest"
    ) -> Sequence[Mapping[str, Any]] | None:
        """The fault of a request; None when it meets no interaction at all.

        Raises:
            UsageError: as `ask`.
        """
        if self._asked >= _WORN_OUT_TELLING:
            self._server, self._asked, self._told = self._start(), 0, 0
        kind = next(iter(self._untyped.values()), None)
        typed = request.typed(kind) if kind and request.body and not request.has_type else request
        await self._ask(client, typed)
        found = pact_ffi.mock_server_mismatches(self._server)
        of_this, self._told = found[self._told :], len(found)
        last = of_this[-1] if of_this else {}
        return last.get("mismatches") if last.get("type") == "request-mismatch" else None


@dataclass(frozen=True, slots=True)
class MockAnswer:
    """The answer of a mock server, byte for byte."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    @property
    def place(self) -> int | None:
        """The place of the interaction in the pact; None when none was met."""
        return next((int(v) for name, v in self.headers if name.lower() == _MARK), None)

    def at(self, port: int, request: "ReceivedRequest") -> "MockAnswer":
        """The same with the address that was asked, where the core generated its own."""
        own, asked = b"http://127.0.0.1:%d" % port, request.origin
        headers = [(name, value.replace(own, asked)) for name, value in self.headers]
        return MockAnswer(self.status, headers, self.body.replace(own, asked))


class ReceivedRequest:
    """A request as it came."""

    def __init__(
        self,
        method: str,
        target: bytes,
        headers: Sequence[tuple[bytes, bytes]],
        body: bytes,
        origin: bytes = b"http://localhost",
    ) -> None:
        self.method = method
        self.origin = origin
        self.target = target
        self.headers = headers
        self.body = body

    @property
    def shown(self) -> str:
        """Method and target, as people write them."""
        return f"{self.method} {self.target.decode('latin-1')}"

    @property
    def path(self) -> str:
        """The path as it was sent, without the query."""
        return self.target.partition(b"?")[0].decode("latin-1")

    @property
    def has_type(self) -> bool:
        """True where it says what its body is."""
        return any(name.lower() == b"content-type" for name, _ in self.headers)

    def typed(self, kind: str) -> "ReceivedRequest":
        """The same, saying what its body is."""
        headers = [*self.headers, (b"content-type", kind.encode())]
        return ReceivedRequest(self.method, self.target, headers, self.body, self.origin)

    def to(self, port: int) -> httpx.Request:
        """The same for another server; httpx adds the host and the length, and nothing else."""
        url = httpx.URL(scheme="http", host="127.0.0.1", port=port, raw_path=self.target)
        return httpx.Request(self.method, url, headers=list(self.headers), content=self.body)


def _write(pact: Any, place: int, interaction: Interaction) -> None:
    """Hand an interaction to Pact's core, as it stands in the file."""
    request, response = interaction.document["request"], interaction.document["response"]
    handle = pact_ffi.new_interaction(pact, f"{place}")
    pact_ffi.with_request(handle, request.get("method", "GET"), str(request.get("path", "/")))
    for name, values in (request.get("query") or {}).items():
        for index, value in enumerate(values):
            pact_ffi.with_query_parameter_v2(handle, name, index, _as_text(value or ""))
    status = int(response["status"])
    if status not in _STATUSES:
        raise RuntimeError(f"{status} isn't a status of HTTP, which are 100 to 599")
    pact_ffi.response_status(handle, status)
    pact_ffi.with_header_v2(handle, _RESPONSE, MARK, 0, f"{place}")
    for part, document in ((_REQUEST, request), (_RESPONSE, response)):
        for name, values in (document.get("headers") or {}).items():
            if part is _RESPONSE and name.lower() == "content-length":
                continue  # the body is written in another way, and its length is another one
            for index, value in enumerate([values] if isinstance(values, str) else values):
                pact_ffi.with_header_v2(handle, part, name, index, _as_text(value))
        body = document.get("body")
        contents = encoded(body)
        if body is not None and (contents or part is _RESPONSE):
            pact_ffi.with_binary_body(handle, part, content_type_of(body), contents)
        if document.get("generators"):
            pact_ffi.with_generators(handle, part, json.dumps(document["generators"]))
    if request.get("matchingRules"):
        pact_ffi.with_matching_rules(handle, _REQUEST, json.dumps(request["matchingRules"]))


def _as_text(value: str) -> str:
    """A value for the core, which takes a text that is a JSON object for a matcher."""
    return json.dumps({"value": value}) if value.lstrip().startswith("{") else value


def _untyped(member: tuple[int, Interaction]) -> tuple[int, str | None]:
    place, interaction = member
    request = interaction.document["request"]
    typed = any(name.lower() == "content-type" for name in request.get("headers") or {})
    body = request.get("body")
    return place, content_type_of(body) if body is not None and not typed else None


def takes_no_body(interaction: Interaction) -> bool:
    """Say whether the body of its request is null: the core's mock servers can't be told so."""
    body = interaction.document["request"].get("body")
    return body is not None and body.get("content") is None
