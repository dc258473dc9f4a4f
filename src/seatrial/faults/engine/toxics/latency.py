"""latency: everything arrives later, in order."""

from asyncio import TimerHandle
from collections import deque
from dataclasses import dataclass

from seatrial.faults.engine.toxics.base import (
    ALL_BYTES,
    Data,
    Flow,
    Item,
    Receiver,
    Stage,
    Toxic,
    toxic,
)


@toxic("latency")
@dataclass(frozen=True)
class LatencyToxic(Toxic):
    """A delay of `latency` ± `jitter` milliseconds for each chunk, not for connecting."""

    latency: int = 0
    jitter: int = 0

    @property
    def chunked(self) -> bool:
        """True with a jitter: each chunk draws its own delay."""
        return self.jitter > 0

    def stage(self, flow: Flow, following: Receiver, memory: dict[str, int]) -> Stage:
        """Return a queue whose head waits for its time."""
        return _Delay(self, flow, following)


class _Delay(Stage):
    def __init__(self, toxic: LatencyToxic, flow: Flow, following: Receiver) -> None:
        super().__init__(flow, following)
        self._toxic = toxic
        self._queue: deque[Item] = deque()
        self._ended = False
        self._timer: TimerHandle | None = None
        self._due_s = 0.0

    def push(self, data: Data, stamp_s: float) -> None:
        if not self._queue:
            self._due_s = self._draw(stamp_s)
            if self._due_s <= self.flow.now():
                self.following.push(data, self._due_s)
                return
            self._timer = self.flow.call_at(self._due_s, self._release)
        self._queue.append(Item(bytes(data), stamp_s))
        self.flow.hold(len(data))

    def unseen_bytes(self) -> int:
        late = self._queue or self._toxic.latency > 0 or self._toxic.jitter > 0
        return 0 if late else ALL_BYTES

    def end(self) -> None:
        self._ended = True
        if not self._queue:
            self.finish()

    def halt(self) -> tuple[list[Item], bool]:
        if self._timer is not None:
            self._timer.cancel()
        if self._queue:  # what already waits for its time goes at once
            self._pass(self._queue.popleft(), self.flow.now())
        held = list(self._queue)
        self._queue.clear()
        self.flow.hold(-sum(len(item.data) for item in held))
        return held, self._ended and not self.finished

    def _draw(self, stamp_s: float) -> float:
        """Return when a chunk may go on."""
        delay_ms = self._toxic.latency
        if self._toxic.jitter > 0:
            delay_ms += self.flow.chance.randrange(-self._toxic.jitter, self._toxic.jitter)
        return stamp_s + max(0, delay_ms) / 1000

    def _release(self) -> None:
        self._timer = None
        while self._queue:
            if self._due_s > self.flow.now():
                self._timer = self.flow.call_at(self._due_s, self._release)
                return
            self._pass(self._queue.popleft(), self._due_s)
            if self._queue:
                self._due_s = self._draw(self._queue[0].stamp_s)
        if self._ended:
            self.finish()

    def _pass(self, item: Item, stamp_s: float) -> None:
        self.flow.hold(-len(item.data))
        self.following.push(item.data, stamp_s)
