"""slicer: data arrives in small pieces."""

from asyncio import TimerHandle
from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from seatrial.faults.engine.toxics.base import Data, Flow, Item, Receiver, Stage, Toxic, toxic


@toxic("slicer")
@dataclass(frozen=True)
class SlicerToxic(Toxic):
    """Pieces of `average_size` ± `size_variation` bytes, with `delay` µs after each."""

    GO_INT: ClassVar[str] = "int"

    average_size: int = 0
    size_variation: int = 0
    delay: int = 0

    @property
    def chunked(self) -> bool:
        """True: chunks are what is cut."""
        return True

    def stage(self, flow: Flow, following: Receiver, memory: dict[str, int]) -> Stage:
        """Return a queue of pieces."""
        return _Knife(self, flow, following)

    def problem(self) -> str | None:
        """Name the sizes that the real server dies of: cutting would never come to an end."""
        largest = self.average_size + self.size_variation
        if largest < 1:
            return f"slicer: average_size + size_variation must be 1 or more, not {largest}"
        if self.size_variation > self.average_size + 1:
            return (
                f"slicer: size_variation must be at most average_size + 1 "
                f"({self.average_size + 1}), not {self.size_variation}"
            )
        return None


class _Knife(Stage):
    def __init__(self, toxic: SlicerToxic, flow: Flow, following: Receiver) -> None:
        super().__init__(flow, following)
        self._toxic = toxic
        self._delay_s = max(0, toxic.delay) / 1_000_000
        self._chunks: deque[Item] = deque()
        self._pieces: deque[Item] = deque()
        self._ended = False
        self._timer: TimerHandle | None = None
        self._due_s = 0.0
        """The time when the next piece may go."""

    def push(self, data: Data, stamp_s: float) -> None:
        self._chunks.append(Item(bytes(data), stamp_s))
        self.flow.hold(len(data))
        if self._timer is None:
            self._due_s = max(self._due_s, self.flow.now())
            self._run()

    def end(self) -> None:
        self._ended = True
        if self._timer is None:
            self.finish()

    def halt(self) -> tuple[list[Item], bool]:
        if self._timer is not None:
            self._timer.cancel()
        if self._pieces:  # the rest of the chunk in work goes out whole
            rest = b"".join(item.data for item in self._pieces)
            self.flow.hold(-len(rest))
            self.following.push(rest, self._pieces[0].stamp_s)
        held = list(self._chunks)
        self.flow.hold(-sum(len(item.data) for item in held))
        return held, self._ended and not self.finished

    def _run(self) -> None:
        """Send what is due; a timer is coarser than microseconds, so that may be several pieces."""
        self._timer = None
        while self._pieces or self._chunks:
            if self._due_s > self.flow.now():
                self._timer = self.flow.call_at(self._due_s, self._run)
                return
            if not self._pieces:
                self._cut(self._chunks.popleft())
            data, stamp_s = self._pieces.popleft()
            self._due_s += self._delay_s
            self.flow.hold(-len(data))
            self.following.push(data, stamp_s)
        if self._ended:
            self.finish()

    def _cut(self, chunk: Item) -> None:
        bounds = _bounds(len(chunk.data), self._toxic, self.flow)
        start = 0
        for bound in bounds:
            self._pieces.append(Item(chunk.data[start:bound], chunk.stamp_s))
            start = bound


def _bounds(size: int, toxic: SlicerToxic, flow: Flow) -> list[int]:
    """Return where to cut: halve, a little off the middle, until the pieces are small enough."""
    bounds: list[int] = []
    todo = [(0, size)]
    variation = toxic.size_variation
    while todo:
        start, end = todo.pop()
        if end - start - toxic.average_size <= variation:
            bounds.append(end)
            continue
        middle = start + (end - start) // 2
        if variation > 0:
            middle += flow.chance.randrange(-variation, variation)
        middle = min(max(middle, start + 1), end - 1)
        todo += [(middle, end), (start, middle)]
    return bounds
