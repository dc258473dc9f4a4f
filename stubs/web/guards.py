"""Middleware around every request: its caller's deadline, and errors that nobody foresaw."""

import asyncio
import traceback

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatrial.resilience import DEADLINE_HEADER, Deadline, deadline_scope
from stubs.tracing import Tracer
from stubs.web.problems import Problem

_DEADLINE = DEADLINE_HEADER.encode()
_MOMENT_S = 0.1


class DeadlineMiddleware:
    """Puts the calls that a request causes under its caller's deadline, and then stops its work.

    What is known already, or that it can't be known, may still be said: so the work is stopped a
    moment after the deadline, unless the answer has begun. Nobody waits for that answer, which is
    408: a 5xx would be counted against us. Nonsense in the header is ignored.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        for name, value in scope.get("headers", ()):
            if name == _DEADLINE:
                deadline = Deadline.from_header(value.decode("latin-1"))
                if deadline is not None:
                    await self._serve_until(deadline, scope, receive, send)
                    return
                break
        await self._app(scope, receive, send)

    async def _serve_until(
        self, deadline: Deadline, scope: Scope, receive: Receive, send: Send
    ) -> None:
        async def send_to_the_end(message: Message) -> None:
            if not timer.expired():
                timer.reschedule(None)
            await send(message)

        try:
            async with asyncio.timeout(deadline.remaining_s() + _MOMENT_S) as timer:
                with deadline_scope(deadline):
                    await self._app(scope, receive, send_to_the_end)
        except TimeoutError:
            if not timer.expired():
                raise
            problem = Problem(408, "The caller's deadline has passed; the work was stopped.")
            await problem.response()(scope, receive, send)


class FailureMiddleware:
    """Turns what nobody foresaw into a 500 without a word about its inside; the line has it.

    Args:
        app: what answers.
        tracer: where the line goes.
        down: errors that mean that the service's own database is down: those are a 503.
    """

    def __init__(
        self, app: ASGIApp, tracer: Tracer, down: tuple[type[Exception], ...] = ()
    ) -> None:
        self._app = app
        self._tracer = tracer
        self._down = down

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        begun = False

        async def send_watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_watched if scope["type"] == "http" else send)
        except Exception as error:
            self._tracer.event("request_failed", error="".join(traceback.format_exception(error)))
            if begun or scope["type"] != "http":
                raise
            await self._problem(error).response()(scope, receive, send)

    def _problem(self, error: Exception) -> Problem:
        if isinstance(error, self._down):
            return Problem(503, "The database is down.", headers={"retry-after": "1"})
        return Problem(500, "Something went wrong here; the trace id finds it in the log.")
