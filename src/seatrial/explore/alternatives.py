"""What may happen at a point: kinds of faults by name, and what each does to the request."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from seatrial.config import DeclaredPolicy
from seatrial.explore.processes import Processes
from seatrial.tap import (
    Close,
    Delay,
    Exchange,
    ForwardThen,
    HalfBody,
    Hang,
    Intercept,
    Reset,
    Status,
)

GENERIC_STATUSES = (503, 429, 404, 403, 500)
"""What any provider may answer, where no contract says what this one does."""
_UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
_HANG_S = 600.0
_NEAR = 0.8
"""Of a timeout: an answer that late is still in time."""
_OVER = 1.25
_STATUS = re.compile(r"status-(\d{3})")
RESTARTS = ("kill-before", "kill-after-effect", "kill-after", "kill-consumer")
"""Kinds that end a process, which is started again at once."""


_PROCESS_KINDS = ("pause", *RESTARTS)
_REQUEST_KINDS = ("slow-under", "slow-over", "reset", "close", "half-body", "answer-lost", "hang")


def is_kind(kind: str) -> bool:
    """Return whether there is such a kind of fault."""
    return kind in (*_REQUEST_KINDS, *_PROCESS_KINDS) or _STATUS.fullmatch(kind) is not None


UNANSWERED = (
    "reset",
    "close",
    "hang",
    "answer-lost",
    "kill-before",
    "kill-after-effect",
    "kill-consumer",
)
"""Kinds after which a consumer has no answer, whoever makes them."""
UNDECLARED = DeclaredPolicy()
"""Of an edge that promises nothing."""


@dataclass(frozen=True)
class PointInfo:
    """What decides which faults a point may have."""

    consumer: str
    provider: str
    method: str
    policy: DeclaredPolicy = UNDECLARED
    statuses: tuple[int, ...] = ()
    """Error statuses that contracts know of this operation."""
    has_contract: bool = False


@dataclass(frozen=True)
class Alternatives:
    """The faults of points, and how each is made.

    Args:
        processes: to kill and to pause.
        pauses_s: for how long.
        answers: kinds that contracts bring, by name; each answers in the provider's place.
    """

    processes: Processes
    pauses_s: float
    answers: Mapping[str, Status] = field(default_factory=dict)

    def kinds(self, point: PointInfo) -> tuple[str, ...]:
        """Return the kinds that are possible at a point, the mildest first."""
        retry = point.policy.retry
        timed = retry is not None and retry.attempt_timeout_s is not None
        unsafe = point.method in _UNSAFE
        statuses = point.statuses if point.has_contract else GENERIC_STATUSES
        statuses = tuple(dict.fromkeys((503, 500, *statuses) if point.has_contract else statuses))
        found = ["slow-under"] if timed else []
        found += [f"status-{status}" for status in statuses]
        found += ["reset", "close", "half-body"]
        found += ["slow-over"] if timed else []
        found += ["answer-lost"] if unsafe else []
        found += ["hang"]
        if unsafe and self.processes.can_kill(point.provider):
            found += ["pause", "kill-before", "kill-after-effect", "kill-after"]
        if unsafe and self.processes.can_kill(point.consumer):
            found += ["kill-consumer"]
        return tuple(found)

    def intercept(self, kind: str, point: PointInfo) -> Intercept:
        """Return what a kind does to a request."""
        return Intercept(kind, self._act(kind, point))

    def unplanned(self, point: PointInfo) -> Intercept | None:
        """Return what is done to a request without a fault; None: it is passed on."""
        del point
        return None

    def _act(self, kind: str, point: PointInfo) -> Callable[[Exchange], Awaitable[None]]:
        if kind in self.answers:
            return self.answers[kind].act
        if found := _STATUS.fullmatch(kind):
            status = int(found[1])
            return Status(status=status, retry_after_s=1 if status == 429 else None).act
        simple = {
            "slow-under": Delay(delay_s=self.delay_s(kind, point)),
            "slow-over": Delay(delay_s=self.delay_s(kind, point)),
            "reset": Reset(),
            "close": Close(),
            "half-body": HalfBody(),
            "answer-lost": ForwardThen(),
            "hang": Hang(hang_s=_HANG_S),
        }
        if kind in simple:
            return simple[kind].act
        return _Process(kind, point, self.processes, self.pauses_s).act

    @staticmethod
    def delay_s(kind: str, point: PointInfo) -> float:
        """Return how late a slow answer is: just in time for an attempt, or just too late."""
        retry = point.policy.retry
        timeout_s = (retry.attempt_timeout_s if retry else None) or 1.0
        return (_NEAR if kind == "slow-under" else _OVER) * timeout_s


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
