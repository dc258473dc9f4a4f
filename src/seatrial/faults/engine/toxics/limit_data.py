"""limit_data: the connection closes after so many bytes."""

from dataclasses import dataclass
from typing import ClassVar

from seatrial.faults.engine.toxics.base import Data, Flow, Receiver, Stage, Toxic, toxic


@toxic("limit_data")
@dataclass(frozen=True)
class LimitData(Toxic):
    """Lets `bytes` through and closes; with 0 at the first data, which is dropped."""

    GO_NAME: ClassVar[str] = "LimitDataToxic"

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

    def push(self, data: Data, stamp_s: float) -> None:
        if _OVER in self._memory:
            return
        sent = self._memory.get(_SENT, 0)
        part = data[: max(0, self._limit - sent)]
        if part:
            self._memory[_SENT] = sent + len(part)
            self.following.push(part, stamp_s)
        if sent + len(part) >= self._limit:
            self._memory[_OVER] = 1
            self.finish()

    def unseen_bytes(self) -> int:
        if _OVER in self._memory:
            return 0
        return self._limit - self._memory.get(_SENT, 0) - 1  # the last one ends the connection

    def passed(self, count: int) -> None:
        self._memory[_SENT] = self._memory.get(_SENT, 0) + count

    def end(self) -> None:
        if _OVER not in self._memory:
            self.finish()
