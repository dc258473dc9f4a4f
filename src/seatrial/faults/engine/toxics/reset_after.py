"""reset_after: the connection is reset after so many bytes; the real server has no such toxic."""

from asyncio import TimerHandle
from dataclasses import dataclass
from typing import ClassVar

from seatrial.faults.engine.toxics.base import Data, Flow, Item, Receiver, Stage, Toxic, toxic


@toxic("reset_after")
@dataclass(frozen=True)
class ResetAfter(Toxic):
    """Lets `bytes` through and resets both sides; with 0 at the first data, which is dropped."""

    GO_NAME: ClassVar[str] = "ResetAfterToxic"

    bytes: int = 0

    def stage(self, flow: Flow, following: Receiver, memory: dict[str, int]) -> Stage:
        """A stage that counts, also across changes of the limit."""
        return _Limit(self.bytes, flow, following, memory)


_SENT = "sent"
_OVER = "over"


class _Limit(Stage):
    def __init__(self, limit: int, flow: Flow, following: Receiver, memory: dict[str, int]) -> None:
        super().__init__(flow, following)
        self._limit = limit
        self._memory = memory
        self._timer: TimerHandle | None = None
        if _OVER in memory:
            self._reset_soon()

    def push(self, data: Data, stamp_s: float) -> None:
        if _OVER in self._memory:
            return
        sent = self._memory.get(_SENT, 0)
        part = data[: max(0, self._limit - sent)]
        self._memory[_SENT] = sent + len(part)
        if part:
            self.following.push(part, stamp_s)
        if sent + len(part) >= self._limit:
            self._memory[_OVER] = 1
            self._reset_soon()

    def unseen_bytes(self) -> int:
        if _OVER in self._memory:
            return 0
        return self._limit - self._memory.get(_SENT, 0) - 1  # the last one ends the connection

    def passed(self, count: int) -> None:
        self._memory[_SENT] = self._memory.get(_SENT, 0) + count

    def end(self) -> None:
        if _OVER not in self._memory:
            self.finish()

    def halt(self) -> tuple[list[Item], bool]:
        if self._timer is not None:
            self._timer.cancel()
        return [], False

    def removed(self) -> None:
        """A stream that lost data can't go on."""
        if _OVER in self._memory:
            self.flow.reset()

    def _reset_soon(self) -> None:
        """Not from within a push: the stages before this one are still at work."""
        self._timer = self.flow.call_at(self.flow.now(), self.flow.reset)
