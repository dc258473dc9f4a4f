"""slow_close: the connection closes later than its peer did."""

from asyncio import TimerHandle
from dataclasses import dataclass

from seatrial.faults.engine.toxics.base import ALL_BYTES, Flow, Item, Receiver, Stage, Toxic, toxic


@toxic("slow_close")
@dataclass(frozen=True)
class SlowCloseToxic(Toxic):
    """An end that comes `delay` milliseconds later; data isn't touched."""

    delay: int = 0

    def stage(self, flow: Flow, following: Receiver, memory: dict[str, int]) -> Stage:
        """Return a stage that delays the end alone."""
        return _LateEnd(self.delay / 1000, flow, following)


class _LateEnd(Stage):
    def __init__(self, delay_s: float, flow: Flow, following: Receiver) -> None:
        super().__init__(flow, following)
        self._delay_s = delay_s
        self._timer: TimerHandle | None = None

    def unseen_bytes(self) -> int:
        return ALL_BYTES

    def end(self) -> None:
        due_s = self.flow.now() + self._delay_s
        self._timer = self.flow.call_at(due_s, self.finish)

    def halt(self) -> tuple[list[Item], bool]:
        if self._timer is None:
            return [], False
        self._timer.cancel()
        return [], not self.finished
