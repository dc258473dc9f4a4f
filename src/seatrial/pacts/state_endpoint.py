"""The address that Pact asks for a state: a small ASGI application, for a port of its own."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from seatrial.errors import UsageError
from seatrial.loopback import web_page_refusal
from seatrial.pacts.asgi import (
    AsgiMessage,
    Receive,
    Send,
    answer,
    error_body,
    json_object,
    read_body,
)
from seatrial.pacts.states import States

T = TypeVar("T")
PATH = "/_pact/state"


class StateEndpoint(Generic[T]):
    """Answers Pact's own request: `POST /_pact/state` with `{state, params, action}`.

    The provider is reset before each interaction: before the first set-up after a tear-down or an
    error, so that several states of one interaction add up. The state "" is what Pact sends for an
    interaction that needs none. A handler that raises is answered 422, which the verifier takes at
    once; it repeats after a 500 for two minutes.
    """

    path: ClassVar[str] = PATH
    """Where it answers."""

    def __init__(
        self, states: States[T], provider: T, reset: Callable[[], Awaitable[None]]
    ) -> None:
        """Serve the states of a provider.

        Args:
            states: the handlers.
            provider: what they get.
            reset: brings the provider back to how it started, empty.
        """
        self._states = states
        self._provider = provider
        self._reset = reset
        self._clean = False
        """True where the provider was reset for the interaction that is being set up."""

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        """Be an ASGI application."""
        if problem := web_page_refusal(scope["headers"]):
            return await answer(send, 403, {"detail": problem})
        if (scope["method"], scope["path"]) != ("POST", PATH):
            return await answer(send, 404, {"detail": f"ask POST {PATH}"})
        status, body = await self._change(await read_body(receive))
        return await answer(send, status, body)

    async def _change(self, body: bytes) -> tuple[int, Mapping[str, Any]]:
        try:
            change = _parse(body)
            if change["action"] == "teardown":
                self._clean = False
                return 200, {}
            return 200, await self._set_up(change["state"], change.get("params") or {})
        except Exception as error:  # noqa: BLE001 - a handler's error goes to the verifier
            self._clean = False
            return 422, error_body(error)

    async def _set_up(self, state: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if not self._clean:
            await self._reset()
            self._clean = True
        if not state:
            return {}
        return await self._states.set_up(state, self._provider, params) or {}


def _parse(body: bytes) -> Mapping[str, Any]:
    change = json_object(body)
    if change.get("action") not in ("setup", "teardown"):
        raise UsageError('the body must be {"state": …, "params": {…}, "action": "setup|teardown"}')
    return {"state": "", **change}
