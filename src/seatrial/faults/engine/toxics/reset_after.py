"""reset_after: the connection is reset after a number of bytes; the real server lacks it."""

from asyncio import TimerHandle
from dataclasses import dataclass

from seatrial.faults.engine.toxics.base import Flow, Item, Receiver, Stage, Toxic, toxic
from seatrial.faults.engine.toxics.limit_data import OVER, CountingStage


@toxic("reset_after")
@dataclass(frozen=True)
class ResetAfterToxic(Toxic):
    """A reset of both sides after `bytes`; with 0 at the first data, which is dropped."""

    bytes: int = 0

    def stage(self, flow: Flow, following: Receiver, memory: dict[str, int]) -> Stage:
        """Return a stage that counts, also across changes of the limit."""
        return _Resetting(self.bytes, flow, following, memory)


class _Resetting(CountingStage):
    def __init__(self, limit: int, flow: Flow, following: Receiver, memory: dict[str, int]) -> None:
        super().__init__(limit, flow, following, memory)
        self._timer: TimerHandle | None = None
        if OVER in memory:
            self._reset_soon()

    def reached(self) -> None:
        """Reset the connection at the limit."""
        self._reset_soon()

    def halt(self) -> tuple[list[Item], bool]:
        if self._timer is not None:
            self._timer.cancel()
        return [], False

    def removed(self) -> None:
        """Reset: a stream that lost data can't go on."""
        if OVER in self.memory:
            self.flow.reset()

    def _reset_soon(self) -> None:
        """Reset, but not from within a push: the stages before this one are still at work."""
        self._timer = self.flow.call_at(self.flow.now(), self.flow.reset)
