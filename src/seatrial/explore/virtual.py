"""The virtual runner: a simulation stands with all services up, and each run is a fork of it.

So a run begins exactly where every other one did, and it takes no start of the services.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from seatrial.config import Config, load_config
from seatrial.errors import SeatrialError, UsageError
from seatrial.explore.alternatives import Alternatives
from seatrial.explore.edges import tapped_edges
from seatrial.explore.journeys import usable_invariants, usable_journeys
from seatrial.explore.model import Observation, Plan, Point
from seatrial.explore.processes import Processes
from seatrial.explore.runs import JourneyRuns
from seatrial.explore.stores import StoreTaps
from seatrial.explore.watch import EdgeWatch, Watch
from seatrial.simulation import Simulation, SimulationError, install
from seatrial.virtual import Moments, VirtualSystem, receive, send, virtual_system

_STORE_PORT = 6379
_WALL_LIMIT_S = 120.0
"""A run takes less than a second; one that takes this long goes on without end."""


class VirtualProcesses(Processes):
    """The services of a simulation: each can be killed, and none be paused."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.system: VirtualSystem | None = None

    def can_kill(self, name: str) -> bool:
        """Return True if a service runs in the simulation."""
        return self.system is not None and name in self.system.services

    def can_pause(self, name: str) -> bool:
        """Return False."""
        del name
        return False

    async def _kill_and_start(self, name: str) -> None:
        assert self.system is not None
        await self.system.crash(name)


class VirtualStanding:
    """All services in the simulation that runs."""

    fresh = True

    def __init__(self, config: Config, folder: Path, simulation: Simulation) -> None:
        """Take what is started; nothing runs yet."""
        self.processes = VirtualProcesses()
        self.alternatives = Alternatives(self.processes, config.explore.pauses_s)
        self.urls: Mapping[str, str] = {}
        self._config, self._folder, self._simulation = config, folder, simulation
        self._stack = AsyncExitStack()
        self.stores = StoreTaps(config)
        self._edges = {(one.consumer, one.provider): EdgeWatch(one) for one in tapped_edges(config)}
        self.system: VirtualSystem | None = None

    async def start(self) -> None:
        """Start the services.

        Raises:
            UsageError: one can't be run in virtual time.
            InvalidRun: one didn't start.
        """
        await self.stores.start(lambda *names: (".".join((*names, "tap")), _STORE_PORT))
        self.system = await self._stack.enter_async_context(
            virtual_system(
                self._config, self._folder, self._simulation, override=self.stores.override
            )
        )
        self.processes.system = self.system
        self.urls = {name: one.url for name, one in self.system.services.items()}
        for pair, tap in self.system.taps.items():
            tap.intercept(self._edges[pair])

    async def restart(self) -> None:
        """Do nothing: every run is a fork of the same moment."""

    @contextmanager
    def watched(self, watch: Watch) -> Iterator[None]:
        """Let a run's watch decide at all taps, for the time of a block."""
        for one in self._edges.values():
            one.watch = watch
        self.stores.watch(watch)
        try:
            yield
        finally:
            for one in self._edges.values():
                one.watch = None
            self.stores.watch(None)


class VirtualRunner:
    """Runs plans of one journey, each in a fork of a process where the system stands."""

    def __init__(self, config: Path, journey: str, seed: int) -> None:
        """Take what it runs."""
        self._config, self._journey, self._seed = config, journey, seed
        self._pid = 0
        self._to = self._from = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, plan: Plan) -> Observation:
        """Run the journey under a plan.

        Raises:
            UsageError: the system can't be started, or the journey doesn't work without faults.
        """
        if not self._pid:
            self._start()
        send(self._to, plan)
        answer = receive(self._from)
        if isinstance(answer, SeatrialError):
            raise answer
        if not isinstance(answer, Observation):
            why = f"the simulation ended in the middle of the run{answer and f': {answer}'}"
            return Observation(self._journey, plan, frozenset(), undecided=why)
        return answer

    def close(self) -> None:
        """End the process."""
        if self._pid:
            os.close(self._to)
            os.close(self._from)
            with suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            self._pid = 0

    def _start(self) -> None:
        plans_from, self._to = os.pipe()
        self._from, answers_to = os.pipe()
        self._pid = os.fork()
        if self._pid:
            os.close(plans_from)
            os.close(answers_to)
            return
        os.close(self._to)
        os.close(self._from)
        status = 1
        try:
            _stand(self._config, self._journey, self._seed, plans_from, answers_to)
            status = 0
        finally:
            os._exit(status)


def _stand(path: Path, name: str, seed: int, plans: int, answers: int) -> None:
    """Let the system stand in this process, and fork it for each plan that comes."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)  # what the services print
    os.dup2(quiet, 2)
    install()
    try:
        config = load_config(path, virtual=True)
        folder = path.resolve().parent
        journey = usable_journeys(folder, config.edges)[name]
        simulation = Simulation(seed=seed, wall_limit_s=_WALL_LIMIT_S)
        standing = VirtualStanding(config, folder, simulation)
        runs = JourneyRuns(config, standing, journey, usable_invariants(folder), folder)
        simulation.run(_serve(simulation, standing, runs, plans, answers))
    except SeatrialError as error:
        _refuse(plans, answers, UsageError(str(error)))
    except (SimulationError, OSError) as error:
        _refuse(plans, answers, UsageError(f"virtual time: {error}"))


def _refuse(plans: int, answers: int, error: SeatrialError) -> None:
    while receive(plans) is not None:
        send(answers, error)


async def _serve(
    simulation: Simulation, standing: VirtualStanding, runs: JourneyRuns, plans: int, answers: int
) -> None:
    await runs.prepare()
    assert standing.system is not None
    with Moments[Plan](simulation, standing.system.scratch, _said) as moments:

        def reached(point: Point) -> Plan:
            return moments.reached(lambda plan: any(fault.point == point for fault in plan))

        while (plan := receive(plans)) is not None:
            end = await moments.run(plan, partial(runs.observe, plan, reached))
            found = end.value
            if isinstance(found, Observation):
                found = replace(found, cpu_s=end.cpu_s)
            send(answers, found)
    # The services needn't end in order, but nothing of theirs stays.
    shutil.rmtree(standing.system.scratch, ignore_errors=True)
    os._exit(0)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
