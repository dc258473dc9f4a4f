"""Runners whose worker is killed, or which raise."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from seatrial.explore import Observation, Plan, Runner
from tests.exploration.known import SYSTEMS


@dataclass(frozen=True)
class StartToy:
    """Starts a toy, found by its name since what it's made of can't be sent.

    Args:
        name: Of the toy.
        folder: Where it's kept who was killed already.
        kind: The fault that kills the worker.
        times: How often, for each plan.
    """

    name: str
    folder: Path
    kind: str = ""
    times: int = 1

    def __call__(self) -> Runner:
        """Return the runner."""
        return self._run

    def _run(self, plan: Plan) -> Observation:
        if any(fault.kind == self.kind for fault in plan):
            name = "; ".join(sorted(map(str, plan))).replace("/", "|")
            for number in range(self.times):
                try:
                    (self.folder / f"{number} {name}"[:250]).touch(exist_ok=False)
                except FileExistsError:
                    continue
                os.kill(os.getpid(), signal.SIGKILL)
        return next(one for one in SYSTEMS if one.name == self.name)(plan)


@dataclass(frozen=True)
class StartBroken:
    """Starts a runner that raises."""

    def __call__(self) -> Runner:
        """Return the runner."""
        return self._run

    def _run(self, plan: Plan) -> Observation:
        raise RuntimeError("no such journey")


@dataclass(frozen=True)
class StartStuck:
    """Starts a toy that never ends under a fault.

    Args:
        name: Of the toy.
        kind: The fault.
    """

    name: str
    kind: str

    def __call__(self) -> Runner:
        """Return the runner."""
        return self._run

    def _run(self, plan: Plan) -> Observation:
        if any(fault.kind == self.kind for fault in plan):
            signal.pause()
        return next(one for one in SYSTEMS if one.name == self.name)(plan)
