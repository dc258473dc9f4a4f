"""A case on an engine of its own: a real Toxiproxy where there is one."""

from seatrial.explore.execution import Runner
from seatrial.explore.model import Plan
from seatrial.explore.toxics import is_faithful
from seatrial.faults import Engine
from seatrial.results import Replay

_RUNS = 2
"""A busy machine may let one run miss the moment that the fault needs."""


def replay(run: Runner, plan: Plan, broke: tuple[str, ...], engine: Engine) -> Replay:
    """Run a case again, and once more where it isn't reproduced at first.

    Args:
        run: on the engine.
        plan: what is injected.
        broke: the invariants that the case broke when it was found.
        engine: makes the faults.

    Raises:
        UsageError: the system can't be started, or the journey doesn't work without faults.
    """
    by_tap = sorted({fault.kind for fault in plan if not is_faithful(fault)})
    return Replay(
        engine=engine.name,
        faithful=not by_tap,
        by_tap=tuple(by_tap),
        reproduced=any(_breaks(run, plan, broke) for _ in range(_RUNS)),
    )


def _breaks(run: Runner, plan: Plan, broke: tuple[str, ...]) -> bool:
    seen = run(plan)
    again = {one.invariant for one in seen.broke}
    return seen.undecided is None and bool(again & set(broke) if broke else again)
