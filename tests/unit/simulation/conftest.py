"""The loops that a transport test runs on."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from seatrial.simulation import Simulation

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def sim() -> Simulation:
    """A simulation, not entered."""
    return Simulation(seed=1)


@pytest.fixture(params=["selector", "simulated"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run a coroutine on the real selector loop, and on the simulated one."""
    if request.param == "simulated":
        return Simulation(seed=1).run

    def run_for_real(main: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            return runner.run(main)

    return run_for_real
