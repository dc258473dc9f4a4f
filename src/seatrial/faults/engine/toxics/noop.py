"""noop: changes nothing."""

from dataclasses import dataclass

from seatrial.faults.engine.toxics.base import ALL_BYTES, Flow, Receiver, Stage, Toxic, toxic


@toxic("noop")
@dataclass(frozen=True)
class NoopToxic(Toxic):
    """No change at all."""

    def stage(self, flow: Flow, following: Receiver, memory: dict[str, int]) -> Stage:
        """Return the stage that does nothing."""
        return _Nothing(flow, following)


class _Nothing(Stage):
    def unseen_bytes(self) -> int:
        return ALL_BYTES
