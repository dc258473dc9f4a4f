"""The wire runner: journeys on processes and sockets."""

import asyncio
from pathlib import Path
from typing import Self

from seatrial.config import load_config
from seatrial.errors import UsageError
from seatrial.explore.journeys import usable_invariants, usable_journeys
from seatrial.explore.model import Observation, Plan
from seatrial.explore.runs import JourneyRuns
from seatrial.explore.standing import Standing
from seatrial.faults import Engine

_standing: "dict[tuple[Path, Engine | None], _System]" = {}
"""Of this process: a worker runs one journey after the other on the same system."""


class _System:
    """A system that stands as long as a runner uses it."""

    def __init__(self, path: Path, engine: Engine | None) -> None:
        self.loop = asyncio.Runner()
        self.config = load_config(path)
        self.folder = path.resolve().parent
        self.journeys = usable_journeys(self.folder, self.config.edges)
        self.standing = Standing(self.config, self.folder, engine)
        self.users = 0

    def runs(self, journey: str) -> JourneyRuns:
        if journey not in self.journeys:
            raise UsageError(f"there is no journey {journey!r}")
        invariants = usable_invariants(self.folder)
        one = self.journeys[journey]
        return JourneyRuns(self.config, self.standing, one, invariants, self.folder)


class WireRunner:
    """Runs plans of one journey on processes; those that run at once in a process share these."""

    def __init__(self, config: Path, journey: str, engine: Engine | None = None) -> None:
        """Take what it runs."""
        self._key = (config, engine)
        self._journey = journey
        self._system: _System | None = None
        self._runs: JourneyRuns | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, plan: Plan) -> Observation:
        """Run the journey under a plan.

        Raises:
            UsageError: the system can't be started, or the journey doesn't work without faults.
        """
        if self._system is None:
            if self._key not in _standing:
                _standing[self._key] = _System(*self._key)
            self._system = _standing[self._key]
            self._system.users += 1
        if self._runs is None:
            self._runs = self._system.runs(self._journey)
        return self._system.loop.run(self._runs.observe(plan))

    def close(self) -> None:
        """End the system, if nobody else uses it."""
        system, self._system = self._system, None
        if system is None:
            return
        system.users -= 1
        if not system.users:
            del _standing[self._key]
            system.loop.run(system.standing.close())
            system.loop.close()
