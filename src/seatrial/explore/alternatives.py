"""What may happen at a point: kinds of faults by name, and what each does to the request."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from seatrial.config import NAMED_KINDS, DeclaredPolicy
from seatrial.explore.contracts import NOTHING_KNOWN, KnownAnswers
from seatrial.explore.edges import UNDECLARED
from seatrial.explore.kinds import UNSAFE, is_by_contract, status_of
from seatrial.explore.processes import Processes
from seatrial.tap import (
    Close,
    Exchange,
    Forward,
    ForwardThen,
    HalfBody,
    Hang,
    Intercept,
    Reset,
    Status,
)

GENERIC_STATUSES = (503, 429, 404, 403, 500, 502)
"""What any provider, or what stands before it, may answer; a contract's own go before them."""
_PAGE = 502
"""Comes from a proxy before the provider, as nginx, and so with a page: no JSON."""
_HANG_S = 600.0
_RETRY_AFTER_S = 1
_NEAR = 0.8
"""Of a timeout: an answer that late is still in time."""
_OVER = 1.25
_STATUS = re.compile(r"status-(\d{3})")


def is_kind(kind: str) -> bool:
    """Return whether there is such a kind of fault."""
    return kind in NAMED_KINDS or is_by_contract(kind) or _STATUS.fullmatch(kind) is not None


UNANSWERED = (
    "reset",
    "close",
    "hang",
    "answer-lost",
    "answer-late",
    "kill-before",
    "kill-after-effect",
    "kill-consumer",
)
"""Kinds after which a consumer has no answer, whoever makes them."""


@dataclass(frozen=True)
class PointInfo:
    """What decides which faults a point may have."""

    consumer: str
    provider: str
    method: str
    policy: DeclaredPolicy = UNDECLARED
    known: KnownAnswers = NOTHING_KNOWN
    """What contracts say of this request."""


@dataclass(frozen=True)
class Alternatives:
    """The faults of points, and how each is made.

    Args:
        processes: to kill and to pause.
        pauses_s: for how long.
    """

    processes: Processes
    pauses_s: float

    def kinds(self, point: PointInfo) -> tuple[str, ...]:
        """Return the kinds that are possible at a point, the mildest first."""
        retry = point.policy.retry
        timed = retry is not None and retry.attempt_timeout_s is not None
        unsafe = point.method in UNSAFE
        known = {status_of(kind) for kind in point.known.answers}
        found = ["slow-under"] if timed else []
        found += point.known.answers
        found += [f"status-{status}" for status in GENERIC_STATUSES if status not in known]
        found += ["reset", "close", "half-body", *point.known.drifts]
        found += ["slow-over"] if timed else []
        found += ["answer-lost"] if unsafe else []
        found += ["hang"]
        found += ["answer-late"] if unsafe and not timed else []
        return (*found, *self._process_kinds(point, unsafe=unsafe))

    def after_answer(self, service: str, method: str) -> tuple[str, ...]:
        """Return what may happen once the journey was answered: the answer must stay true."""
        return ("kill-after",) if method in UNSAFE and self.processes.can_kill(service) else ()

    def _process_kinds(self, point: PointInfo, *, unsafe: bool) -> list[str]:
        """Return kinds that end a process or pause it; a read has no effect to die after."""
        found: list[str] = []
        if self.processes.can_kill(point.provider):
            found += ["pause"] if unsafe and self.processes.can_pause(point.provider) else []
            found += ["kill-before"]
            found += ["kill-after-effect", "kill-after"] if unsafe else []
        if self.processes.can_kill(point.consumer):
            found += ["kill-consumer"]
        return found

    def intercept(self, kind: str, point: PointInfo) -> Intercept:
        """Return what a kind does to a request: nothing where its contract lost it."""
        if is_by_contract(kind) and point.known.action(kind) is None:
            return self.unplanned(point) or Intercept(None, Forward().act)
        return Intercept(kind, self._act(kind, point))

    def unplanned(self, point: PointInfo) -> Intercept | None:
        """Return what is done to a request without a fault; None: it is passed on."""
        del point
        return None

    @staticmethod
    def retry_after_s(kind: str, point: PointInfo) -> float:
        """Return how long an answer asks to wait."""
        return _RETRY_AFTER_S if kind == "status-429" else point.known.retry_after_s(kind)

    def _act(self, kind: str, point: PointInfo) -> Callable[[Exchange], Awaitable[None]]:
        if (action := point.known.action(kind)) is not None:
            return action.act
        if found := _STATUS.fullmatch(kind):
            status = int(found[1])
            if status == _PAGE:
                return _page
            return Status(
                status=status, retry_after_s=_RETRY_AFTER_S if status == 429 else None
            ).act
        simple: dict[str, Callable[[Exchange], Awaitable[None]]] = {
            "slow-under": _Late(self.delay_s(kind, point)).act,
            "slow-over": _Late(self.delay_s(kind, point)).act,
            "reset": Reset().act,
            "close": Close().act,
            "half-body": HalfBody().act,
            "answer-lost": ForwardThen().act,
            "answer-late": _Late(_HANG_S).act,
            "hang": Hang(hang_s=_HANG_S).act,
        }
        if kind in simple:
            return simple[kind]
        return _Process(kind, point, self.processes, self.pauses_s).act

    @staticmethod
    def delay_s(kind: str, point: PointInfo) -> float:
        """Return how late a slow answer is: just in time for an attempt, or just too late."""
        retry = point.policy.retry
        timeout_s = (retry.attempt_timeout_s if retry else None) or 1.0
        return (_NEAR if kind == "slow-under" else _OVER) * timeout_s


async def _page(exchange: Exchange) -> None:
    """Answer with an error page."""
    title = f"{_PAGE} {HTTPStatus(_PAGE).phrase}"
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    await exchange.answer(_PAGE, {"content-type": "text/html"}, page.encode())


@dataclass(frozen=True)
class _Late:
    """A late answer to what is done at once, as behind Toxiproxy's latency."""

    delay_s: float

    async def act(self, exchange: Exchange) -> None:
        """Pass the request on, and wait with the answer."""
        answer = await exchange.fetch()
        await exchange.sleep(self.delay_s)
        await exchange.answer(answer.status, answer.headers, answer.body)


@dataclass(frozen=True)
class _Process:
    """A process that ends, or stands still, at a request."""

    kind: str
    point: PointInfo
    processes: Processes
    pauses_s: float

    async def act(self, exchange: Exchange) -> None:
        """Do it. A killed process runs again before its peer sees the end of its connection."""
        provider = self.point.provider
        if self.kind == "pause":
            await self.processes.pause(provider)
            resumed = asyncio.ensure_future(self.processes.resume_after(provider, self.pauses_s))
            try:
                await exchange.forward()
            finally:
                await asyncio.shield(resumed)
            return
        if self.kind == "kill-before":
            await self.processes.crash(provider)
            exchange.reset()
            return
        answer = await exchange.fetch()
        if self.kind == "kill-consumer":
            await self.processes.crash(self.point.consumer)
            exchange.reset()
            return
        await self.processes.crash(provider)
        if self.kind == "kill-after":
            await exchange.answer(answer.status, answer.headers, answer.body)
        else:
            exchange.reset()
