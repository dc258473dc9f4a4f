"""One request and what becomes of it: held, forwarded, or done something else to by an action."""

import asyncio
import contextlib
import json
from typing import Protocol

from seatrial.tap.actions.base import ProviderAnswer
from seatrial.tap.barrier import BarrierPlace
from seatrial.tap.coding import decoded
from seatrial.tap.interception import CONTENT_BYTES
from seatrial.tap.journal import JournalEntry
from seatrial.tap.message import (
    ANSWER_BYTES,
    BODILESS,
    FieldMap,
    Headers,
    IncomingRequest,
    IncomingResponse,
    Refused,
    WholeAnswer,
    chunk,
    last_chunk,
    phrase,
    response_head,
    sayable,
)
from seatrial.tap.parsing import MalformedAnswer
from seatrial.tap.plan import RequestView, Rule
from seatrial.tap.provider import Broken, ProviderConnection, Unreachable
from seatrial.tap.state import Tap

MARK = "x-seatrial-tap"
"""On an answer that is the tap's own, not the provider's and not a plan's: the reason."""


_NO_WEBSOCKET = (
    "Upgrade: websocket; the tap passes on HTTP/1.1 alone: "
    "let the consumer reach what it uses websockets for at another address"
)


class TooLong(Exception):  # noqa: N818 - the provider's answer, not a fault of the tap
    """The provider's answer is too long to be kept for an action."""


class ConsumerSide(Protocol):
    """The consumer's connection, as an exchange uses it."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    async def drain(self) -> None:
        """Wait until the consumer has read most of what was written."""

    def close(self) -> None:
        """End it in order."""

    def reset(self) -> None:
        """End it with a TCP reset."""

    async def provider(self) -> ProviderConnection:
        """Return the connection to the provider that belongs to it, made when there is none."""


class LiveExchange:
    """One request under way; implements what actions see."""

    def __init__(
        self, tap: Tap, consumer: ConsumerSide, request: IncomingRequest, record: JournalEntry
    ) -> None:
        self._tap = tap
        self._consumer = consumer
        self._pump: asyncio.Task[None] | None = None
        self._lost_body = False
        self._keep = True
        self._term = 0
        self._interceptor = tap.interceptor
        self._shown = bytearray()
        """The answer's body so far, for an interceptor."""
        self._shown_codings = ""
        self.request = request
        self.record = record
        self._rule = self._decide()

    async def run(self) -> bool:
        """Do what is to be done; return True if the connection may carry another request."""
        try:
            await self._act()
        except Unreachable as error:
            if self._interceptor is None:
                await self._explain(502, str(error))
            else:  # it stands in the place of a network, whose peer is gone
                self._end(str(error))
                self._consumer.reset()
        except MalformedAnswer as error:
            await self._explain(502, str(error))
        except Refused as refused:
            await self._explain(refused.status, refused.reason)
        except Broken as broken:
            self._end(str(broken))
            (self._consumer.reset if broken.reset else self._consumer.close)()
        except TooLong:
            self._end(f"the answer is over {ANSWER_BYTES} bytes: too long to spoil")
            self._consumer.close()
        finally:
            await self._finish()
        return self._keep

    def gone(self) -> None:
        """Note that the consumer has gone away."""
        self._tap.journal.aborted(self.record)

    async def _act(self) -> None:
        await self._gate("request")
        if self._interceptor is not None:
            body = await self.request.body.beginning(CONTENT_BYTES)
            intercept = self._interceptor.arrived(self.record, body)
            if intercept is not None:
                self.record.fault = intercept.fault
                await intercept.act(self)
                return
        if self._rule is None:
            await self.forward()
        else:
            await self._rule.do.act(self)

    async def _finish(self) -> None:
        self.record.request_bytes = self.request.body.total_bytes
        if self.record.answered_s is None:
            self._keep = False
        self._tap.journal.ended(self.record)
        if self._interceptor is not None:
            shown = bytes(self._shown)
            plain = decoded(shown, self._shown_codings)
            self._interceptor.ended(self.record, shown if plain is None else plain)
        if self._pump is not None:
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump

    def _decide(self) -> Rule | None:
        if self._tap.plan.empty:
            return None
        decision = self._tap.plan.decide(self._view(), self.record.arrived_s)
        if decision is None:
            return None
        self._term = decision.term
        if decision.rule.do.is_fault:
            self.record.rule, self.record.fault = decision.place, decision.rule.do.kind
        return decision.rule

    async def _gate(self, place: BarrierPlace) -> None:
        barrier = self._tap.barrier
        if barrier is not None and barrier.closed and await barrier.wait(self._view(), place):
            self.record.held_s = self._tap.clock()

    def _view(self) -> RequestView:
        return RequestView(
            method=self.request.method,
            path=self.record.path,
            query=self.record.query,
            headers=self.request.headers,
            trace_id=self.record.trace_id,
            key=self.record.idempotency_key,
        )

    # What actions see

    async def forward(self) -> None:
        """Pass the request on and the answer back."""
        response = await self._ask()
        await self._gate("answer")
        await self._relay(response)

    async def fetch(self) -> WholeAnswer:
        """Pass the request on and keep the whole answer.

        Raises:
            TooLong: it is over `ANSWER_BYTES`.
        """
        response = await self._ask()
        return await self._whole(response)

    async def forward_recorded(self) -> None:
        """Pass the request on and the answer back, and keep both whole.

        Raises:
            Refused: the request is too long to be kept.
            TooLong: the answer is.
        """
        asked = await self.request.body.read_all(ANSWER_BYTES)
        if asked is None:
            raise Refused(413, f"a body of over {ANSWER_BYTES} bytes: too long to be recorded")
        answer = await self._whole(await self._ask(asked))
        record = self.record
        request = (record.method, record.path, record.query, self.request.headers, asked)
        self._tap.recorder.keep(request, answer)
        await self.answer(answer.status, answer.headers, answer.body)

    async def _whole(self, response: IncomingResponse) -> WholeAnswer:
        body = await response.body.read_all(ANSWER_BYTES)
        if body is None:
            raise TooLong
        plain = decoded(body, response.codings.decode("latin-1"))
        if plain is None:
            codings = response.codings.decode("latin-1")
            raise MalformedAnswer(f"the provider's answer can't be decoded: it says {codings!r}")
        self._keep = self._keep and response.keep_alive
        return WholeAnswer(response.status, _fields(response.headers), plain)

    def carries_body(self, status: int) -> bool:
        """Return True if an answer to this request with this status has a body."""
        return status not in BODILESS and self.request.method != "HEAD"

    async def answer(self, status: int, headers: FieldMap, body: bytes) -> None:
        """Answer in the provider's place."""
        await self._gate("answer")
        head = self._own_head(status, headers, len(body))
        self.record.answer_bytes = 0 if self._lost_body else len(body)
        self._show(body)
        self._answered()
        self._consumer.write(head if self._lost_body else head + body)
        await self._consumer.drain()

    async def begin(self, status: int, headers: FieldMap, length: int) -> None:
        """Send a head that promises `length` bytes."""
        await self._gate("answer")
        head = self._own_head(status, headers, length)
        if self._lost_body or length == 0:
            self._answered()
        self._consumer.write(head)

    async def send(self, data: bytes, *, last: bool = False) -> None:
        """Send bytes of the body; nothing where the answer has none (HEAD, 204)."""
        if self._lost_body:
            return
        self.record.answer_bytes += len(data)
        self._show(data)
        if last:
            self._answered()
        self._consumer.write(data)
        await self._consumer.drain()

    async def sleep(self, wait_s: float) -> None:
        """Let time pass."""
        await asyncio.sleep(wait_s)

    def in_force(self) -> bool:
        """Return True while the rule that took this request is in force."""
        return self._tap.plan.is_in_force(self._term)

    def keep(self, answer: ProviderAnswer) -> None:
        """Keep an answer for when this request is repeated, while its rule is in force."""
        kept = WholeAnswer(answer.status, answer.headers, answer.body)
        self._tap.replay_store.keep(self._identity(), kept)

    def recall(self) -> WholeAnswer | None:
        """Return the answer that was kept when this request came before."""
        return self._tap.replay_store.recall(self._identity())

    def not_applied(self, reason: str) -> None:
        """Say in the journal that the fault had nothing to work on: it wasn't applied."""
        self.record.rule = self.record.fault = None
        self.record.error = reason

    def _identity(self) -> tuple[object, ...]:
        """Return what a request has in common with its repetitions, under one rule."""
        record = self.record
        of_call = record.idempotency_key or record.trace_id
        return self._term, record.method, record.path, record.query, of_call

    def close(self) -> None:
        """End the connection in order."""
        self._end(None)
        self._consumer.close()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self._end(None)
        self._consumer.reset()

    # To the provider

    async def _ask(self, body: bytes | None = None) -> IncomingResponse:
        request = self.request
        if request.upgrade == b"websocket":
            raise Refused(501, _NO_WEBSOCKET)
        provider = await self._consumer.provider()
        head = request.head(str(self._tap.provider).partition("//")[2].encode())
        provider.expect(request.method, self._informational)
        if body is None:
            body = request.body.take_whole()
        if body is None:
            provider.send(head)
            self._pump = asyncio.create_task(self._pump_body(provider))
        elif request.chunked:
            framed = (chunk(body) if body else b"") + last_chunk(request.body.trailers)
            provider.send(head + framed)
        else:
            provider.send(head + body)
        response = await provider.response()
        self.record.provider_status = response.status
        return response

    async def _pump_body(self, provider: ProviderConnection) -> None:
        body = self.request.body
        try:
            while data := await body.read():
                provider.send(chunk(data) if self.request.chunked else data)
                await provider.drain()
            if self.request.chunked:
                provider.send(last_chunk(body.trailers))
        except Refused as refused:
            provider.give_up(refused)

    def _informational(self, status: int, reason: bytes, headers: Headers) -> None:
        if not self.request.old:
            self._consumer.write(response_head(status, reason, headers.lines()))

    # To the consumer

    async def _relay(self, response: IncomingResponse) -> None:
        chunked = response.chunked and not self.request.old and response.status != 204
        if response.codings and self.request.old:
            raise MalformedAnswer("the provider's answer has a coding that HTTP/1.0 doesn't know")
        close_delimited = response.length is None and not chunked
        self._keep = response.keep_alive and not close_delimited and self._may_keep()
        head = response.head(chunked=chunked, close=not self._keep)
        self.record.status = response.status
        self._shown_codings = _listed(response.headers.all(b"content-encoding"))
        whole = response.body.take_whole()
        if whole is None:
            self._consumer.write(head)
            await self._stream(response, chunked=chunked)
            return
        self.record.answer_bytes = len(whole)
        self._show(whole)
        if chunked and self.carries_body(response.status):
            whole = (chunk(whole) if whole else b"") + last_chunk(response.body.trailers)
        self._answered()
        self._consumer.write(head + whole)
        await self._consumer.drain()

    async def _stream(self, response: IncomingResponse, *, chunked: bool) -> None:
        body = response.body
        while data := await body.read():
            self.record.answer_bytes += len(data)
            self._show(data)
            if self.record.answer_bytes == response.length:
                self._answered()
            self._consumer.write(chunk(data) if chunked else data)
            await self._consumer.drain()
        self._answered()
        if chunked:
            self._consumer.write(last_chunk(body.trailers))

    def _own_head(self, status: int, headers: FieldMap, length: int) -> bytes:
        self.record.status = status
        codings = headers.get("content-encoding", "")
        self._shown_codings = codings if isinstance(codings, str) else ", ".join(codings)
        self._lost_body = not self.carries_body(status)
        self._keep = self._keep and self._may_keep()
        lines = [
            f"{name}: {value}\r\n".encode("latin-1")
            for name, values in headers.items()
            for value in ((values,) if isinstance(values, str) else values)
        ]
        if status not in BODILESS:
            lines.append(b"content-length: %d\r\n" % length)
        return response_head(status, phrase(status), lines, close=not self._keep)

    def _show(self, data: bytes) -> None:
        if self._interceptor is not None:
            self._shown += data[: CONTENT_BYTES - len(self._shown)]

    def _may_keep(self) -> bool:
        return self.request.keep_alive and self.request.body.complete

    def _answered(self) -> None:
        self.record.request_bytes = self.request.body.total_bytes
        self._tap.journal.answered(self.record)

    def _end(self, error: str | None) -> None:
        self._keep = False
        self.record.error = error or self.record.error
        self._tap.journal.ended(self.record)

    async def _explain(self, status: int, reason: str) -> None:
        """Answer with the reason why the provider's answer is missing; too late after a head."""
        self.record.error = reason
        self._keep = False
        if self.record.status is not None:
            self._end(reason)
            self._consumer.close()
            return
        body = json.dumps({"type": "about:blank", "status": status, "detail": reason})
        headers = {"content-type": "application/problem+json", MARK: sayable(reason)}
        await self.answer(status, headers, body.encode())


def _listed(values: list[bytes]) -> str:
    return b", ".join(values).decode("latin-1")


def _fields(headers: Headers) -> FieldMap:
    """Return the fields that go on to the next hop, without those that frame the body."""
    found: dict[str, tuple[str, ...]] = {}
    for line in headers.lines():
        name, _, value = line.decode("latin-1").partition(":")
        found[name.lower()] = (*found.get(name.lower(), ()), value.strip())
    found.pop("content-length", None)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
