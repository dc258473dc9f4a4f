"""The waits between attempts: base, growth, cap, and the law of their jitter."""

import itertools
import time
from collections.abc import Sequence

from seatrial.checks import Call
from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.laws import ENOUGH, Fit, depends_on_last, fit
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials
from seatrial.tap import When

REPEATED = ("503", "500", "502", "504", "429", "reset", "closed")
"""Kinds that waits are measured after: the first of them that is repeated."""
_AT_ONCE = 24
_CONFIDENCE = 0.01


def repeated_kind(known: Known) -> str | None:
    """Return a kind of failure that is surely repeated."""
    for kind in REPEATED:
        found = known.behaviour.get(kind)
        if found is not None and (found.attempts or 1) > 1:
            return kind
    return None


@experiment
class Waits(Experiment):
    """Fail all attempts of many calls but the last, so that no breaker opens and no cache keeps."""

    name = "waits"
    question = "how long it waits before the next attempt, and with which jitter"
    gives = ("retry.backoff_s", "retry.growth", "retry.cap_s", "retry.jitter")
    after = ("attempts",)

    def skipped(self, known: Known) -> str | None:
        """Nothing is waited for where nothing is repeated."""
        return None if repeated_kind(known) else "nothing is repeated"

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Make calls whose last attempt succeeds, one by one and then many at once."""
        kind = repeated_kind(known)
        assert kind is not None
        attempts = known.behaviour[kind].attempts
        assert attempts is not None

        async def work(lab: Lab, condition: str) -> Trial:
            return (
                await _one_by_one(lab, kind, attempts)
                if condition == "one"
                else await _many(lab, kind, attempts)
            )

        return await bench.on_each(["one", "many"], work)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Fit a law to the waits before each attempt."""
        sequences = [waits for trial in trials(seen, "waits") for waits in _waits(trial)]
        if not sequences:
            return Known({name: Inferred.undecided("no waits were seen") for name in self.gives})
        length = max(map(len, sequences))
        fits = [
            fit([waits[place] for waits in sequences if len(waits) > place])
            for place in range(length)
        ]
        return Known(_parameters(fits, sequences))


async def _one_by_one(lab: Lab, kind: str, attempts: int) -> Trial:
    calls: list[Call] = []
    until_s = time.monotonic() + lab.patience_s / 2
    while len(calls) < ENOUGH and (len(calls) < 3 or time.monotonic() < until_s):
        async with lab.fault(KINDS[kind], when=When(first=attempts - 1)):
            calls.append(await lab.call())
    return await lab.trial("waits", calls)


async def _many(lab: Lab, kind: str, attempts: int) -> Trial:
    if lab.per_call is None:
        return await lab.trial("waits", [])
    async with lab.fault(KINDS[kind], when=When(first=attempts - 1), per=lab.per_call):
        calls = await lab.concurrently(_AT_ONCE)
    return await lab.trial("waits", calls)


def _waits(trial: Trial) -> list[list[float]]:
    """Return the waits of each call whose attempts were all made."""
    found = []
    for call in trial.calls:
        attempts = trial.attempts_of(call)
        ends = [one.answered_s or one.ended_s or one.arrived_s for one in attempts]
        waits = [
            max(0.0, after.arrived_s - end_s)
            for end_s, after in zip(ends, attempts[1:], strict=False)
        ]
        if waits and call.outcome == "good":
            found.append(waits)
    return found


def _parameters(fits: Sequence[Fit], sequences: Sequence[Sequence[float]]) -> dict[str, Inferred]:
    first = fits[0]
    total = sum(one.count for one in fits)
    named = ", ".join(f"{one.shortest_s:.3f}-{one.longest_s:.3f} s" for one in fits)
    if first.law == "unknown":
        text = f"{first.why}; waits by attempt: {named}"
        known = Inferred.bounded(
            text, observations=total, low=first.shortest_s, high=first.longest_s
        )
        unsure = Inferred.undecided(text, observations=total)
        return {
            "retry.backoff_s": known,
            "retry.growth": unsure,
            "retry.cap_s": unsure,
            "retry.jitter": unsure,
        }
    found = {
        "retry.backoff_s": Inferred.measured(
            round(first.longest_s, 4),
            f"waits before the second attempt: {first.why}",
            observations=first.count,
            low=first.longest_s * 0.9 - 0.005,
            high=first.longest_s * 1.1 + 0.005,
        ),
        "retry.jitter": _jitter(fits, sequences, named),
    }
    return found | _growth(fits, named)


def _jitter(fits: Sequence[Fit], sequences: Sequence[Sequence[float]], named: str) -> Inferred:
    laws = {one.law for one in fits}
    total = sum(one.count for one in fits)
    pairs = [(waits[0], waits[1]) for waits in sequences if len(waits) > 1]
    if fits[0].law != "none" and len(pairs) >= ENOUGH and depends_on_last(pairs) < _CONFIDENCE:
        return Inferred.measured(
            "decorrelated",
            f"a long wait is followed by a longer one (Spearman, p < {_CONFIDENCE}); {named}",
            observations=total,
        )
    if len(laws) == 1:
        return Inferred.measured(fits[0].law, f"{fits[0].why}; {named}", observations=total)
    return Inferred.undecided(
        f"the attempts' waits follow different laws: {named}", observations=total
    )


def _growth(fits: Sequence[Fit], named: str) -> dict[str, Inferred]:
    total = sum(one.count for one in fits)
    if len(fits) < 2 or fits[0].longest_s < 0.002:
        text = f"it takes two measurable waits to see growth: {named}"
        return {
            "retry.growth": Inferred.undecided(text, observations=total),
            "retry.cap_s": Inferred.undecided(text, observations=total),
        }
    ratios = [
        after.longest_s / before.longest_s
        for before, after in itertools.pairwise(fits)
        if before.longest_s > 0
    ]
    growth = ratios[0]
    capped = [place for place, ratio in enumerate(ratios[1:], 1) if ratio < growth * 0.85]
    near = round(growth * 2) / 2
    if abs(near - growth) <= 0.06 * growth:
        growth = near
    found = {
        "retry.growth": Inferred.measured(
            round(max(growth, 1.0), 2),
            f"ratios of the waits before one attempt and the next: {named}",
            observations=total,
            low=ratios[0] * 0.9,
            high=ratios[0] * 1.1,
        )
    }
    if capped and growth > 1.05:
        cap_s = fits[-1].longest_s
        found["retry.cap_s"] = Inferred.measured(
            round(cap_s, 4),
            f"waits stop growing: {named}",
            observations=fits[-1].count,
            low=cap_s * 0.9,
            high=cap_s * 1.1,
        )
    else:
        found["retry.cap_s"] = Inferred.bounded(
            f"no wait was seen to be capped: {named}", observations=total, low=fits[-1].longest_s
        )
    return found
