"""The real consumer as a judge: its own client, given an answer that nobody sent."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol
from unittest.mock import patch

import httpx

from seatrial.errors import UsageError
from seatrial.pacts.answers import Answer, HttpAnswer
from seatrial.pacts.local_http import quick_http
from seatrial.pacts.served import FRAMING, served

_TAKE_S = 2.0
"""The time that a consumer may take for one answer that is there at once."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """A consumer's reaction to an answer."""

    value: object = None
    error: str | None = None
    """The kind of error that it raised; None when it took the answer."""
    message: str = ""
    """The first line of the error."""
    verb: str = "raises"
    """For the consumer that has this error, in a sentence."""

    def same(self, other: "Reaction") -> bool:
        """Say whether the consumer went on the same way."""
        if self.error or other.error:
            return self.error == other.error
        return bool(self.value == other.value)


class Consumer(Protocol):
    """Somebody who reacts to an answer."""

    def ready(self) -> AbstractContextManager[None]:
        """Within this it can take answers."""
        ...

    async def take(self, answer: Answer) -> Reaction:
        """Give it an answer; it never has seen another one."""
        ...


class ClientConsumer:
    """A case's client, a new one for each answer: no cache, no breaker remembers the last one.

    A client that asks through httpx is answered without a network. Any other one finds the same
    answers at the address that it is given.
    """

    def __init__(self, case: Any) -> None:
        self._case = case
        self._answer = HttpAnswer(b"")
        self._asked = 0
        self._url = ""

    @contextlib.contextmanager
    def ready(self) -> Iterator[None]:
        """Let httpx's transports answer from here, and an address for all others."""
        with served(self._next) as self._url, quick_http(self._url), _answering(self._answered):
            yield

    async def take(self, answer: Answer) -> Reaction:
        """Make the case's call.

        Raises:
            UsageError: the client asked nobody.
        """
        assert isinstance(answer, HttpAnswer)
        self._answer, self._asked = answer, 0
        reaction = await _react(self._call)
        if not self._asked:
            raise UsageError(
                f"{self._case.subject}: its client asked nothing of the address that it was given"
                f"{f' ({reaction.error}: {reaction.message})' if reaction.error else ''}, "
                "so its reaction to other answers can't be measured"
            )
        return reaction

    async def _call(self) -> object:
        async with self._case.pair.connect(self._url) as client:
            return await self._case.call(client)

    def _next(self) -> HttpAnswer:
        self._asked += 1
        return self._answer

    def _answered(self, request: httpx.Request) -> httpx.Response:
        answer = self._next()
        kept = [pair for pair in answer.headers if pair[0].lower() not in FRAMING]
        return httpx.Response(answer.status, headers=kept, content=answer.body, request=request)


class HandlerConsumer:
    """A case's handler of a message."""

    def __init__(self, case: Any) -> None:
        self._case = case

    def ready(self) -> AbstractContextManager[None]:
        """A handler needs nothing."""
        return contextlib.nullcontext()

    async def take(self, answer: Answer) -> Reaction:
        """Let it handle a message."""
        return await _react(lambda: self._case.receive(answer.body))


async def _react(call: Callable[[], Any]) -> Reaction:
    try:
        async with asyncio.timeout(_TAKE_S):
            return Reaction(await call())
    except Exception as error:  # noqa: BLE001 - whatever it raises is what it made of the answer
        return Reaction(error=type(error).__name__, message=next(iter(str(error).splitlines()), ""))


@contextlib.contextmanager
def _answering(answered: Callable[[httpx.Request], httpx.Response]) -> Iterator[None]:
    """Let httpx's own transports answer from here, whoever makes them and however.

    A client under test can't be asked to take a transport from us. Nothing is opened, and no
    certificates are loaded.
    """

    async def asked(_: object, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return answered(request)

    def asked_plainly(_: object, request: httpx.Request) -> httpx.Response:
        request.read()
        return answered(request)

    plain: dict[str, Any] = {
        "__init__": _nothing,
        "__enter__": _self,
        "__exit__": _nothing,
        "close": _nothing,
    }
    awaited: dict[str, Any] = {
        "__init__": _nothing,
        "__aenter__": _self_later,
        "__aexit__": _later,
        "aclose": _later,
    }
    with (
        patch.multiple(httpx.HTTPTransport, handle_request=asked_plainly, **plain),
        patch.multiple(httpx.AsyncHTTPTransport, handle_async_request=asked, **awaited),
    ):
        yield


def _nothing(*_: object, **__: object) -> None: ...


async def _later(*_: object) -> None: ...


def _self(self: object) -> object:
    return self


async def _self_later(self: object) -> object:
    return self
