"""Everything that policies report, in one place: the events, and who listens.

A listener is a function of one event. One that raises is logged and otherwise ignored: reporting
must never change what is reported.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Literal

from seatrial.resilience.operation import Operation

_log = logging.getLogger("seatrial.resilience")


GivingUp = Literal["attempts", "deadline", "budget", "retry_after", "not_repeatable"]
"""Reasons for which a call isn't repeated."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    """A breaker went from one state to the next; `at_s` is its clock's time of the change."""

    breaker: str
    before: str
    after: str
    reason: str
    at_s: float
    until_s: float | None = None


@dataclass(frozen=True, slots=True)
class CallRefused:
    """A breaker didn't let a call through; it may be asked again in `retry_after_s`."""

    breaker: str
    state: str
    operation: Operation
    retry_after_s: float


@dataclass(frozen=True, slots=True)
class Retried:
    """A call is repeated in `delay_s`, because attempt number `attempt` ended with `error`."""

    operation: Operation
    attempt: int
    delay_s: float
    error: Exception


@dataclass(frozen=True, slots=True)
class GaveUp:
    """A call isn't repeated, though `error` would allow it, for the reason given."""

    operation: Operation
    attempt: int
    reason: GivingUp
    error: Exception


@dataclass(frozen=True, slots=True)
class CacheRead:
    """A cache answered `key`, from where `source` says; `absent`: the answer is "there is none"."""

    cache: str
    key: Hashable
    source: Literal["cache", "origin", "stale"]
    absent: bool


@dataclass(frozen=True, slots=True)
class Loaded:
    """A cache asked the origin for `key`; `error` is None when it answered."""

    cache: str
    key: Hashable
    seconds: float
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class TrustChanged:
    """A cache lost (`trusted` False) or caught up with the events that keep it fresh."""

    cache: str
    trusted: bool


Event = StateChanged | CallRefused | Retried | GaveUp | CacheRead | Loaded | TrustChanged
Listener = Callable[[Event], None]


class Events:
    """Hands the policies' events to listeners; share one among all policies of a process.

    Attributes:
        listeners: who listens; while it is empty no event is made.
    """

    __slots__ = ("listeners",)

    def __init__(self) -> None:
        self.listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event from now on; return a function that ends that."""
        self.listeners.append(listener)

        def stop() -> None:
            if listener in self.listeners:
                self.listeners.remove(listener)

        return stop

    def emit(self, event: Event) -> None:
        """Hand the event to every listener, in the order in which they came."""
        for listener in tuple(self.listeners):
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - a listener's error must not become the call's
                _log.exception("a listener failed on %s", type(event).__name__)
