"""An httpx transport that plays a script: one step for each request that arrives.

transport = ScriptedTransport(503, httpx.ConnectError("refused"), After(9, 200))
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

import httpx

Handler = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


@dataclass(frozen=True, slots=True)
class After:
    """Wait `seconds` on the loop's clock, then play `step`."""

    seconds: float
    step: Step


@dataclass(frozen=True, slots=True)
class Dripping:
    """Answer 200 with `body`, one byte every `every_s` seconds on the loop's clock."""

    body: bytes
    every_s: float


Step = int | httpx.Response | Exception | After | Dripping | Handler
"""A status, a whole answer, an exception to raise, a wait, a dripping body, or a function."""


class _Drip(httpx.AsyncByteStream):
    """A body that comes byte by byte; `give_up` is called if it is closed before its end."""

    def __init__(self, drip: Dripping, give_up: Callable[[], None]) -> None:
        self._drip = drip
        self._give_up: Callable[[], None] | None = give_up

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        for at in range(len(self._drip.body)):
            await asyncio.sleep(self._drip.every_s)
            yield self._drip.body[at : at + 1]
        self._give_up = None

    async def aclose(self) -> None:
        if self._give_up is not None:
            self._give_up()
            self._give_up = None


class ScriptedTransport(httpx.AsyncBaseTransport):
    """Plays one step a request, then `then` for ever.

    Args:
        steps: what happens to the first requests, in order.
        then: what happens to all others; a request without a step is an AssertionError.

    Attributes:
        requests: every request that arrived.
        times_s: when each arrived, on the loop's clock.
        aborted: requests whose caller gave up before the answer was whole.
    """

    def __init__(self, *steps: Step, then: Step | None = None) -> None:
        self._steps = list(steps)
        self._then = then
        self.requests: list[httpx.Request] = []
        self.times_s: list[float] = []
        self.aborted = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Play the next step."""
        self.requests.append(request)
        self.times_s.append(asyncio.get_running_loop().time())
        step = self._steps.pop(0) if self._steps else self._then
        if step is None:
            raise AssertionError(f"no step left in the script for {request.method} {request.url}")
        try:
            return await self._play(step, request)
        except asyncio.CancelledError:
            self._count_aborted()
            raise

    async def _play(self, step: Step, request: httpx.Request) -> httpx.Response:
        if isinstance(step, After):
            await asyncio.sleep(step.seconds)
            return await self._play(step.step, request)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, int):
            return httpx.Response(step, request=request)
        if isinstance(step, httpx.Response):
            return step
        if isinstance(step, Dripping):
            stream = _Drip(step, self._count_aborted)
            return httpx.Response(200, stream=stream, request=request)
        answer = step(request)
        return answer if isinstance(answer, httpx.Response) else await answer

    def _count_aborted(self) -> None:
        self.aborted += 1
