"""Services that a run kills: started again once each, and not held to answers meanwhile."""

import asyncio
import threading
from collections import Counter
from typing import Any, cast

from seatrial.config import Config
from seatrial.explore.judging import Judge, Shown
from seatrial.explore.processes import Outage, Processes
from seatrial.explore.system import Step
from seatrial.system import Launcher, Running


class FakeProcess:
    """Runs until it is killed."""

    def __init__(self, system: "FakeSystem") -> None:
        self.running = True
        self._system = system

    def kill(self) -> None:
        """End it."""
        self.running = False
        self._system.said.append("killed")
        if self._system.said.count("killed") == 2:
            self._system.twice.set()


class FakeSystem:
    """Starts one service, and is slow to do so while it might be killed again."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.twice = threading.Event()

    def life(self) -> Any:
        """Return the service as it runs."""
        found = type("Life", (), {})()
        found.name, found.url, found.process = "shop", "http://shop", FakeProcess(self)
        return found

    def restart(self, _running: Any, _override: Any) -> Any:
        """Start it again."""
        self.said.append("starting")
        self.twice.wait(0.1)
        self.said.append("runs")
        return self.life()


def test_two_faults_at_once_start_a_service_once_each() -> None:
    system, processes = FakeSystem(), Processes()
    processes.stand(
        cast("Launcher", system), {"shop": cast("Running", system.life())}, lambda *_: ""
    )

    async def crash_twice() -> None:
        await asyncio.gather(processes.crash("shop"), processes.crash("shop"))
        await processes.up()

    asyncio.run(crash_twice())
    assert system.said == ["killed", "starting", "runs"] * 2
    first, second = processes.outages["shop"]
    assert first.since_s < first.until_s <= second.since_s < second.until_s


def unanswered(started_s: float) -> list[str]:
    step = Step(1, "shop", "GET", "/", "", started_s, "trace", ended_s=started_s + 1)
    step.error = "ConnectError: refused"
    judge = Judge(Config(services={}, edges={}), (), Counter())
    shown = Shown([step], (), (), {"shop": [Outage(10.0, 12.0)]})
    return [one.invariant for one in judge.judge(shown)]


def test_a_step_needs_no_answer_from_a_service_that_is_killed_or_not_up_again() -> None:
    assert unanswered(9.5) == [], "it was killed in the middle"
    assert unanswered(11.0) == [], "it wasn't up again"
    assert unanswered(8.0) == ["answers"]
    assert unanswered(12.5) == ["answers"]
