"""Whether all calls together may send only so many further attempts."""

from seatrial.checks import Call
from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.experiments.waits import repeated_kind
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials
from seatrial.tap import Action

_BATCH = 10
_CALLS = 120
_GOOD = 100
"""Good calls before the storm in one of its two sizes: they earn a ratio's worth of retries."""
_LEAST_EARNED = 4


@experiment
class Budget(Experiment):
    """Fail all attempts of many calls but the last, faster than a budget fills."""

    name = "budget"
    question = "whether retries are limited over all calls"
    gives = ("retry.budget", "retry.budget.ratio", "retry.budget.floor")
    after = ("attempts", "waits", "timeouts", "half-open")

    def skipped(self, known: Known) -> str | None:
        """Nothing is limited where nothing is repeated."""
        if repeated_kind(known) is None:
            return "nothing is repeated"
        inside = known.parameters["breaker.order"].value != "around-retry"
        if known.parameters["breaker"].value is not None and inside:
            return "a breaker that counts attempts would cut them short as well"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Storm a fresh consumer, and one that many good calls were made to."""
        kind = repeated_kind(known)
        attempts = known.behaviour[kind].attempts if kind else None
        assert kind is not None
        assert attempts is not None

        async def work(lab: Lab, label: str) -> Trial:
            if label == "earned":
                await lab.about(await lab.new_entities(_GOOD), together=8)
            before = len(lab.driver.made)
            trial = await _storm(lab, kind, attempts)
            return Trial(
                label,
                trial.calls,
                trial.attempts,
                {"attempts": float(attempts), "before": float(before)},
                trial.whole,
            )

        return await bench.on_each(["fresh", "earned"], work)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Count the further attempts until the first call that was denied one."""
        fresh, earned = trials(seen, "fresh"), trials(seen, "earned")
        if not fresh or not earned:
            unsure = Inferred.undecided("the calls couldn't be tied to their requests")
            return Known(dict.fromkeys(self.gives, unsure))
        return Known(_budget(fresh[0], earned[0]))


async def _storm(lab: Lab, kind: str, attempts: int) -> Trial:
    fault = KINDS[kind]
    assert isinstance(fault, Action)
    calls: list[Call] = []
    until_s = lab.now_s + lab.patience_s
    while len(calls) < _CALLS and lab.now_s < until_s:
        if not lab.tells_entities:
            async with lab.fault(fault, first=attempts - 1):
                made = [await lab.call()]
        else:
            entities = await lab.new_entities(_BATCH)
            async with lab.fault_for_each(entities, fault, first=attempts - 1):
                made = await lab.about(entities)
        calls += made
        if any(call.outcome != "good" for call in made):
            break
    return await lab.trial("storm", calls)


def _granted(trial: Trial) -> tuple[int, bool]:
    """Return the further attempts until one was denied, and whether one was."""
    attempts = int(trial.facts["attempts"])
    denied = [
        call
        for call in trial.calls
        if call.outcome != "good" and 0 < len(trial.attempts_of(call)) < attempts
    ]
    further = [one.arrived_s for call in trial.calls for one in trial.attempts_of(call)[1:]]
    if not denied:
        return len(further), False
    first_s = min(trial.attempts_of(call)[-1].arrived_s for call in denied)
    return sum(one <= first_s for one in further), True


def _budget(fresh: Trial, earned: Trial) -> dict[str, Inferred]:
    (few, denied), (more, denied_too) = _granted(fresh), _granted(earned)
    calls = len(fresh.calls) + len(earned.calls)
    if not denied and not denied_too:
        failed = [call for call in (*fresh.calls, *earned.calls) if call.outcome != "good"]
        if failed:
            unsure = Inferred.undecided("calls failed that had all their attempts or none")
            return dict.fromkeys(
                ("retry.budget", "retry.budget.ratio", "retry.budget.floor"), unsure
            )
        none = Inferred.absent(
            f"{few} further attempts of {len(fresh.calls)} calls were all sent", observations=calls
        )
        return dict.fromkeys(("retry.budget", "retry.budget.ratio", "retry.budget.floor"), none)
    text = (
        f"{few} further attempts were sent for {_made(fresh)} calls and {more} for "
        f"{_made(earned)}, until one was missing"
    )
    found = {"retry.budget": Inferred.measured(True, text, observations=calls)}
    return found | _fit((few, denied), (more, denied_too), fresh, earned, text)


def _made(trial: Trial) -> int:
    """Return the calls that the consumer was asked, those before the storm included."""
    return int(trial.facts["before"]) + len(trial.calls)


def _fit(
    few: tuple[int, bool], more: tuple[int, bool], fresh: Trial, earned: Trial, text: str
) -> dict[str, Inferred]:
    difference = _made(earned) - _made(fresh)
    if not (few[1] and more[1]) or difference <= 0:
        unsure = Inferred.undecided(f"{text}; it takes two sizes that are cut", observations=2)
        return {"retry.budget.ratio": unsure, "retry.budget.floor": unsure}
    gained = more[0] - few[0]
    # Each count may be off by a batch that was under way.
    slack = _BATCH / 2
    low, high = max(0.0, (gained - slack) / difference), (gained + slack) / difference
    ratio = Inferred.bounded(text, observations=2, low=low, high=high)
    if gained < _LEAST_EARNED:
        ratio = Inferred.bounded(
            f"{text}: good calls earned none that could be told", observations=2, low=0.0, high=high
        )
    floor = few[0] - high * _made(fresh), few[0] - low * _made(fresh)
    return {
        "retry.budget.ratio": ratio,
        "retry.budget.floor": Inferred.bounded(
            "further attempts in one window, however few calls there are",
            observations=2,
            low=max(0.0, floor[0]),
            high=max(0.0, floor[1]) + slack,
        ),
    }
