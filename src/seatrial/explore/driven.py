"""A run as it went, and what it is driven with."""

import asyncio
import time
import traceback
from dataclasses import dataclass, field

import httpx

from seatrial.explore.model import Violation
from seatrial.explore.system import Step
from seatrial.explore.watch import Watch

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
        trust_env=False,
        verify=False,  # noqa: S501 - plain HTTP; to read the list of authorities takes 50 ms
    )


async def settled(watch: Watch) -> None:
    """Wait until nothing is under way any more, but no longer than a while."""
    until_s = time.monotonic() + _SETTLES_S
    while watch.under_way and time.monotonic() < until_s:  # noqa: ASYNC110 - nobody says it
        await asyncio.sleep(_POLL_S)


def one_line(error: BaseException) -> str:
    """Return an error in one line; of an assertion without a text its code."""
    text = str(error).partition("\n")[0]
    if not text and isinstance(error, AssertionError):
        frames = traceback.extract_tb(error.__traceback__)
        text = f"{frames[-1].line} (line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
