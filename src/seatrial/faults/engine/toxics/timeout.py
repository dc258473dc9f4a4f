"""timeout: a black hole that may close after a while."""

from asyncio import TimerHandle
from dataclasses import dataclass

from seatrial.faults.engine.toxics.base import Data, Flow, Item, Receiver, Stage, Toxic, toxic


@toxic("timeout")
@dataclass(frozen=True)
class TimeoutToxic(Toxic):
    """A black hole that closes once nothing came for `timeout` milliseconds; 0 never closes."""

    timeout: int = 0

    def stage(self, flow: Flow, following: Receiver, memory: dict[str, int]) -> Stage:
        """Return a stage that only watches the clock."""
        return _BlackHole(self.timeout / 1000, flow, following)


class _BlackHole(Stage):
    def __init__(self, timeout_s: float, flow: Flow, following: Receiver) -> None:
        super().__init__(flow, following)
        self._timeout_s = timeout_s
        self._heard_s = flow.now()
        self._timer: TimerHandle | None = None
        self._wait()

    def push(self, data: Data, stamp_s: float) -> None:
        self._heard_s = self.flow.now()  # the timer looks at this instead of being set again

    def halt(self) -> tuple[list[Item], bool]:
        if self._timer is not None:
            self._timer.cancel()
        return [], False

    def removed(self) -> None:
        """Close: what was dropped can't be had back, so the stream is broken."""
        self.finish()

    def _wait(self) -> None:
        if self._timeout_s > 0:
            self._timer = self.flow.call_at(self._heard_s + self._timeout_s, self._check)

    def _check(self) -> None:
        if self.flow.now() >= self._heard_s + self._timeout_s:
            self.finish()
        else:
            self._wait()
