"""A process that ends while the system runs is reported once, and started again ever later."""

import itertools
from dataclasses import dataclass, field

from seatrial.cli.watch import Watch
from seatrial.errors import UsageError


@dataclass(eq=False)
class Ended:
    """A process, as much of it as is watched."""

    name: str
    running: bool = True
    returncode: int | None = None

    def tail(self, lines: int) -> str:
        """Its last words."""
        return f"the last {lines} lines"

    def end(self, status: int) -> None:
        """End with this status."""
        self.running, self.returncode = False, status


@dataclass
class Scene:
    """Processes, a clock, and what was said of them."""

    processes: list[Ended] = field(default_factory=lambda: [Ended("shop"), Ended("tap")])
    now_s: float = 0.0
    said: list[str] = field(default_factory=list)
    refusals: int = 0

    def watch(self, *, restart: bool = False) -> Watch:
        """Watch them; a restart is a new process."""

        def shop() -> str:
            self.processes.append(Ended("shop"))
            if self.refusals:
                self.refusals -= 1
                self.processes[-1].end(1)
                raise UsageError("shop can't listen")
            return "http://shop"

        restarts = {"shop": shop} if restart else {}
        return Watch(lambda: self.processes, restarts, self.said.append, lambda: self.now_s)  # type: ignore[arg-type, return-value]


def test_what_ends_is_reported_once_with_its_last_lines_and_how_to_have_it_restarted() -> None:
    scene = Scene()
    watch = scene.watch()
    watch.look()
    assert scene.said == []
    scene.processes[0].end(137)
    for _ in range(3):
        watch.look()
    assert scene.said == [
        "shop has ended by signal 9. It said last:\nthe last 5 lines\n"
        "Start with --restart, and what ends is started again."
    ]


def test_what_had_ended_before_is_not_reported() -> None:
    scene = Scene()
    scene.processes[0].end(0)
    scene.watch().look()
    assert scene.said == []


def test_what_can_be_started_again_is_and_the_rest_is_reported_alone() -> None:
    scene = Scene()
    watch = scene.watch(restart=True)
    scene.processes[0].end(3)
    scene.processes[1].end(1)
    watch.look()
    assert [sentence.splitlines()[0] for sentence in scene.said] == [
        "shop has ended with status 3. It said last:",
        "tap has ended with status 1. It said last:",
        "shop is started again: http://shop",
    ]
    watch.look()
    assert len(scene.said) == 3


def test_what_ends_again_and_again_is_started_less_and_less_often() -> None:
    scene = Scene()
    watch = scene.watch(restart=True)
    starts_s = []
    for tenth in range(300):
        scene.now_s = tenth / 10
        before = len(scene.processes)
        scene.processes[-1 if before > 2 else 0].end(1)
        watch.look()
        if len(scene.processes) > before:
            starts_s.append(scene.now_s)
    assert starts_s[0] == 0
    pauses_s = [after - before for before, after in itertools.pairwise(starts_s)]
    assert len(pauses_s) == 4
    assert pauses_s == sorted(pauses_s)
    assert pauses_s[0] >= 1


def test_a_restart_that_fails_is_said_once_and_tried_again() -> None:
    scene = Scene(refusals=1)
    watch = scene.watch(restart=True)
    scene.processes[0].end(1)
    watch.look()
    assert scene.said[1:] == [
        "shop can't listen\nshop isn't started again; the next attempt is in 1 s"
    ]
    watch.look()
    assert len(scene.said) == 2
    scene.now_s = 1.0
    watch.look()
    assert scene.said[2:] == ["shop is started again: http://shop"]
