"""A case on an engine of its own: a real Toxiproxy where there is one."""

from seatrial.explore.model import Observation, Plan
from seatrial.explore.spec import RunnerSpec
from seatrial.explore.toxics import is_faithful
from seatrial.faults import Engine
from seatrial.results import Replay


def replay(spec: RunnerSpec, plan: Plan, engine: Engine) -> Observation:
    """Run a plan with the network's faults made by an engine.

    Raises:
        UsageError: the system can't be started, or the journey doesn't work without faults.
    """
    with spec(engine) as run:
        return run(plan)


def replayed(seen: Observation, plan: Plan, broke: tuple[str, ...], engine: Engine) -> Replay:
    """Return what a replay showed.

    Args:
        seen: its run.
        plan: what was to be injected.
        broke: the invariants that the case broke when it was found.
        engine: that made the faults.
    """
    again = {one.invariant for one in seen.broke}
    by_tap = sorted({fault.kind for fault in plan if not is_faithful(fault.kind)})
    return Replay(
        engine=engine.name,
        faithful=not by_tap,
        by_tap=tuple(by_tap),
        reproduced=seen.undecided is None and bool(again & set(broke) if broke else again),
    )
