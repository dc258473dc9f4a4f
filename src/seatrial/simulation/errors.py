"""The errors of a simulated run."""

from collections.abc import Sequence


class SimulationError(RuntimeError):
    """The base of what this package raises."""


class UnsupportedError(SimulationError):
    """The application asked for something that a simulated run can't do.

    Attributes:
        what: What was asked for.
        where: The line of code that asked.
    """

    def __init__(self, what: str, where: str, advice: str) -> None:
        self.what = what
        self.where = where
        super().__init__(f"{what} can't be simulated, asked for at {where}. {advice}")


class DeadlockError(SimulationError):
    """Every task waits, and nothing is left that could wake one of them.

    Attributes:
        waiting: A line for each waiting task: its name, and where it waits.
    """

    def __init__(self, waiting: Sequence[str]) -> None:
        self.waiting = tuple(waiting)
        tasks = "".join(f"\n  {line}" for line in self.waiting) or " none is left"
        super().__init__(
            "deadlock: no timer is set and no bytes are on their way, so nothing can wake "
            f"the tasks that wait:{tasks}"
        )


class WallClockError(SimulationError):
    """The run took longer, in real time, than it may."""

    def __init__(self, limit_s: float, elapsed_s: float, waiting: Sequence[str]) -> None:
        tasks = "".join(f"\n  {line}" for line in waiting)
        super().__init__(
            f"the simulated run took more than {limit_s:g} s of real time, and stands at "
            f"{elapsed_s:.3f} virtual s: something repeats without end, or needs a higher "
            f"wall_limit_s. Its tasks:{tasks}"
        )
