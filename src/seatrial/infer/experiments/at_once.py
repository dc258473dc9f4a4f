"""How many failures open a breaker that forgets them before as many fail one after the other."""

from collections.abc import Sequence

from seatrial.infer.experiment import AT_ONCE, Experiment, Known, experiment
from seatrial.infer.experiments.breaker import (
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
_TRIES = 3
_MOST = 40
"""Failures at once: a breaker that more are needed for is left."""
_SOON_S = 0.8
"""A call that looks whether it is open comes sooner after the first failure."""


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
            for _ in range(_TRIES):
                opened = await trip(lab, kind, at_once=failures, most=0)
                calls = [*opened.calls, await lab.call()]
                trial = await lab.trial(_COUNTED, calls, {"failures": float(failures)})
                if _opened(trial) or _late_s(trial) < _SOON_S:
                    break
            return trial

        found = await bench.each([_MOST], count) if bench.repeatable else []
        least, most = 1, _MOST
        while _bounds(found)[1] is not None and most - least > 1:
            step = max(1, (most - least) // (bench.concurrency + 1))
            numbers = list(range(least + step, most, step))[: bench.concurrency]
            found += await bench.each(numbers, count)
            narrowed = _bounds(found)
            if narrowed == (least, most) or narrowed[1] is None:
                break
            least, most = narrowed[0], narrowed[1]
        if most - least != 1:
            return found
        found += await bench.each([least, most], count)

        async def stay_open(lab: Lab, label: str) -> Trial:
            opened = await trip(lab, kind, at_once=most)
            after, again = await open_for(lab) if opened.silent else ([], False)
            facts = {"tripped": float(len(opened.calls)), "reopened": float(again)}
            return await lab.trial(label, opened.calls + after, facts, whole=opened.silent)

        return [*found, *await bench.on_each([_OPENED] * _TWICE, stay_open)]

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Say the least number that opened it, where the next smaller one didn't, twice."""
        counted, opened = trials(seen, _COUNTED), trials(seen, _OPENED)
        unsure = Inferred.undecided(
            "it wasn't the same number each time, or a call came so late that it may have closed "
            "again",
            observations=len(counted),
        )
        if not opened:
            return Known({AT_ONCE: unsure})
        open_s = open_time(opened)
        surely = [one for one in counted if _opened(one) or _late_s(one) < (open_s.low or 0.0)]
        least, most = _bounds(surely)
        times = [int(one.facts["failures"]) for one in surely]
        if most is None or most - least != 1 or min(times.count(least), times.count(most)) < _TWICE:
            return Known({AT_ONCE: unsure})
        text = f"{most} calls that failed at the same time opened it, {least} didn't"
        found = Inferred.measured(most, text, observations=len(counted))
        breaker = Inferred.measured(True, text, observations=len(counted), low=most, high=most)
        return Known({AT_ONCE: found, "breaker": breaker, "breaker.open_s": open_s})


def _opened(trial: Trial) -> bool:
    """Return whether the call after those that failed sent nothing."""
    return not trial.attempts_of(trial.calls[-1])


def _late_s(trial: Trial) -> float:
    """Return how long after the first failure the call came that looks whether it is open."""
    return trial.calls[-1].started_s - min(call.ended_s for call in trial.calls[:-1])


def _bounds(found: Sequence[Trial]) -> tuple[int, int | None]:
    """Return the most failures that didn't open it, below the fewest that did; None: none did."""
    opened = {int(one.facts["failures"]) for one in found if _opened(one)}
    fewest = min(opened, default=None)
    left = {int(one.facts["failures"]) for one in found} - opened
    return max((one for one in left if fewest is None or one < fewest), default=1), fewest
