"""Calls to the consumer: made, timed and written down."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import httpx

from seatrial.checks import Call, ScenarioPhase
from seatrial.config import Edge
from seatrial.errors import InvalidRun
from seatrial.redaction import shown_headers, without_secrets
from seatrial.results import HttpExchange
from seatrial.testbed.answers import Reader
from seatrial.testbed.clock import MACHINE_CLOCK, Clock
from seatrial.testbed.correlator import trace_headers
from seatrial.testbed.payload import filled, header_values, new_number

_LONGEST_S, _SHORTEST_S = 30.0, 10.0
"""Bounds of how long a call may take before the consumer counts as silent."""


_TO_END_S = 1.0
"""Nobody listens a moment before a process that ends is seen to have ended."""
_IDLE_S = 1.0
"""Servers close an idle connection after 2 s (gunicorn) or 5 s (Node): no call may meet that."""
_POLL_S = 0.02
_ANSWER_CHARS = 2_000
_SHOWN_SENT = ("content-type",)
_FRAMING = ("connection", "content-length", "date", "keep-alive", "server", "transfer-encoding")
"""Headers of an answer that say nothing of it."""


class CallDriver:
    """Asks one consumer, as its edge declares. Times are seconds."""

    def __init__(
        self,
        edge: Edge,
        url: str,
        died: Callable[[], str | None],
        clock: Clock = MACHINE_CLOCK,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_s: float | None = None,
        on_call: Callable[[], None] = lambda: None,
    ) -> None:
        """Take where it answers.

        Args:
            edge: says which request triggers a call, and how answers look.
            url: the consumer's.
            died: says how the consumer ended, or None while it runs.
            clock: times the calls.
            transport: the way to the consumer, where it isn't a socket.
            timeout_s: how long a call may take; None: as the declared policy suggests.
            on_call: called as each call begins and ends.
        """
        self.reader = Reader(edge)
        self.made: list[Call] = []
        self._edge = edge
        self._headers = header_values(edge.trigger.headers, "trigger.headers")
        self._died = died
        self._clock = clock
        self._on_call = on_call
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=patience_s(edge) if timeout_s is None else timeout_s,
            transport=transport,
            trust_env=False,
            verify=False,  # noqa: S501 - plain HTTP; to read the list of authorities takes 50 ms
            limits=httpx.Limits(max_connections=None, keepalive_expiry=_IDLE_S),
        )

    async def close(self) -> None:
        """Let go of the connections to the consumer."""
        await self._client.aclose()

    async def call(
        self, phase: ScenarioPhase, entity: str, trace_id: str | None = None
    ) -> tuple[Call, httpx.Response | None]:
        """Make one call; what came of it is written down, also when its caller is cancelled.

        Args:
            phase: of the scenario.
            entity: that it is about.
            trace_id: that it carries; by default a new one.

        Raises:
            InvalidRun: the consumer has ended by itself.
        """
        trace_id = trace_id or uuid.uuid4().hex
        request = self._request(entity, trace_id)
        self._on_call()
        started_s = self._clock.now_s()
        answer: httpx.Response | None = None
        detail, cancelled = "", False
        try:
            answer = await self._client.send(request)
        except httpx.HTTPError as error:
            detail = f"{type(error).__name__}: {error}"
            await self._look_after(error)
        except asyncio.CancelledError:
            cancelled, detail = True, "its caller went away"
            raise
        finally:
            call = Call(
                entity=entity,
                phase=phase,
                started_s=started_s,
                ended_s=self._clock.now_s(),
                outcome=self.reader.outcome(answer),
                status=answer.status_code if answer is not None else None,
                detail=detail,
                trace_id=trace_id,
                shown=self.reader.entity(answer),
                cancelled=cancelled,
                retry_after=answer.headers.get("retry-after") if answer is not None else None,
            )
            call = replace(call, http=self._shown(request, call, answer))
            self.made.append(call)
            self._on_call()
        return call, answer

    def _shown(
        self, request: httpx.Request, call: Call, answer: httpx.Response | None
    ) -> HttpExchange:
        """Return the request and its answer as a reader may see them."""
        sent = {name: request.headers[name] for name in request.headers if name in _SHOWN_SENT}
        declared = self._edge.trigger.headers
        sent |= {name: declared.get(name, request.headers[name]) for name in self._traced(call)}
        body = request.content.decode("utf-8", "replace")
        return HttpExchange(
            title="",
            at_s=0.0,
            method=request.method,
            url=str(request.url),
            headers=shown_headers(sent | declared),
            body=without_secrets(body),
            status=call.status,
            took_s=round(call.took_s, 4),
            answer_headers=shown_headers(
                {k: v for k, v in answer.headers.items() if k not in _FRAMING} if answer else {}
            ),
            answer=without_secrets(answer.text[:_ANSWER_CHARS]) if answer else call.detail,
        )

    def _traced(self, call: Call) -> dict[str, str]:
        return trace_headers(call.trace_id, self._edge.policy)

    def _request(self, entity: str, trace_id: str) -> httpx.Request:
        trigger = self._edge.trigger
        number = new_number()
        body = filled(trigger.body, entity, number)
        return self._client.build_request(
            trigger.method,
            trigger.path.replace("{id}", quote(entity, safe="")),
            params=filled(trigger.query, entity, number) or None,
            headers={**self._headers, **trace_headers(trace_id, self._edge.policy)},
            json=body or None,
        )

    async def _look_after(self, error: httpx.HTTPError) -> None:
        """See whether the consumer has ended.

        Raises:
            InvalidRun: it has.
        """
        until_s = self._clock.now_s()
        if isinstance(error, httpx.ConnectError):
            until_s += _TO_END_S
        while (said := self._died()) is None:
            if self._clock.now_s() >= until_s:
                return
            await self._clock.sleep(_POLL_S)
        raise InvalidRun(f"{self._edge.consumer} {said}") from error


def patience_s(edge: Edge) -> float:
    """How long a call may take before the consumer counts as silent, seconds."""
    bound_s = edge.policy.call_bound_s
    return _LONGEST_S if bound_s is None else min(max(2 * bound_s + 5, _SHORTEST_S), 600.0)
