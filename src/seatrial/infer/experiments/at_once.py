"""How many failures open a breaker that forgets them before as many fail one after the other."""

from collections.abc import Sequence

from seatrial.infer.experiment import AT_ONCE, Experiment, Known, experiment
from seatrial.infer.experiments.breaker import (
    MOST_AT_ONCE,
    open_for,
    open_time,
    trip,
    tripping_kind,
)
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials

_COUNTED, _OPENED = "counted", "opened"
_TWICE = 2


@experiment
class AtOnce(Experiment):
    """Fail ever fewer calls at the same time, until they don't open it."""

    name = "at-once"
    question = "how many failures at once open the breaker"
    gives = (AT_ONCE,)
    after = ("breaker",)

    def skipped(self, known: Known) -> str | None:
        """It takes a breaker that many calls opened, and as many one after the other didn't."""
        if known.parameters["breaker"].value is None:
            return "no breaker was seen to open"
        if known.parameters["breaker"].high is not None:
            return "calls that fail one after the other open it"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Look for the number, and then for the open time."""
        kind = tripping_kind(known)

        async def count(lab: Lab, failures: int) -> Trial:
            opened = await trip(lab, kind, at_once=failures, most=0)
            calls = [*opened.calls, await lab.call()]
            return await lab.trial(_COUNTED, calls, {"failures": float(failures)})

        found: list[Trial] = []
        least, most = 1, MOST_AT_ONCE
        while most - least > 1 and bench.repeatable:
            step = max(1, (most - least) // (bench.concurrency + 1))
            numbers = range(least + step, most, step)[: bench.concurrency]
            found += await bench.each(list(numbers), count)
            narrowed = _bounds(found, MOST_AT_ONCE)
            if narrowed == (least, most):
                break
            least, most = narrowed

        async def stay_open(lab: Lab, label: str) -> Trial:
            opened = await trip(lab, kind, at_once=most)
            after, again = await open_for(lab) if opened.silent else ([], False)
            facts = {"tripped": float(len(opened.calls)), "reopened": float(again)}
            return await lab.trial(label, opened.calls + after, facts, whole=opened.silent)

        return [*found, *await bench.on_each([_OPENED] * _TWICE, stay_open)]

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Say the least number that opened it, where the next smaller one didn't."""
        counted, opened = trials(seen, _COUNTED), trials(seen, _OPENED)
        least, most = _bounds(counted, MOST_AT_ONCE)
        if most - least != 1 or not opened:
            unsure = Inferred.undecided(
                "it wasn't the same number each time", observations=len(counted)
            )
            return Known({AT_ONCE: unsure})
        text = f"{most} calls that failed at the same time opened it, {least} didn't"
        found = Inferred.measured(most, text, observations=len(counted))
        breaker = Inferred.measured(True, text, observations=len(counted), low=most, high=most)
        return Known(
            {AT_ONCE: found, "breaker": breaker, "breaker.open_s": open_time(opened)},
        )


def _bounds(found: Sequence[Trial], most: int) -> tuple[int, int]:
    """Return the most failures that didn't open it, below the fewest that did."""
    opened = {int(one.facts["failures"]) for one in found if not one.attempts_of(one.calls[-1])}
    fewest = min(opened, default=most)
    left = {int(one.facts["failures"]) for one in found} - opened
    return max((one for one in left if one < fewest), default=1), fewest
