"""Whether all calls together may send only so many further attempts."""

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.checks import Call
from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.experiments.waits import calls_together, repeated_kind
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials
from seatrial.tap import Action

_LEAST_BATCH, _MOST_BATCH = 8, 40
_STORM_S = 4.0
"""What a storm should take, by the waits of its calls; the longer they are, the more at once."""
_LONGEST_S = 15.0
"""A storm that takes longer may leave a budget the time to fill again."""
_CALLS = 120
_GRANTED = 100
"""Further attempts, sent sooner than any budget would earn them."""
_SOON_PER_S = 15
_AT_ONCE_S = 0.03
"""A call that is denied an attempt ends so soon after its last answer, beyond what it costs."""
_DENIED = 0.6
"""Of the calls after one was denied: a budget that earns a few more denies as many."""
_FEW = 5
_OFF = 2
"""Further attempts: a budget is in parts of one."""
_GOOD = 100
"""Good calls before the storm in one of its two sizes: they earn a ratio's worth of retries."""


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
        if known.parameters["breaker"].value is None:
            return None
        order = known.parameters["breaker.order"].value
        counted = order == "inside-retry" and known.number("breaker.failures") is not None
        if order != "around-retry" and not counted:
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
            batch = _batch_size(known, attempts)
            if known.parameters["breaker.order"].value == "inside-retry":
                batch = min(batch, calls_together(known, attempts))
            trial = await _storm(lab, kind, attempts, batch)
            return Trial(
                label,
                trial.calls,
                trial.attempts,
                {"attempts": float(attempts), "before": float(before), "batch": float(batch)},
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


def _batch_size(known: Known, attempts: int) -> int:
    """Return how many calls are made at once, so that the storm is short."""
    longest = known.parameters["retry.backoff_s"].high or 0.1
    growth, cap = known.number("retry.growth") or 2.0, known.number("retry.cap_s") or 30.0
    sums = sum(min(longest * growth**place, cap) for place in range(attempts - 1))
    return max(_LEAST_BATCH, min(_MOST_BATCH, int(_CALLS * sums / _STORM_S)))


async def _storm(lab: Lab, kind: str, attempts: int, batch: int) -> Trial:
    fault = KINDS[kind]
    assert isinstance(fault, Action)
    calls: list[Call] = []
    until_s = lab.now_s + min(2 * lab.patience_s, _LONGEST_S)
    while len(calls) < _CALLS and lab.now_s < until_s:
        if not lab.tells_entities:
            async with lab.fault(fault, first=attempts - 1):
                made = [await lab.call()]
        else:
            entities = await lab.new_entities(batch)
            async with lab.fault_for_each(entities, fault, first=attempts - 1):
                made = await lab.about(entities, together=batch)
        calls += made
        failed = [call for call in made if call.outcome != "good"]
        if failed:
            trial = await lab.trial("storm", calls, {"attempts": float(attempts)})
            if len(_denied(trial)) > max(_FEW, batch):
                return trial
    return await lab.trial("storm", calls, {"attempts": float(attempts)})


@dataclass(frozen=True)
class Granted:
    """Further attempts that were sent until one was denied."""

    least: int
    """When the first call that was denied one had sent its last."""
    most: int
    denied: bool


def _denied(trial: Trial) -> list[Call]:
    """Return the calls that ended at once after an answer that is repeated otherwise."""
    attempts = int(trial.facts["attempts"])
    found = []
    for call in trial.calls:
        sent = trial.attempts_of(call)
        if call.outcome == "good" or not 0 < len(sent) < attempts:
            continue
        answered_s = sent[-1].answered_s
        if answered_s is not None and call.ended_s - answered_s <= _slack_s(trial):
            found.append(call)
    return found


def _slack_s(trial: Trial) -> float:
    """Return what lies between the answer of an attempt and the end of its call, with a margin."""
    usual = [
        call.ended_s - (sent[-1].answered_s or call.ended_s)
        for call in trial.calls
        if call.outcome == "good" and (sent := trial.attempts_of(call))
    ]
    return _AT_ONCE_S + 2 * (sorted(usual)[len(usual) // 2] if usual else 0.0)


def _is_sustained(trial: Trial, denied: Sequence[Call]) -> bool:
    """Return whether nearly all calls after the first denied one were denied, too."""
    if len(denied) < _FEW:
        return False
    names = {call.entity for call in denied}
    first_s = min(call.ended_s for call in denied)
    # Of those that were under way then, some had been granted theirs, and others only waited.
    began = [call for call in trial.calls if call.started_s >= first_s]
    ended = [call for call in trial.calls if call.ended_s >= first_s]
    return any(
        bool(later) and sum(call.entity in names for call in later) >= _DENIED * len(later)
        for later in (began, ended)
    )


def _granted(trial: Trial) -> Granted:
    denied = _denied(trial)
    further = [one.arrived_s for call in trial.calls for one in trial.attempts_of(call)[1:]]
    if not _is_sustained(trial, denied):
        return Granted(len(further), len(further), denied=False)
    first_s = min(trial.attempts_of(call)[-1].arrived_s for call in denied)
    return Granted(sum(one <= first_s for one in further), len(further), denied=True)


def _budget(fresh: Trial, earned: Trial) -> dict[str, Inferred]:
    few, more = _granted(fresh), _granted(earned)
    calls = len(fresh.calls) + len(earned.calls)
    if not few.denied:
        return dict.fromkeys(Budget.gives, _none_denied((few, more), fresh, earned))
    text = (
        f"{few.least} to {few.most} further attempts were sent for {_made(fresh)} calls, "
        f"{more.least} to {more.most} for {_made(earned)}, until one was missing"
    )
    found = Inferred.measured(True, text, observations=calls)
    batch = int(fresh.facts["batch"])
    return {"retry.budget": found} | _fit(few, more, (_made(fresh), _made(earned)), batch, text)


def _none_denied(granted: tuple[Granted, Granted], fresh: Trial, earned: Trial) -> Inferred:
    calls = (*fresh.calls, *earned.calls)
    short = [
        call
        for trial in (fresh, earned)
        for call in trial.calls
        if call.outcome != "good" and len(trial.attempts_of(call)) < int(trial.facts["attempts"])
    ]
    if short or granted[1].denied:
        return Inferred.undecided(
            f"{len(short)} of {len(calls)} calls had fewer attempts than others, but not as with a "
            "budget: they ended later, or calls after them had all",
            observations=len(calls),
        )
    took_s = fresh.calls[-1].ended_s - fresh.calls[0].started_s
    text = (
        f"{granted[0].most} further attempts of {len(fresh.calls)} calls were all sent in "
        f"{took_s:.1f} s"
    )
    rate_per_s = granted[0].most / max(took_s, 1.0)
    if granted[0].most < _GRANTED or rate_per_s < _SOON_PER_S:
        return Inferred.undecided(
            f"{text}: a budget would show in more of them, sooner", observations=len(calls)
        )
    return Inferred.absent(text, observations=len(calls))


def _made(trial: Trial) -> int:
    """Return the calls that the consumer was asked, those before the storm included."""
    return int(trial.facts["before"]) + len(trial.calls)


def _fit(
    few: Granted, more: Granted, made: tuple[int, int], batch: int, text: str
) -> dict[str, Inferred]:
    """Fit a floor and a ratio of the calls to both sizes."""
    difference = made[1] - made[0]
    if not (few.denied and more.denied) or difference <= 0:
        unsure = Inferred.undecided(f"{text}; it takes two sizes that are cut", observations=2)
        return {"retry.budget.ratio": unsure, "retry.budget.floor": unsure}
    # Of the last batch it isn't known which calls had been made when one was denied.
    low = max(0.0, (more.least - few.most - _OFF) / (difference + batch))
    high = max(0.0, (more.most - few.least + _OFF) / max(difference - batch, 1))
    return {
        "retry.budget.ratio": Inferred.bounded(text, observations=2, low=low, high=high),
        "retry.budget.floor": Inferred.bounded(
            "further attempts in one window, however few calls there are",
            observations=2,
            low=max(0.0, few.least - high * made[0]),
            high=max(0.0, few.most + _OFF - low * made[0]),
        ),
    }
