"""Pact's own mock servers: what they answer, and why they don't."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from seatrial.errors import UsageError
from seatrial.pacts.bodies import content_type_of, encoded
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.library import pact_ffi

MARK = "x-seatrial-place"
"""On a mock server's answer: the place of the interaction in the pact."""
_WORN_OUT = 2_000
"""A mock server keeps every request, 3 kB each, and is made anew after so many."""
_WORN_OUT_TELLING = 50
"""One that is asked why is made anew sooner: it tells of all its requests each time."""
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
        self._asked += 1
        if self._asked > _WORN_OUT:
            self._server, self._asked, self._told = self._start(), 0, 0
        server = self._server  # it lives until its last request is answered
        try:
            answer = await client.send(request.to(server.port), stream=True)
            # As it was sent: httpx would take a content encoding off, and leave its header.
            body = b"".join([part async for part in answer.aiter_raw()])
        except (httpx.InvalidURL, httpx.HTTPError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise UsageError(f"Pact can't be asked {request.shown}: {reason}") from error
        return MockAnswer(answer.status_code, answer.headers.raw, body)

    async def differences(
        self, client: httpx.AsyncClient, request: "ReceivedRequest"
    ) -> Sequence[Mapping[str, Any]] | None:
        """What is wrong with a request; None when it meets no interaction at all.

        Raises:
            UsageError: as `ask`.
        """
        if self._asked >= _WORN_OUT_TELLING:
            self._server, self._asked, self._told = self._start(), 0, 0
        await self.ask(client, request)
        found = pact_ffi.mock_server_mismatches(self._server)
        of_this, self._told = found[self._told :], len(found)
        last = of_this[-1] if of_this else {}
        return last.get("mismatches") if last.get("type") == "request-mismatch" else None


@dataclass(frozen=True, slots=True)
class MockAnswer:
    """What a mock server answered, byte for byte."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    @property
    def place(self) -> int | None:
        """The place of the interaction in the pact; None when none was met."""
        return next((int(v) for name, v in self.headers if name.lower() == _MARK), None)


class ReceivedRequest:
    """A request as it came."""

    def __init__(
        self, method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> None:
        self.method = method
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
            pact_ffi.with_query_parameter_v2(handle, name, index, value or "")
    pact_ffi.response_status(handle, int(response["status"]))
    pact_ffi.with_header_v2(handle, _RESPONSE, MARK, 0, f"{place}")
    for part, document in ((_REQUEST, request), (_RESPONSE, response)):
        for name, values in (document.get("headers") or {}).items():
            for index, value in enumerate([values] if isinstance(values, str) else values):
                pact_ffi.with_header_v2(handle, part, name, index, value)
        body = document.get("body")
        if body is not None:
            contents = encoded(body)
            pact_ffi.with_binary_body(handle, part, content_type_of(body), contents)
        if document.get("generators"):
            pact_ffi.with_generators(handle, part, json.dumps(document["generators"]))
    if request.get("matchingRules"):
        pact_ffi.with_matching_rules(handle, _REQUEST, json.dumps(request["matchingRules"]))
