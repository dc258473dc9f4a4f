"""What scenarios need of a testbed, however it is made."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from seatrial.config import Edge
from seatrial.testbed.clock import Clock
from seatrial.testbed.entities import EntityFactory, EntityPool
from seatrial.testbed.logs import ServiceLogs
from seatrial.testbed.requirements import EdgeFeature
from seatrial.wires import FaultTarget, Wire


class Consumer(Protocol):
    """A consumer that answers at a URL."""

    @property
    def url(self) -> str:
        """Where it answers."""
        ...

    def ending(self) -> str | None:
        """Say how it ended; None while it runs."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


class Testbed(ABC):
    """A provider and the wire before it; consumers of one edge come and go in front of them.

    Runner, `ConsumerHandle` and `live_edge` use this and no more, so that scenarios run alike
    wherever the wire is made of processes and sockets, and where it is simulated.
    """

    __test__ = False
    """Not a test class, though its name begins like one."""
    name: str
    """The edge's."""
    edge: Edge
    engine_name: str
    """What makes the faults of its network, as `--engine` takes it."""
    pool: EntityPool
    clock: Clock
    budget_full_s: float = 0.0
    """When a consumer that runs already has its whole retry budget again, by the clock."""

    @property
    @abstractmethod
    def repeatable(self) -> bool:
        """Whether each scenario can have a consumer that was started for it."""

    @property
    def rerun_option(self) -> str:
        """The option that makes `seatrial chaos run` use such a testbed."""
        return f"--engine {self.engine_name.split()[0]}"

    @abstractmethod
    def lacks(self, required: Iterable[EdgeFeature | FaultTarget]) -> list[str]:
        """Return, in words, which of these the edge doesn't declare or doesn't have."""

    @abstractmethod
    async def further(self, count: int) -> "Sequence[Testbed]":
        """Return this many further testbeds of the edge, with wires of their own."""

    @abstractmethod
    def source(self) -> EntityFactory:
        """Make what makes entities at the provider, past the wire."""

    @abstractmethod
    async def fresh_consumer(self, env: Mapping[str, str]) -> Consumer:
        """Start a consumer that reaches the provider through the wire alone.

        Raises:
            InvalidRun: it can't be started.
            UsageError: its command is wrong, or it runs already and should be given an `env`.
        """

    def logs(self, consumer: Consumer) -> ServiceLogs:
        """Return what the services print; nothing where nobody knows."""
        del consumer
        return ServiceLogs({}, self.clock)

    def waited_for_cpu_s(self, consumer: Consumer) -> float:
        """Return how long a consumer has waited for a processor in all, and its callers for us.

        0 where nobody knows.
        """
        del consumer
        return 0.0

    @abstractmethod
    def open_wire(self, consumer: Consumer) -> AbstractAsyncContextManager[Wire]:
        """Open the wire between this consumer and its provider, for the time of a block.

        It begins without faults and with an empty journal, and all faults end with the block.
        """
