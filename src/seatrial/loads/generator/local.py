"""The only process of a run, which sends everything itself."""

from seatrial.loads.generator.leading import Leader
from seatrial.loads.generator.protocol import Shard
from seatrial.loads.stats import Counts

_NAME = "local"


class Local(Leader):
    """A run without workers."""

    def hand_out(self) -> None:
        """Keep all arrivals."""
        self.senders = [_NAME]
        self.shard = Shard(0, 1, self.spec.keys)

    @property
    def counts(self) -> Counts:
        """Everything that was sent, received and dropped."""
        return self.stats.counts

    def begin(self, start_s: float) -> None:
        """Note and say that the sending begins."""
        super().begin(start_s)
        self.emit("load_started", {"startedS": start_s})

    def finish(self, cpu_s: float) -> None:
        """Note that everything was sent."""
        self.cpu_s[_NAME] = cpu_s
        self.finished.add(_NAME)
