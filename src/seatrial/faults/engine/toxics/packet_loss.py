"""packet_loss: chunks vanish, as in the real server's coming release."""

from dataclasses import dataclass

from seatrial.faults.engine.toxics.base import Data, Flow, Receiver, Stage, Toxic, toxic


@toxic("packet_loss")
@dataclass(frozen=True)
class PacketLossToxic(Toxic):
    """A loss of each chunk with chance `loss_rate`, and `correlation` more after a lost one."""

    loss_rate: float = 0.0
    correlation: float = 0.0

    @property
    def chunked(self) -> bool:
        """True: chunks are what is lost."""
        return True

    def stage(self, flow: Flow, following: Receiver, memory: dict[str, int]) -> Stage:
        """Return a stage that throws a die for each chunk."""
        return _Loss(self, flow, following, memory)


_DROPPED = "dropped"


class _Loss(Stage):
    def __init__(
        self, toxic: PacketLossToxic, flow: Flow, following: Receiver, memory: dict[str, int]
    ) -> None:
        super().__init__(flow, following)
        self._rate = min(max(toxic.loss_rate, 0.0), 1.0)
        self._correlation = min(max(toxic.correlation, 0.0), 1.0)
        self._memory = memory

    def push(self, data: Data, stamp_s: float) -> None:
        rate = self._rate + (self._correlation if self._memory.get(_DROPPED) else 0.0)
        dropped = self.flow.chance.random() < rate
        self._memory[_DROPPED] = dropped
        if not dropped:
            self.following.push(data, stamp_s)
