"""What stands around every request: its caller's deadline, and the end of what nobody foresaw."""

import traceback

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatrial.resilience.deadline import HEADER, Deadline, until
from stubs.tracing import Tracer
from stubs.web.problems import Problem

_DEADLINE = HEADER.encode()


class DeadlineMiddleware:
    """Puts the calls that a request causes under its caller's deadline; nonsense is ignored.

    The answer itself isn't cut off: what is known already may still be told.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        for name, value in scope.get("headers", ()):
            if name == _DEADLINE:
                with until(Deadline.from_header(value.decode("latin-1"))):
                    await self._app(scope, receive, send)
                return
        await self._app(scope, receive, send)


class FailureMiddleware:
    """Turns what nobody foresaw into a 500 without a word about its inside; the line has it.

    Args:
        app: what answers.
        tracer: where the line goes.
        away: errors that mean that the service's own database is away: those are a 503.
    """

    def __init__(
        self, app: ASGIApp, tracer: Tracer, away: tuple[type[Exception], ...] = ()
    ) -> None:
        self._app = app
        self._tracer = tracer
        self._away = away

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
        if isinstance(error, self._away):
            return Problem(503, "The database is away.", headers={"retry-after": "1"})
        return Problem(500, "Something went wrong here; the trace id finds it in the log.")
