"""Whether answers are kept, for how long, how many, and what is served without the provider."""

import asyncio
import time

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Behaviour, Inferred
from seatrial.infer.trials import Observation, Trial, trials

_AGES = 24
_WAITERS = 20
_FAILURES = ("503", "404", "garbage", "400")
"""Outcomes that might be kept."""


@experiment
class Cache(Experiment):
    """Ask again about the same entities, each once, at ages that grow."""

    name = "cache"
    question = "whether answers are kept, and for how long"
    gives = ("cache", "cache.ttl_s", "cache.single_flight", "cache.missing_ttl_s")
    after = ("noise", "attempts")

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Warm and ask again; let many ask at once; keep failures."""

        async def work(lab: Lab, label: str) -> Trial:
            if label == "ages":
                return await _ages(lab, 0.05, lab.patience_s)
            if label == "flight":
                calls, whole = await lab.at_once(_WAITERS, await lab.new_entity())
                return await lab.trial(label, calls, whole=whole)
            entity = await lab.new_entity()
            async with lab.fault(KINDS[label]):
                calls = [await lab.call(entity)]
            calls.append(await lab.call(entity))
            return await lab.trial(label, calls)

        found = await bench.on_each(["ages", "flight", *_FAILURES], work)
        low_s, high_s = _bracket(trials(found, "ages")[0])
        if low_s is None or high_s is None:
            return found

        async def narrow(lab: Lab, label: str) -> Trial:
            return await _ages(lab, low_s * 0.98, high_s * 1.02, label)

        return [*found, *await bench.on_each(["narrowed"], narrow)]

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Find the age from which entries aren't served any more."""
        (ages,) = trials(seen, "ages")
        hits = [call for call in ages.calls if _is_hit(ages, call)]
        behaviour = {
            kind: Behaviour(cached=_is_kept(found))
            for kind in _FAILURES
            if (found := next(iter(trials(seen, kind)), None)) and found.attempts_of(found.calls[0])
        }
        if not hits:
            absent = Inferred.absent(
                "the provider was asked again at every age", observations=len(ages.calls) // 2
            )
            return Known(dict.fromkeys(self.gives, absent), behaviour)
        return Known(
            {
                "cache": Inferred.measured(
                    True,
                    f"{len(hits)} calls were answered without the provider",
                    observations=len(ages.calls) // 2,
                ),
                "cache.ttl_s": _ttl(ages, trials(seen, "narrowed")),
                "cache.single_flight": _single_flight(trials(seen, "flight")),
                "cache.missing_ttl_s": _missing(behaviour.get("404")),
            },
            behaviour,
        )


async def _ages(lab: Lab, low_s: float, high_s: float, label: str = "ages") -> Trial:
    """Warm entities, and ask about each once more: at ages from the one to the other."""
    entities = [await lab.new_entity() for _ in range(_AGES)]
    calls = list(await asyncio.gather(*(lab.call(entity) for entity in entities)))
    began_s = max(call.ended_s for call in calls)
    growth = (high_s / low_s) ** (1 / (_AGES - 1))
    for place, entity in enumerate(entities):
        age_s = low_s * growth**place
        await asyncio.sleep(max(0.0, began_s + age_s - time.monotonic()))
        calls.append(await lab.call(entity))
        if place >= 2 and all([await lab.sent_by(one) for one in calls[-3:]]):
            break  # the older ones have expired too
    return await lab.trial(label, calls)


def _is_kept(trial: Trial) -> bool | None:
    """Return whether the failure was given again without the provider; None: something else was."""
    first, second = trial.calls
    if trial.attempts_of(second):
        return False
    return True if second.outcome == first.outcome else None


def _is_hit(trial: Trial, call: object) -> bool:
    for place, one in enumerate(trial.calls):
        if one is call:
            earlier = any(other.entity == one.entity for other in trial.calls[:place])
            return earlier and not trial.attempts_of(one) and one.outcome in ("good", "cached")
    return False


def _spans(trial: Trial) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return the ages, at least and at most, of entries that were served and that weren't."""
    served: list[tuple[float, float]] = []
    expired: list[tuple[float, float]] = []
    for call in trial.calls:
        loads = [
            one for one in trial.calls if one.entity == call.entity and one.ended_s < call.started_s
        ]
        if not loads:
            continue
        age = (call.started_s - loads[0].ended_s, call.ended_s - loads[0].started_s)
        (served if _is_hit(trial, call) else expired).append(age)
    return served, expired


def _bracket(trial: Trial) -> tuple[float | None, float | None]:
    served, expired = _spans(trial)
    low_s = max((low for low, _ in served), default=None)
    high_s = min((high for _, high in expired if low_s is None or high > low_s), default=None)
    return low_s, high_s


def _ttl(ages: Trial, narrowed: list[Trial]) -> Inferred:
    brackets = [_bracket(trial) for trial in (ages, *narrowed)]
    lows = [low for low, _ in brackets if low is not None]
    highs = [high for _, high in brackets if high is not None]
    low_s = max(lows)
    if not highs:
        return Inferred.bounded(
            f"an entry was still served after {low_s:.1f} s", observations=_AGES, low=low_s
        )
    high_s = min(highs)
    if high_s < low_s:
        return Inferred.undecided(
            f"an entry was served after {low_s:.2f} s and another not after {high_s:.2f} s: a "
            "bound, or a jitter of the time to live, explains it",
            observations=_AGES,
        )
    return Inferred.measured(
        round((low_s + high_s) / 2, 3),
        f"served after {low_s:.3f} s, asked again after {high_s:.3f} s",
        observations=_AGES * len(brackets),
        low=low_s,
        high=high_s,
    )


def _single_flight(flights: list[Trial]) -> Inferred:
    if not flights:
        return Inferred.undecided("the concurrent calls weren't in flight together")
    (trial,) = flights
    sent = len(trial.attempts)
    if sent == 1:
        return Inferred.measured(
            True,
            f"{len(trial.calls)} calls at once sent one request",
            observations=len(trial.calls),
        )
    return Inferred.measured(
        False,
        f"{len(trial.calls)} calls at once sent {sent} requests",
        observations=len(trial.calls),
    )


def _missing(behaviour: Behaviour | None) -> Inferred:
    if behaviour is None or behaviour.cached is None:
        return Inferred.undecided("no 404 was seen")
    if not behaviour.cached:
        return Inferred.measured(0.0, "a 404 isn't kept", observations=2)
    return Inferred.bounded("a 404 is kept", observations=2, low=0.0)
