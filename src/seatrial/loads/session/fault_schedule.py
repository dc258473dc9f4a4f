"""Faults and scenarios while load runs, each at its time on the run's clock."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import TypeAdapter, ValidationError

from seatrial.errors import SeatrialError, UsageError
from seatrial.faults import FaultSpec, ProcessFault
from seatrial.faults import faults as catalogue
from seatrial.loads.evidence import FaultSpan
from seatrial.loads.profile import FaultAt
from seatrial.scenarios import LiveEdge, Scenario
from seatrial.system import run_async
from seatrial.tap import ACTIONS, Action, AnyAction, TapClient
from seatrial.testbed import CallDriver, Upstream, WireTestbed
from seatrial.wires import AnyFault, Service, Wire, fault_text

_HTTP = "http-"
_ACTION: TypeAdapter[Any] = TypeAdapter(AnyAction)


@dataclass(frozen=True)
class ScenarioAt:
    """A chaos scenario that runs together with load, `at_s` seconds after its start.

    Its calls come between those of the load, so that only the load is judged.
    """

    scenario: Scenario
    at_s: float


def read_fault(fault: FaultAt) -> AnyFault:
    """Return the fault that a schedule names.

    Raises:
        UsageError: there is none of that name, or an option is wrong.
    """
    kind = fault.name.removeprefix(_HTTP)
    try:
        if fault.name.startswith(_HTTP) and kind in ACTIONS:
            action: Action = _ACTION.validate_python({"kind": kind, **fault.options})
            return action
        if fault.name in catalogue():
            made = catalogue()[fault.name](**fault.options)
            assert isinstance(made, FaultSpec | ProcessFault)
            return made
    except (ValidationError, TypeError) as error:
        said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise UsageError(f"fault {fault.name}: {said}") from None
    known = [*catalogue(), *(f"{_HTTP}{name}" for name in ACTIONS)]
    raise UsageError(f"there is no fault {fault.name!r}; there is: {', '.join(known)}")


@dataclass
class FaultSchedule:
    """Applies faults and runs scenarios during a run, in a thread of its own."""

    testbed: WireTestbed
    consumer: Service
    faults: Sequence[FaultAt]
    scenarios: Sequence[ScenarioAt] = ()
    entities: Sequence[str] = ()
    """Ids that nobody else asks for, for the scenarios."""
    spans: list[FaultSpan] = field(default_factory=list)
    """Each fault as it really was, with its times."""
    problems: list[str] = field(default_factory=list)
    """Reasons why the run proves nothing: something couldn't be done."""

    def __post_init__(self) -> None:
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Event

    def start(self, started_s: float) -> None:
        """Begin; all times count from here."""
        if self.faults or self.scenarios:
            self._thread = threading.Thread(
                target=lambda: run_async(self._run_all(started_s)),
                name="fault-schedule",
                daemon=True,
            )
            self._thread.start()
            self._ready.wait()

    def stop(self) -> None:
        """Remove what is still on, and wait until all is in order again."""
        if self._thread is not None and self._thread.is_alive():
            with suppress(RuntimeError):  # it has just ended by itself
                self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()
        if self._thread is not None:
            due = len(self.faults) + len(self.scenarios)
            if len(self.spans) < due and not self.problems:
                self.problems.append(
                    f"the run was over before {due - len(self.spans)} of {due} faults began"
                )

    async def _run_all(self, started_s: float) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        async with TapClient(self.testbed.tap.control_url) as tap:
            wire = self.testbed.wire(tap, self.consumer)
            acts = [
                self._act(one.name, started_s + one.at_s, partial(self._apply, wire, one))
                for one in self.faults
            ]
            for timed in self.scenarios:
                run = partial(self._run_scenario, wire, timed.scenario)
                acts.append(self._act(timed.scenario.name, started_s + timed.at_s, run))
            await asyncio.gather(*acts)

    async def _act(self, name: str, at_s: float, act: Callable[[], Awaitable[FaultSpan]]) -> None:
        await self._wait(at_s)
        if self._over.is_set():
            return
        try:
            self.spans.append(await act())
        except SeatrialError as error:
            self.problems.append(f"{name} could not be applied: {error}")

    async def _wait(self, until_s: float) -> None:
        """Wait until a moment of `time.monotonic()`, or the run's end."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), max(0.0, until_s - time.monotonic()))

    async def _apply(self, wire: Wire, fault: FaultAt) -> FaultSpan:
        what = read_fault(fault)
        match = Upstream(self.testbed.edge.upstream).match if isinstance(what, Action) else None
        began_s = time.monotonic()
        async with wire.fault(what, on=fault.on, match=match):
            # A fault is on from somewhere between the two; its figures begin with the earlier one.
            await self._wait(time.monotonic() + fault.for_s)
        return FaultSpan(fault.name, began_s, time.monotonic(), fault.on, fault_text(what))

    async def _run_scenario(self, wire: Wire, scenario: Scenario) -> FaultSpan:
        began_s = time.monotonic()
        async with self.testbed.source() as source:
            caller = CallDriver(self.testbed.edge, self.consumer.url, self.consumer.ending)
            edge = LiveEdge(self.testbed.edge, caller, wire, source, self.entities)
            try:
                await scenario.run(edge)
            finally:
                await caller.close()
        return FaultSpan(scenario.name, began_s, time.monotonic())
