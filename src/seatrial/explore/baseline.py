"""What a journey shows without faults, and what a run shows next to that."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from seatrial.explore.driven import Driven
from seatrial.explore.fanout import Alike, Telling
from seatrial.explore.judging import Judge
from seatrial.explore.kinds import chosen, ends_consumer
from seatrial.explore.model import Observation, Violation
from seatrial.explore.parents import Operation, answer_of, calls_of, with_recovery
from seatrial.explore.system import Step
from seatrial.explore.watch import Watch


@dataclass
class Baseline:
    """What a journey shows without faults."""

    judge: Judge
    fixed: frozenset[str]
    steps: tuple[Step, ...]
    telling: Telling
    quiet_s: float = 0.0
    """So long nothing is sent once a run has ended, where services send in the background."""
    background: frozenset[Operation] = frozenset()
    """What they send there."""
    uses_quiet_s: float = 0.0
    """The same of uses of stores, where these matter: when they come is chance."""
    sporadic: Mapping[Operation, int] = field(default_factory=dict)
    """See `sporadic_uses`."""


def observation(
    journey: str,
    driven: Driven,
    baseline: Baseline,
    broke: Sequence[Violation],
    *,
    kinds_tried: Collection[str],
    took_s: float,
) -> Observation:
    """Return what a run showed.

    Args:
        journey: that was run.
        driven: the run, with its recovery.
        baseline: the journey without faults.
        broke: the promises that it broke.
        kinds_tried: of faults; none: all.
        took_s: with all that is asked afterwards.
    """
    watch, steps = driven.watch, driven.steps
    calls = calls_of(watch, steps, baseline.background)
    for one in driven.recovery:
        calls = with_recovery(calls, calls_of(one.watch, one.steps, baseline.background))
    sent_by = {one.point: one.consumer for one in calls}
    kinds = watch.after | {
        call.point: tuple(
            kind
            for kind in call.kinds
            if not ends_consumer(kind) or sent_by[call.point] == call.edge.consumer
        )
        for call in watch.calls
    }
    kinds |= {
        use.point: use.kinds
        for use in watch.uses
        if use.point.ordinal <= baseline.sporadic.get((use.point.edge, use.point.operation), inf)
    }
    return Observation(
        journey=journey,
        plan=watch.plan,
        injected=frozenset(watch.injected),
        calls=calls,
        answers=tuple(answer_of(step, watch.aliases) for step in steps),
        alternatives={point: chosen(those, kinds_tried) for point, those in kinds.items()},
        broke=tuple(broke),
        seconds=took_s,
    )


def bodies_of(watch: Watch, fixed: frozenset[str]) -> list[tuple[Alike, str]]:
    """Return what requests are called without their bodies, and these."""
    aliases = watch.aliases
    aliases.fixed = fixed
    found = []
    for call in watch.calls:
        entry = call.entry
        about = aliases.about(entry.method, entry.path, entry.query)
        operation = aliases.operation(entry.method, entry.path)
        found.append(((call.edge.name, operation, about), aliases.canonical(call.content)))
    return found
