"""A run as it went, and what it is driven with."""

import asyncio
import ssl
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import inf

import httpx

from seatrial.explore.model import Violation
from seatrial.explore.parents import Operation
from seatrial.explore.system import Step
from seatrial.explore.watch import SeenCall, Watch
from seatrial.tap import PlainTransport

_SETTLES_S = 5.0
"""What a journey leaves under way, as a background task's request, ends by then."""
_POLL_S = 0.01


@dataclass
class Driven:
    """A run as it went."""

    steps: list[Step]
    watch: Watch
    broke: list[Violation] = field(default_factory=list)
    stopped: str = ""
    """Why the journey ended before its end."""
    recovery: list["Driven"] = field(default_factory=list)
    """The same without faults, until it went as usual or its time was over."""


def open_client() -> httpx.AsyncClient:
    """Return what sends the requests of one run."""
    return httpx.AsyncClient(
        timeout=None,  # noqa: S113 - each request has its own, of the whole answer
        limits=httpx.Limits(max_keepalive_connections=0),  # one to a killed process is no answer
        mounts={"http://": PlainTransport()},
        trust_env=False,
        verify=_unverified(),
    )


@cache
def _unverified() -> ssl.SSLContext:
    return httpx.create_ssl_context(verify=False)


async def settled(watch: Watch, quiet_s: float) -> None:
    """Wait until nothing is under way or was sent for a time, but no longer than a while."""
    began_s = time.monotonic()
    while (now_s := time.monotonic()) < began_s + _SETTLES_S:
        sent_s = [call.entry.arrived_s for call in watch.calls[-1:]]
        sent_s += [use.arrived_s for use in watch.uses[-1:]]
        last_s = max([began_s, *sent_s])
        if not watch.under_way and now_s >= last_s + quiet_s:
            return
        await asyncio.sleep(_POLL_S)


def outlives(driven: Driven) -> bool:
    """Return True if a request wasn't sent and answered within one step of the journey."""
    return not all(_within_a_step(call, driven.steps) for call in driven.watch.calls)


def in_background(driven: Driven) -> frozenset[Operation]:
    """Return what was sent, and never answered within one step of the journey."""
    operations = {True: set[Operation](), False: set[Operation]()}
    for call in driven.watch.calls:
        within = _within_a_step(call, driven.steps)
        operations[within].add((call.edge.name, call.point.operation))
    return frozenset(operations[False] - operations[True])


def sporadic_uses(runs: Sequence[Driven]) -> Mapping[Operation, int]:
    """Return how often each operation of a store is used at least that runs use now more, now less.

    Args:
        runs: of the same journey, without faults.
    """
    counts = [
        Counter((use.point.edge, use.point.operation) for use in one.watch.uses) for one in runs
    ]
    seen = {operation for count in counts for operation in count}
    found = {one: {count[one] for count in counts} for one in seen}
    return {one: min(often) for one, often in found.items() if len(often) > 1}


def _within_a_step(call: SeenCall, steps: Sequence[Step]) -> bool:
    sent_s, ended_s = call.entry.arrived_s, call.entry.ended_s or inf
    return any(one.started_s <= sent_s and ended_s <= (one.ended_s or 0) for one in steps)


def one_line(error: BaseException) -> str:
    """Return an error in one line; of an assertion without a text its code."""
    text = str(error).partition("\n")[0]
    if not text and isinstance(error, AssertionError):
        frames = traceback.extract_tb(error.__traceback__)
        text = f"{frames[-1].line} (line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
