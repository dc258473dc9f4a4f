"""The wire runner: a journey on processes and sockets."""

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


class WireRunner:
    """Runs plans of one journey on processes of its own."""

    def __init__(self, config: Path, journey: str, engine: Engine | None = None) -> None:
        """Take what it runs."""
        self._config, self._journey = config, journey
        self._engine = engine
        self._loop = asyncio.Runner()
        self._standing: Standing | None = None
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
        return self._loop.run(self._prepared().observe(plan))

    def close(self) -> None:
        """End the system."""
        if self._standing is not None:
            self._loop.run(self._standing.close())
            self._standing = None
        self._loop.close()

    def _prepared(self) -> JourneyRuns:
        if self._runs is None:
            path = self._config
            config = load_config(path)
            folder = path.resolve().parent
            journeys = usable_journeys(folder, config.edges)
            if self._journey not in journeys:
                raise UsageError(f"there is no journey {self._journey!r}")
            self._standing = Standing(config, folder, self._engine)
            self._runs = JourneyRuns(
                config,
                self._standing,
                journeys[self._journey],
                usable_invariants(folder),
                folder,
            )
        return self._runs
