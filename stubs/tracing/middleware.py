"""Gives each request its trace: in, out on the answer, and in the lines in between."""

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stubs.tracing.context import current_trace_id, incoming_trace_id, traced
from stubs.tracing.telemetry import exporting, finish_server_span, server_span, under
from stubs.tracing.tracer import Tracer
from stubs.tracing.w3c import carried_context

Finished = Callable[[Scope, int, float], None]


class TraceMiddleware:
    """Sets the trace id, adds `x-trace-id` to the answer, writes start and finish.

    Args:
        app: what answers.
        tracer: where the lines go.
        finished: called with the scope, the status (0: nothing was answered) and the seconds taken.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        app: ASGIApp,
        tracer: Tracer,
        finished: Finished,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._tracer = tracer
        self._finished = finished
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request inside its trace."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with (
            traced(incoming_trace_id(scope["headers"])),
            under(carried_context(scope["headers"])),
        ):
            if exporting():
                await self._serve_in_span(scope, receive, send)
            else:
                await self._serve(scope, receive, send)

    async def _serve_in_span(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 0

        async def send_watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        with server_span(scope["method"], scope["path"]) as span:
            span.set_attribute("x_trace_id", current_trace_id() or "")
            try:
                await self._serve(scope, receive, send_watched)
            finally:
                route = getattr(scope.get("route"), "path", None)
                finish_server_span(span, scope["method"], route, status)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = self._clock()
        status = 0
        trace_header = (b"x-trace-id", (current_trace_id() or "").encode("ascii"))

        async def send_traced(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), trace_header]
            await send(message)

        method, path = scope["method"], scope["path"]
        self._tracer.event("request_started", method=method, path=path)
        try:
            await self._app(scope, receive, send_traced)
        finally:
            took_s = self._clock() - started
            self._finished(scope, status, took_s)
            self._tracer.event(
                "request_finished",
                method=method,
                path=path,
                status=status,
                durationMs=round(took_s * 1000, 3),
            )
