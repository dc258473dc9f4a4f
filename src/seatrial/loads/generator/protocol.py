"""Messages between the processes of a run, and the methods that each of them has.

The coordinator sends every worker its shard before the users start, in the order of one socket.
Workers put what is new into Locust's own reports, and their last part into a message, so that
nothing of it depends on timing.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locust.env import Environment

from seatrial.errors import UsageError
from seatrial.loads.generator.exchange import LastAnswer
from seatrial.loads.generator.starvation import Unread
from seatrial.loads.plan import LoadPlan
from seatrial.loads.profile import Profile
from seatrial.loads.stats import Arrival, Assertion, Stats

SHARD_MESSAGE, LAST_MESSAGE, ERROR_MESSAGE = "seatrial-shard", "seatrial-last", "seatrial-error"
PART = "seatrial"
"""Under which key a worker's part is in Locust's report."""


def _machine() -> str:
    """Name what all processes share whose `time.monotonic()` is one clock."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return f"{uuid.getnode():x}"


MACHINE = _machine()


@dataclass(frozen=True)
class Shard:
    """The part of the arrivals that one process sends, and the ids that they ask for."""

    index: int
    count: int
    keys: tuple[str, ...]

    def to_message(self, plan: LoadPlan) -> dict[str, Any]:
        """Return what a worker is sent."""
        return {
            "index": self.index,
            "count": self.count,
            "keys": list(self.keys),
            "plan": plan.to_json(),
        }

    @classmethod
    def from_message(cls, data: dict[str, Any]) -> tuple["Shard", LoadPlan]:
        """Return what `to_message` was made of."""
        shard = cls(data["index"], data["count"], tuple(data["keys"]))
        return shard, LoadPlan.from_json(data["plan"])


@dataclass(frozen=True)
class RunSpec:
    """A run as its profile's user defines it."""

    user: str
    """The name of its class."""
    read_plan: Callable[[], LoadPlan]
    """Called at the beginning of each test."""
    keys: tuple[str, ...]
    """The ids that arrivals ask for; empty in a worker, which gets them with its shard."""
    assertions: Callable[[Sequence[Arrival]], Iterable[Assertion]]
    """Called once, when all is over."""
    profile: Profile | None
    """Has the limits, for a run that nobody else judges."""


class Participant:
    """A run in one process; Locust's events call its methods, and the sender the others."""

    leads = False
    """True if it hands out the arrivals and writes the result."""

    def __init__(self, environment: Environment, spec: RunSpec) -> None:
        self.environment = environment
        self.spec = spec
        self.unread = Unread()
        self.last = LastAnswer()
        self.plan = spec.read_plan()
        self.reset()

    def reset(self) -> None:
        """Forget the test before."""
        self.stats = Stats()
        self.shard: Shard | None = None
        self.started_s = 0.0
        self._claimed = False

    def claim(self) -> Shard | None:
        """Return this process's shard to the first user that asks, and None to all others."""
        if self._claimed or self.shard is None:
            return None
        self._claimed = True
        return self.shard

    def begin(self, start_s: float) -> None:
        """Note that this process begins to send at this moment of `time.monotonic()`."""
        self.started_s = start_s

    def finish(self, cpu_s: float) -> None:
        """Note that this process has sent its shard, and got or given up all answers."""
        raise NotImplementedError

    def abort(self, error: UsageError) -> None:
        """End the test, since the profile is wrong."""
        raise NotImplementedError

    def start(self) -> None:
        """Begin a test."""

    def stop(self) -> None:
        """Note that a test is over, be it that a person stopped it on Locust's page."""

    def quit(self) -> None:
        """Report, since Locust's process ends."""

    def report(self, data: dict[str, Any]) -> None:
        """Put what is new into Locust's own report to the coordinator."""

    def collect(self, client_id: str, data: dict[str, Any]) -> None:
        """Merge a worker's part."""
