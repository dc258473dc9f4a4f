"""An httpx transport that plays a script: one step for each request that arrives.

transport = ScriptedTransport(503, httpx.ConnectError("refused"), After(9, 200))
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
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
    def __init__(self, drip: Dripping) -> None:
        self._drip = drip
        self.closed = False

    async def __aiter__(self):  # type: ignore[no-untyped-def]
        for at in range(len(self._drip.body)):
            await asyncio.sleep(self._drip.every_s)
            yield self._drip.body[at : at + 1]

    async def aclose(self) -> None:
        self.closed = True


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
            self.aborted += 1
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
            return httpx.Response(200, stream=_Drip(step), request=request)
        answer = step(request)
        return answer if isinstance(answer, httpx.Response) else await answer
