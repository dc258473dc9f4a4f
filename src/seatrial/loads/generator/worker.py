"""A worker: sends the shard that it is given, and reports what came of it."""

from typing import Any

from locust.env import Environment

from seatrial.errors import UsageError
from seatrial.loads.generator.protocol import (
    ERROR_MESSAGE,
    LAST_MESSAGE,
    MACHINE,
    PART,
    SHARD_MESSAGE,
    Participant,
    RunSpec,
    Shard,
)


class Worker(Participant):
    """One of Locust's workers."""

    def __init__(self, environment: Environment, spec: RunSpec) -> None:
        super().__init__(environment, spec)
        runner: Any = environment.runner
        self._runner = runner
        runner.register_message(SHARD_MESSAGE, self._on_shard)

    def _on_shard(self, environment: Environment, msg: Any, **_: Any) -> None:
        del environment
        self.reset()
        self.shard, self.plan = Shard.from_message(msg.data)

    def report(self, data: dict[str, Any]) -> None:
        """Put what is new into Locust's own report to the coordinator."""
        data[PART] = {**self.stats.take(), **self._clock()}

    def finish(self, cpu_s: float) -> None:
        """Send the last part."""
        part = {**self.stats.take(last=True), **self._clock(), "cpu_s": cpu_s}
        self._runner.send_message(LAST_MESSAGE, part)

    def abort(self, error: UsageError) -> None:
        """Leave it to the coordinator to end the test."""
        self._runner.send_message(ERROR_MESSAGE, str(error))

    def _clock(self) -> dict[str, Any]:
        """Say by which clock the times of a part are to be read."""
        return {"machine": MACHINE, "started_s": self.started_s}
