"""The order of experiments: each after those whose conclusions it reads."""

from collections.abc import Callable, Iterable, Mapping
from graphlib import TopologicalSorter

import seatrial.infer.experiments  # noqa: F401 - registers them
from seatrial.errors import InvalidRun
from seatrial.infer.experiment import EXPERIMENTS, SHARED, Experiment, Known
from seatrial.infer.lab import Bench
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation

OnProgress = Callable[[Experiment, Known], None]
OnObservation = Callable[[Experiment, Observation], None]


def in_order(experiments: Iterable[Experiment] | None = None) -> list[Experiment]:
    """Return the experiments so that each comes after those that it reads."""
    chosen = {one.name: one for one in experiments or EXPERIMENTS.values()}
    graph = {
        name: [after for after in one.after if after in chosen] for name, one in chosen.items()
    }
    return [chosen[name] for name in TopologicalSorter(graph).static_order()]


async def infer(
    bench: Bench,
    *,
    before: OnProgress = lambda *_: None,
    after: OnProgress = lambda *_: None,
    observed: OnObservation = lambda *_: None,
) -> Known:
    """Make all experiments that have a point, and return what is known then.

    Args:
        bench: where they are made.
        before: called as each begins, with what is known so far.
        after: called as each ends, with what is known then.
        observed: called with what each saw.

    Raises:
        InvalidRun: the consumer isn't well, or not on our wire.
    """
    known = Known()
    for one in in_order():
        reason = _pointless(known) or one.skipped(known)
        if reason is not None:
            known = _without(one, known, reason)
            continue
        before(one, known)
        try:
            seen = await one.observe(bench, known)
            observed(one, seen)
            known = known.plus(one.conclude(seen, known))
        except InvalidRun:
            if not known.parameters:
                raise
            known = _without(one, known, "the consumer could not be brought back to answer well")
        after(one, known)
    return known


def conclude_again(seen: Mapping[str, Observation]) -> Known:
    """Conclude from what was seen earlier, by the experiments' names; nothing goes on the wire."""
    known = Known()
    for one in in_order():
        reason = _pointless(known) or one.skipped(known)
        if reason is None and one.observes and one.name not in seen:
            reason = "it wasn't observed"
        if reason is None:
            known = known.plus(one.conclude(seen.get(one.name, ()), known))
        else:
            known = _without(one, known, reason)
    return known


def _pointless(known: Known) -> str | None:
    """Return why no experiment can tell its calls from each other; None where they can."""
    if SHARED not in known.parameters:
        return None
    return "calls about new entities are answered without the provider, so that none of them tells"


def _without(one: Experiment, known: Known, reason: str) -> Known:
    """Say why an experiment concluded nothing; what others found out stays."""
    missing = [name for name in one.gives if name not in known.parameters]
    return known.plus(Known(dict.fromkeys(missing, Inferred.undecided(reason))))
