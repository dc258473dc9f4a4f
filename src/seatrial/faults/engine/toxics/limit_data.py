"""limit_data: the connection closes after a number of bytes."""

from dataclasses import dataclass

from seatrial.faults.engine.toxics.base import Data, Flow, Receiver, Stage, Toxic, toxic


@toxic("limit_data")
@dataclass(frozen=True)
class LimitDataToxic(Toxic):
    """An end after `bytes`; with 0 at the first data, which is dropped."""

    bytes: int = 0

    def stage(self, flow: Flow, following: Receiver, memory: dict[str, int]) -> Stage:
        """Return a stage that counts, also across changes of the limit."""
        return CountingStage(self.bytes, flow, following, memory)


_SENT = "sent"
OVER = "over"


class CountingStage(Stage):
    """A stage that counts what passes, and ends it at the limit; `reached` says how."""

    def __init__(self, limit: int, flow: Flow, following: Receiver, memory: dict[str, int]) -> None:
        super().__init__(flow, following)
        self._limit = limit
        self.memory = memory

    def push(self, data: Data, stamp_s: float) -> None:
        """Let through what the limit allows."""
        if OVER in self.memory:
            return
        sent = self.memory.get(_SENT, 0)
        part = data[: max(0, self._limit - sent)]
        if part:
            self.memory[_SENT] = sent + len(part)
            self.following.push(part, stamp_s)
        if sent + len(part) >= self._limit:
            self.memory[OVER] = 1
            self.reached()

    def reached(self) -> None:
        """Close the connection at the limit."""
        self.finish()

    def unseen_bytes(self) -> int:
        """Return how many bytes may pass without being looked at."""
        if OVER in self.memory:
            return 0
        return self._limit - self.memory.get(_SENT, 0) - 1  # the last one ends the connection

    def passed(self, count: int) -> None:
        """Count bytes that passed unseen."""
        self.memory[_SENT] = self.memory.get(_SENT, 0) + count

    def end(self) -> None:
        """Take the end of the source."""
        if OVER not in self.memory:
            self.finish()
