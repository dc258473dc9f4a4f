"""bandwidth: a limit of bytes a second, for each direction of each connection."""

from asyncio import TimerHandle
from collections import deque
from dataclasses import dataclass

from seatrial.faults.engine.toxics.base import Data, Flow, Item, Receiver, Stage, Toxic, toxic

_SLICE_MS = 100
"""A slow rate's data comes in portions of this time."""
_SMOOTH_KB_S = 100_000


@toxic("bandwidth")
@dataclass(frozen=True)
class BandwidthToxic(Toxic):
    """At most `rate` KB (of 1000 bytes) a second; 0 lets no data through."""

    rate: int = 0

    @property
    def chunked(self) -> bool:
        """True if portions are large enough for a timer: small ones make a smooth stream."""
        return self.rate < _SMOOTH_KB_S

    def stage(self, flow: Flow, following: Receiver, memory: dict[str, int]) -> Stage:
        """Return a queue that pays for each byte in time."""
        return _Throttle(self.rate, flow, following)

    def problem(self) -> str | None:
        """Refuse a negative rate; the real server dies of it."""
        return None if self.rate >= 0 else f"bandwidth: rate must be 0 or more, not {self.rate}"


class _Throttle(Stage):
    """A queue in which data waits first; idling earns nothing, a timer's lateness is made good."""

    def __init__(self, rate: int, flow: Flow, following: Receiver) -> None:
        super().__init__(flow, following)
        self._rate = rate
        self._queue: deque[Item] = deque()
        self._ended = False
        self._timer: TimerHandle | None = None
        self._paid_s = 0.0
        """The time until which all that went on is paid for."""

    def push(self, data: Data, stamp_s: float) -> None:
        self._queue.append(Item(bytes(data), stamp_s))
        self.flow.hold(len(data))
        if len(self._queue) == 1:
            self._paid_s = max(self._paid_s, self.flow.now())
            self._run()

    def end(self) -> None:
        self._ended = True
        if not self._queue:
            self.finish()

    def halt(self) -> tuple[list[Item], bool]:
        if self._timer is not None:
            self._timer.cancel()
        held = list(self._queue)
        self._queue.clear()
        self.flow.hold(-sum(len(item.data) for item in held))
        if held:  # the chunk in work goes out whole
            self.following.push(*held.pop(0))
        return held, self._ended and not self.finished

    def _run(self) -> None:
        """Let through all that has waited long enough, then wait for the next portion."""
        self._timer = None
        while self._queue and self._rate > 0:
            portion = min(len(self._queue[0].data), self._rate * _SLICE_MS)
            due_s = self._paid_s + portion / (self._rate * 1000)
            if due_s > self.flow.now():
                self._timer = self.flow.call_at(due_s, self._run)
                return
            self._paid_s = due_s
            self._emit(portion)
        if self._ended and not self._queue:
            self.finish()

    def _emit(self, portion: int) -> None:
        data, stamp_s = self._queue.popleft()
        if portion < len(data):
            self._queue.appendleft(Item(data[portion:], stamp_s))
        self.flow.hold(-portion)
        self.following.push(data[:portion], stamp_s)
