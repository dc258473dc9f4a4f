"""The rate of failures that opens a breaker which doesn't count failures in a row."""

from collections.abc import Mapping

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.experiments.breaker import trip, tripping_kind
from seatrial.infer.experiments.window import NAME as WINDOW
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Behaviour, Certainty, Inferred
from seatrial.infer.rates import laws_of
from seatrial.infer.trials import Observation, Trial, trials

_GOOD = (1, 4, 8, 12, 24, 60)
"""Good calls before the failures: each number on a consumer of its own."""
_LEAST = 4
"""Of them: fewer are explained by too many rates."""
_MOST_FAILURES = 120
_WIDE = 0.06
NAMES = ("breaker.rate.failures", "breaker.rate.minimum_calls", "breaker.rate.window_calls")


@experiment
class Rate(Experiment):
    """Fail until it opens, after few good calls and after many."""

    name = "rate"
    question = "which rate of failures opens the breaker"
    gives = ()
    after = ("breaker", "half-open", "window")

    def skipped(self, known: Known) -> str | None:
        """It takes a breaker that opens, and not after a fixed number of failures in a row."""
        if known.parameters["breaker"].value is None:
            return "no breaker was seen to open"
        if known.parameters["breaker.failures"].certainty is not Certainty.UNDECIDED:
            return "it counts failures in a row"
        if known.at_once:
            return "calls that fail one after the other don't open it"
        attempts = known.behaviour.get(tripping_kind(known), Behaviour()).attempts
        if attempts != 1 and known.parameters["breaker.order"].value != "around-retry":
            return "it isn't known whether it counts calls or attempts"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Count the failures that open it; calls before count on a consumer that runs already."""
        if not bench.repeatable:
            return ()
        kind = tripping_kind(known)

        async def work(lab: Lab, good: int) -> Trial:
            await lab.about(await lab.new_entities(good - len(lab.driver.made)), together=1)
            made = len(lab.driver.made)
            opened = await trip(lab, kind, _MOST_FAILURES)
            took_s = opened.calls[-1].ended_s - lab.driver.made[0].started_s
            facts = {"good": float(made), "silent": float(opened.silent), "took_s": took_s}
            return await lab.trial("opened", opened.calls, facts)

        return await bench.each(_GOOD, work)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Fit a rate and a least number of calls to all of them."""
        window = known.parameters.get(WINDOW, Inferred.undecided(""))
        # What took longer, failures and good calls may have left a window of time.
        longest_s = window.low or 0.0
        found = [one for one in trials(seen, "opened") if one.facts["took_s"] <= longest_s]
        failed = {int(one.facts["good"]): _failed(one) for one in found if one.facts["silent"]}
        if len(failed) < _LEAST:
            unsure = Inferred.undecided(
                "it takes fresh consumers that open after different numbers of good calls, within "
                "the time that the breaker surely remembers them",
                observations=len(failed),
            )
            return Known(dict.fromkeys(NAMES, unsure))
        text = ", ".join(f"{good} good calls: {count}" for good, count in failed.items())
        text = f"failed calls that opened it after {text}"
        return Known(_fitted(failed, text, of_time=window.high is not None))


def _failed(trial: Trial) -> int:
    return sum(bool(trial.attempts_of(call)) for call in trial.calls)


def _fitted(failed: Mapping[int, int], text: str, *, of_time: bool = False) -> dict[str, Inferred]:
    rate, minimum, window = NAMES
    count = sum(failed.values())
    found = laws_of(failed)
    if of_time:
        found = [law for law in found if law.window_calls is None]
    if len(set(failed.values())) == 1 or not found:
        many = "a number of failures within a window, or a rate over few calls, explains it"
        none = "no rate over a window of calls explains it: one of time, or of slow calls, may"
        why = Inferred.undecided(f"{text}: {many if found else none}", observations=count)
        return dict.fromkeys(NAMES, why)
    shares = [law.share for law in found]
    windows = [law.window_calls for law in found]
    return {
        rate: _share(min(shares), max(shares), text, count),
        minimum: _count(
            min(law.minimum_calls[0] for law in found),
            max(law.minimum_calls[1] for law in found),
            text,
            count,
        ),
        window: Inferred.absent(f"its window is one of time; {text}", observations=count)
        if of_time
        else _count(
            min((one for one in windows if one is not None), default=None)
            or max(good + one for good, one in failed.items()),
            None if None in windows else max(one for one in windows if one is not None),
            text,
            count,
        ),
    }


def _share(low: float, high: float, text: str, count: int) -> Inferred:
    """Say the one share within these that people write, where there is one."""
    usual = [place / 20 for place in range(1, 21) if low <= place / 20 <= high]
    if high - low > _WIDE or len(usual) > 1 or (low < high and not usual):
        return Inferred.bounded(text, observations=count, low=low, high=high)
    value = usual[0] if usual else low
    return Inferred.measured(value, text, observations=count, low=low, high=high)


def _count(low: int, high: int | None, text: str, count: int) -> Inferred:
    if low == high:
        return Inferred.measured(low, text, observations=count)
    return Inferred.bounded(text, observations=count, low=low, high=high)
