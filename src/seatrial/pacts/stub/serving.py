"""A pact's interactions as an application, and its states as another one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import httpx

from seatrial.errors import UsageError
from seatrial.pacts.asgi import (
    AsgiMessage,
    Receive,
    Send,
    answer,
    json_object,
    read_body,
    refuse_other_protocol,
)
from seatrial.pacts.bodies import content_type_of
from seatrial.pacts.files import PactFile
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import HTTP, MESSAGE
from seatrial.pacts.message import METADATA_HEADER, encode_metadata
from seatrial.pacts.messages import PATH as MESSAGES_PATH
from seatrial.pacts.state_endpoint import PATH as STATES_PATH
from seatrial.pacts.stub.mocks import MARK, MockAnswer, ReceivedRequest, takes_no_body
from seatrial.pacts.stub.nearest import Nearest
from seatrial.pacts.stub.routes import GroupMocks
from seatrial.pacts.stub.selection import Group, States, StateSelection, groups_of, tiers

STATE_HEADER = "x-pact-state"
"""Selects a state for one request, whatever is selected; percent-encoded, and may be repeated."""
_SERVED = "x-seatrial-interaction"
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=50)
_TOLD = 3
"""The number of differences in the sentence; all are next to it."""
_HOP = frozenset((b"connection", b"keep-alive", b"transfer-encoding", b"content-length", b"host"))
_MOCKS_OWN = frozenset(
    (
        "access-control-allow-credentials",
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-allow-origin",
        "access-control-expose-headers",
        "content-length",
        "date",
    )
)
"""Headers that a mock server adds of its own."""


@dataclass(frozen=True)
class ServedMatch:
    """An interaction that answered."""

    interaction: Interaction
    answer: MockAnswer


class PactStub:
    """Answers requests as a pact says, in the states that are selected."""

    def __init__(self, pact: PactFile) -> None:
        """Hand the pact to Pact's mock servers.

        Raises:
            UsageError: it can't be served.
        """
        self.pact = pact
        self._groups = groups_of(pact)
        where = str(pact.path)
        self._mocks = {id(g): GroupMocks(g, where) for g in self._groups}
        # Plain HTTP on loopback: no certificates, which take longer to load than all else here.
        self._client = httpx.AsyncClient(trust_env=False, verify=False, limits=_LIMITS)  # noqa: S501
        self._nearest = Nearest(pact, self._client)
        known = {name for one in pact.interactions for name in one.state_names}
        self.selection = StateSelection(frozenset(known))

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        """Be an ASGI application."""
        if scope["type"] != "http":
            await refuse_other_protocol(scope, send)
            return
        try:
            asked, selected = self._read(scope, await read_body(receive))
            match = await self._choose(asked, selected)
            if match is not None:
                await _pass_on(send, match)
            elif asked.method == "GET" and asked.path == "/health/live":
                await answer(send, 200, {"status": "ok", "pact": str(self.pact.path)})
            else:
                await self._explain(send, asked, selected)
        except UsageError as error:
            await self._refuse(send, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a sentence
            await self._refuse(send, f"the stub failed: {type(error).__name__}: {error}")

    async def _choose(self, asked: ReceivedRequest, selected: States) -> ServedMatch | None:
        """The interaction that answers, in the fittest of its states.

        Raises:
            UsageError: several do, and nothing says which is meant.
        """
        for tier in tiers(self._groups, selected):
            found = await self._matching(tier, asked)
            if len(found) > 1:
                raise UsageError(_ambiguous(asked, found))
            if found:
                return found[0]
        return None

    async def close(self) -> None:
        """Close the connections to the mock servers."""
        await self._client.aclose()

    def _read(self, scope: AsgiMessage, body: bytes) -> tuple[ReceivedRequest, States]:
        headers: list[tuple[bytes, bytes]] = []
        selected: dict[str, Mapping[str, Any]] = {}
        for name, value in scope["headers"]:
            if name == STATE_HEADER.encode():
                state = unquote(value.decode("latin-1"))
                self.selection.require(state)
                selected[state] = self.selection.states.get(state, {})
            elif name not in _HOP:
                headers.append((name, value))
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        host = next((value for name, value in scope["headers"] if name == b"host"), b"localhost")
        origin = str(scope.get("scheme") or "http").encode() + b"://" + host
        asked = ReceivedRequest(scope["method"], target, headers, body, origin)
        return asked, selected or self.selection.states

    async def _matching(self, groups: Sequence[Group], asked: ReceivedRequest) -> list[ServedMatch]:
        found = []
        for group in groups:
            mock = self._mocks[id(group)].that_can_answer(asked)
            reply = await mock.ask(self._client, asked) if mock else None
            if reply is None or reply.place is None:
                continue
            interaction = self.pact.interactions[reply.place]
            if not (asked.body and takes_no_body(interaction)):
                found.append(ServedMatch(interaction, reply))
        return found

    async def _explain(self, send: Send, asked: ReceivedRequest, selected: States) -> None:
        """Say what stands nearest: the same request in another state, or another request."""
        allowed = [id(group) for tier in tiers(self._groups, selected) for group in tier]
        others = [group for group in self._groups if id(group) not in allowed]
        if elsewhere := await self._matching(others, asked):
            named = " or ".join(_called(match.interaction) for match in elsewhere)
            detail = (
                f"{asked.shown} is {named}, and the stub is in {_told(selected)}; select the "
                f"state, or send its name in the header {STATE_HEADER}"
            )
            await self._refuse(send, detail)
            return
        near = await self._nearest.find(asked)
        detail = (
            f"no interaction of {self.pact.path.name} is {asked.shown}; the nearest is "
            f"{_called(near.interaction)}: {'; '.join(near.differences[:_TOLD])}"
        )
        nearest = _called(near.interaction)
        await self._refuse(send, detail, nearest=nearest, differences=near.differences)

    async def _refuse(self, send: Send, detail: str, **more: object) -> None:
        problem = {"type": "about:blank", "title": "Not in the pact", "status": 500}
        body = {**problem, "detail": detail, "selected": dict(self.selection.states), **more}
        await answer(send, 500, body, {"content-type": "application/problem+json"})


async def _pass_on(send: Send, match: ServedMatch) -> None:
    """Answer as the mock server did, without what it adds of its own."""
    lines = [
        (name, value)
        for name, value in match.answer.headers
        if (plain := name.decode("latin-1").lower()) not in _MOCKS_OWN and plain != MARK
    ]
    # A mock server puts its own value before the pact's.
    lines += [
        (name.lower().encode(), value.encode())
        for name, value in HTTP.example(match.interaction).headers
        if name.lower() in _MOCKS_OWN - {"content-length"}
    ]
    lines.append((_SERVED.encode(), quote(match.interaction.name).encode()))
    lines.append((b"content-length", str(len(match.answer.body)).encode()))
    status = match.answer.status
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": match.answer.body})


def _called(interaction: Interaction) -> str:
    return repr(interaction.name)


def _told(selected: States) -> str:
    return " and ".join(map(repr, selected)) or "no state"


def _ambiguous(asked: ReceivedRequest, found: Sequence[ServedMatch]) -> str:
    named = " and ".join(_called(match.interaction) for match in found)
    return f"{asked.shown} is {named}; select the state of one, or name it in {STATE_HEADER}"


_Answered = tuple[int, Mapping[str, object] | bytes, Mapping[str, str]]


class StatesApp:
    """Selects states, in Pact's own request format, and gives messages; on a port of its own."""

    def __init__(self, stub: PactStub) -> None:
        self._stub = stub

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        """Be an ASGI application."""
        if scope["type"] != "http":
            await refuse_other_protocol(scope, send)
            return
        try:
            status, body, headers = await self._answer(scope, receive)
        except UsageError as error:
            status, body, headers = 422, {"detail": str(error)}, {}
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a sentence
            sentence = f"the stub failed: {type(error).__name__}: {error}"
            status, body, headers = 500, {"detail": sentence}, {}
        await answer(send, status, body, headers)

    async def _answer(self, scope: AsgiMessage, receive: Receive) -> _Answered:
        asked = (scope["method"], scope["path"])
        if asked == ("GET", STATES_PATH):
            selection = self._stub.selection
            return 200, {"selected": selection.states, "known": sorted(selection.known)}, {}
        if asked == ("POST", STATES_PATH):
            self._change(json_object(await read_body(receive)))
            return 200, {}, {}
        if asked == ("POST", MESSAGES_PATH):
            described = json_object(await read_body(receive)).get("description")
            return self._message(str(described))
        detail = f"ask GET or POST {STATES_PATH}, or POST {MESSAGES_PATH}"
        return 404, {"detail": detail}, {}

    def _change(self, change: Mapping[str, object]) -> None:
        name, params = str(change.get("state") or ""), change.get("params") or {}
        if not isinstance(params, dict):
            raise UsageError("params must be a JSON object")
        selection = self._stub.selection
        if not name:
            selection.clear()
        elif change.get("action") == "teardown":
            selection.leave(name)
        else:
            selection.select(name, params)

    def _message(self, description: str) -> _Answered:
        for interaction in self._stub.pact.interactions:
            if interaction.type == MESSAGE.type and interaction.description == description:
                sent = MESSAGE.example(interaction)
                kind = content_type_of(interaction.document.get("contents") or {})
                metadata = encode_metadata(sent.metadata)
                return 200, sent.body, {"content-type": kind, METADATA_HEADER: metadata}
        raise UsageError(f"the pact has no message {description!r}")
