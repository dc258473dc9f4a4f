"""The rate of failures that opens a breaker which doesn't count failures in a row."""

from collections.abc import Mapping, Sequence

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.experiments.breaker import trip, tripping_kind
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.infer.trials import Observation, Trial, trials

_GOOD = (1, 4, 12, 24)
"""Good calls before the failures: each number on a consumer of its own."""
_FEW, _MANY = _GOOD[:2], _GOOD[2:]
_WIDE = 0.06
NAMES = ("breaker.rate.failures", "breaker.rate.minimum_calls", "breaker.rate.window_calls")


@experiment
class Rate(Experiment):
    """Fail until it opens, after few good calls and after many."""

    name = "rate"
    question = "which rate of failures opens the breaker"
    gives = ()
    after = ("breaker", "half-open")

    def skipped(self, known: Known) -> str | None:
        """It takes a breaker that opens, and not after a fixed number of failures in a row."""
        if known.parameters["breaker"].value is None:
            return "no breaker was seen to open"
        if known.parameters["breaker.failures"].certainty is not Certainty.UNDECIDED:
            return "it counts failures in a row"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Count the failures that open it."""
        kind = tripping_kind(known)

        async def work(lab: Lab, good: int) -> Trial:
            await lab.about(await lab.new_entities(good - len(lab.driver.made)), together=1)
            made = len(lab.driver.made)
            opened = await trip(lab, kind)
            facts = {"good": float(made), "silent": float(opened.silent)}
            return await lab.trial("opened", opened.calls, facts)

        return await bench.each(_GOOD, work)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Fit a rate and a least number of calls to all of them."""
        found = trials(seen, "opened")
        failed = {int(one.facts["good"]): _failed(one) for one in found if one.facts["silent"]}
        if set(failed) != set(_GOOD):
            unsure = Inferred.undecided("it didn't open after each number of good calls")
            return Known(dict.fromkeys(NAMES, unsure))
        text = ", ".join(f"{good} good calls: {count}" for good, count in failed.items())
        return Known(_fitted(failed, f"failed calls that opened it after {text}"))


def _failed(trial: Trial) -> int:
    return sum(bool(trial.attempts_of(call)) for call in trial.calls)


def _fitted(failed: Mapping[int, int], text: str) -> dict[str, Inferred]:
    rate, minimum, window = NAMES
    count = sum(failed.values())
    low, high = _share(failed, _MANY)
    totals = {good + failed[good] for good in _FEW}
    unsure = Inferred.undecided(text, observations=count)
    if low >= high or len(set(failed.values())) == 1:
        why = Inferred.undecided(
            f"{text}: a number of failures within a window, or a rate over few calls, explains it",
            observations=count,
        )
        return {rate: why, minimum: why, window: why}
    least = Inferred.bounded(text, observations=count, low=1, high=min(totals))
    if len(totals) == 1 and high < min(failed[good] / (good + failed[good]) for good in _FEW):
        least = Inferred.measured(totals.pop(), text, observations=count)
    share = (
        Inferred.measured(round(high, 3), text, observations=count, low=low, high=high)
        if high - low <= _WIDE
        else Inferred.bounded(text, observations=count, low=low, high=high)
    )
    longest = max(good + failed[good] for good in _MANY)
    of_all = Inferred.bounded(
        f"{text}: all of {longest} calls were in the window", observations=count, low=longest
    )
    return {rate: share, minimum: least, window: of_all if share.is_measured else unsure}


def _share(failed: Mapping[int, int], goods: Sequence[int]) -> tuple[float, float]:
    """Return the share of failures that opened it, over which no earlier one would have."""
    brackets = [
        ((failed[good] - 1) / (good + failed[good] - 1), failed[good] / (good + failed[good]))
        for good in goods
    ]
    return max(low for low, _ in brackets), min(high for _, high in brackets)
