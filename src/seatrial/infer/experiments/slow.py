"""Whether good answers that are slow open the breaker."""

from collections.abc import Sequence

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials
from seatrial.tap import Delay

NAME = "breaker.rate.slow_s"
_LABEL = "slow"
_LEAST_CALLS = 20
_TIMES = 2
"""As many as open it when they fail: the share of slow calls may be another one."""
_LONGEST_S = 3.0
_TELLING_S = 0.1


@experiment
class Slow(Experiment):
    """Answer many calls well, each as late as it may be, and ask once more."""

    name = "slow"
    question = "whether slow answers open the breaker"
    gives = ()
    after = ("breaker", "at-once", "half-open", "timeouts")

    def skipped(self, known: Known) -> str | None:
        """It takes a breaker that stays open for a known time."""
        if known.parameters["breaker"].high is None or not known.parameters["breaker.open_s"].low:
            return "no breaker was seen to open, and to stay so"
        if known.hold_s < _TELLING_S:
            return "attempts are given up before a call is slow"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Delay all requests of calls at the same time."""
        delay_s = min(known.hold_s, _LONGEST_S)
        count = max(_LEAST_CALLS, _TIMES * int(known.parameters["breaker"].high or 1))

        async def work(lab: Lab, label: str) -> Trial:
            async with lab.fault(Delay(delay_s=delay_s)):
                calls = await lab.about(await lab.new_entities(count), together=count)
            calls.append(await lab.call())
            return await lab.trial(label, calls, {"delay_s": delay_s})

        return await bench.on_each([_LABEL], work)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Say that such calls are slow ones, or that they aren't."""
        open_s = known.parameters["breaker.open_s"].low or 0.0
        found = _slow(trials(seen, _LABEL), open_s)
        return Known() if found is None else Known({NAME: found})


def _slow(found: Sequence[Trial], open_s: float) -> Inferred | None:
    if not found:
        return None
    *slow, after = found[0].calls
    delay_s = found[0].facts["delay_s"]
    if any(call.outcome != "good" for call in slow):
        return Inferred.undecided("not all slow calls were answered well", observations=len(slow))
    text = f"{len(slow)} calls at once that were answered well after {delay_s:.2f} s"
    if not found[0].attempts_of(after):
        return Inferred.bounded(f"{text} opened it", observations=len(slow), low=0.0, high=delay_s)
    if after.started_s - min(call.ended_s for call in slow) >= open_s:
        return Inferred.undecided("the machine was too slow to look in time")
    return Inferred.bounded(f"{text} didn't open it", observations=len(slow), low=delay_s)
