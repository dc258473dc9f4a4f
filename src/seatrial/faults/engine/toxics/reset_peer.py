"""reset_peer: the connection dies with a TCP reset as soon as it is used."""

from asyncio import TimerHandle
from dataclasses import dataclass
from typing import ClassVar

from seatrial.faults.engine.toxics.base import Data, Flow, Item, Receiver, Stage, Toxic, toxic


@toxic("reset_peer")
@dataclass(frozen=True)
class ResetPeerToxic(Toxic):
    """A reset `timeout` milliseconds after the first data or end; all data is dropped."""

    GO_NAME: ClassVar[str] = "ResetToxic"

    timeout: int = 0

    def stage(self, flow: Flow, following: Receiver, memory: dict[str, int]) -> Stage:
        """Return a stage that waits for the first sign of life."""
        return _Fuse(self.timeout / 1000, flow, following, memory)


_LIT = "lit"


class _Fuse(Stage):
    def __init__(
        self, timeout_s: float, flow: Flow, following: Receiver, memory: dict[str, int]
    ) -> None:
        super().__init__(flow, following)
        self._timeout_s = timeout_s
        self._memory = memory
        self._timer: TimerHandle | None = None
        if _LIT in memory:  # data was dropped already: new attributes only set the time again
            self._light()

    def push(self, data: Data, stamp_s: float) -> None:
        self._light()

    def end(self) -> None:
        self._light()

    def halt(self) -> tuple[list[Item], bool]:
        if self._timer is not None:
            self._timer.cancel()
        return [], False

    def removed(self) -> None:
        """Reset a stream that lost data; one that wasn't touched can go on."""
        if _LIT in self._memory:
            self.flow.reset()

    def _light(self) -> None:
        self._memory[_LIT] = 1
        if self._timer is None:
            self._timer = self.flow.call_at(self.flow.now() + self._timeout_s, self.flow.reset)
