"""The coordinator: hands shards out to the workers, and merges what they report."""

from typing import Any

from locust.env import Environment

from seatrial.errors import UsageError
from seatrial.loads.generator.leading import Leader
from seatrial.loads.generator.protocol import (
    ERROR_MESSAGE,
    LAST_MESSAGE,
    MACHINE,
    PART,
    SHARD_MESSAGE,
    RunSpec,
    Shard,
)
from seatrial.loads.stats import Counts


class Coordinator(Leader):
    """Locust's master, which sends nothing itself."""

    def __init__(self, environment: Environment, spec: RunSpec) -> None:
        super().__init__(environment, spec)
        self.runner.register_message(LAST_MESSAGE, self._on_last)
        self.runner.register_message(ERROR_MESSAGE, self._on_error)

    def reset(self) -> None:
        """Forget the test before."""
        super().reset()
        self._totals: dict[str, Counts] = {}

    def hand_out(self) -> None:
        """Send every worker its shard."""
        self.senders = sorted(self.runner.clients)
        for index, client_id in enumerate(self.senders):
            shard = Shard(index, len(self.senders), self.spec.keys)
            self.runner.send_message(SHARD_MESSAGE, shard.to_message(self.plan), client_id)
        self.emit("load_started", {"startedS": self.started_s})

    def collect(self, client_id: str, data: dict[str, Any]) -> None:
        """Merge a worker's part."""
        part = data.get(PART)
        if part is not None and client_id in self.senders:
            self._totals[client_id] = Counts(**part["total"])
            here = part["machine"] == MACHINE
            # Each machine has a clock of its own; what they share is the moment of the start.
            self.stats.add(part, later_s=0.0 if here else self.started_s - part["started_s"])

    def _on_last(self, environment: Environment, msg: Any, **_: Any) -> None:
        del environment
        if msg.node_id not in self.senders:
            return
        self.collect(msg.node_id, {PART: msg.data})
        self.cpu_s[msg.node_id] = msg.data["cpu_s"]
        if msg.data["machine"] == MACHINE:
            self.started_s = msg.data["started_s"]
        self.finished.add(msg.node_id)

    def _on_error(self, environment: Environment, msg: Any, **_: Any) -> None:
        del environment
        self.abort(UsageError(str(msg.data)))

    def lost(self) -> set[str]:
        """Return the workers that are gone."""
        clients = self.runner.clients
        alive = {client.id for client in clients.all} - {client.id for client in clients.missing}
        return set(self.senders) - alive

    @property
    def counts(self) -> Counts:
        """Everything that the workers report as sent, received and dropped."""
        return Counts.total(self._totals.values())
