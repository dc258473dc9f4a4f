"""How often one call asks, for each kind of failure: the rows of the behaviour matrix."""

from collections.abc import Mapping

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.kinds import KINDS, NEUTRAL
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Behaviour, Inferred
from seatrial.infer.trials import Observation, Trial, trials

UNSEEN = ("refused",)
"""Nothing of it reaches the tap, so that attempts can't be counted."""
_ELSEWHERE = ("hang",)
"""Kinds that another experiment takes its time for."""
_SETTLING_KINDS = ("503", "500", "502", "504", "closed", "reset")
"""What `retry.attempts` is read from: the first of these that is repeated."""


@experiment
class Attempts(Experiment):
    """Fail two calls in a row in each way, on a fresh consumer for each."""

    name = "attempts"
    question = "which failures are repeated, and how often"
    gives = ("retry.attempts", "failures.status", "failures.bad_answers")

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Fail two calls in each way."""

        async def fail_twice(lab: Lab, kind: str) -> Trial:
            async with lab.fault(KINDS[kind]):
                calls = [await lab.call()]
                if calls[0].took_s < lab.patience_s / 3:
                    calls.append(await lab.call())
            return await lab.trial(kind, calls)

        return await bench.on_each([kind for kind in KINDS if kind not in _ELSEWHERE], fail_twice)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Count; two calls that send the same weren't cut short by a breaker."""
        behaviour = {
            kind: _behaviour(kind, found[0]) for kind in KINDS if (found := trials(seen, kind))
        }
        certain = {
            kind: count
            for kind in behaviour
            if kind not in UNSEEN and (count := _certain(trials(seen, kind)[0])) is not None
        }
        return Known(
            {
                "retry.attempts": _attempts(certain, behaviour),
                "failures.status": _statuses(certain),
                "failures.bad_answers": _bad_answers(certain),
            },
            behaviour,
        )


def _behaviour(kind: str, trial: Trial) -> Behaviour:
    first = trial.calls[0]
    sent = None if kind in UNSEEN else _certain(trial)
    answer = f"{first.outcome} ({first.status if first.status is not None else 'no answer'})"
    return Behaviour(attempts=sent, answer=answer, after_s=first.took_s)


def _certain(trial: Trial) -> int | None:
    """Return the attempts of a call, where a breaker can't have cut them short."""
    if len(trial.calls) < 2:
        return None
    first, second = (len(trial.attempts_of(call)) for call in trial.calls[:2])
    if first == 1:  # nothing was repeated; a breaker that opened at once explains no repetition
        return 1 if second else None
    return first if second else None


def _attempts(certain: Mapping[str, int], behaviour: Mapping[str, Behaviour]) -> Inferred:
    repeated = [kind for kind in _SETTLING_KINDS if certain.get(kind, 1) > 1]
    if not repeated:
        if all(kind in certain for kind in _SETTLING_KINDS):
            return Inferred.measured(
                1, f"no failure of {len(certain)} kinds was repeated", observations=len(certain)
            )
        return Inferred.undecided(
            "a breaker may have cut the attempts short: the call after the first failed one sent "
            "nothing",
            observations=len(certain),
        )
    counts = [certain[kind] for kind in repeated]
    named = ", ".join(f"{kind}: {certain[kind]}" for kind in repeated)
    if certain.get("503", counts[0]) != counts[0] or len(set(counts[:4])) > 1:
        return Inferred.bounded(
            f"kinds of failure differ ({named})",
            observations=len(counts),
            low=min(counts),
            high=max(counts),
        )
    return Inferred.measured(
        counts[0], f"requests that one failed call sent ({named})", observations=2 * len(counts)
    )


def _statuses(certain: Mapping[str, int]) -> Inferred:
    asked = [kind for kind in KINDS if kind.isdigit()]
    unsure = [kind for kind in asked if kind not in certain]
    retried = tuple(int(kind) for kind in asked if certain.get(kind, 1) > 1)
    if unsure:
        return Inferred.undecided(f"it isn't sure for {', '.join(unsure)}", observations=len(asked))
    if not retried:
        return Inferred.absent("no status is repeated", observations=len(asked))
    odd = [str(status) for status in retried if str(status) in NEUTRAL]
    note = f"; {', '.join(odd)} are repeated although the provider is well" if odd else ""
    return Inferred.measured(
        retried, f"statuses that are repeated{note}", observations=2 * len(asked)
    )


def _bad_answers(certain: Mapping[str, int]) -> Inferred:
    kinds = ("garbage", "truncated")
    if any(kind not in certain for kind in kinds):
        return Inferred.undecided("a breaker may have cut the attempts short")
    repeated = [kind for kind in kinds if certain[kind] > 1]
    if len(repeated) == 1:
        return Inferred.undecided(f"{repeated[0]} is repeated, the other isn't", observations=4)
    return Inferred.measured(bool(repeated), "garbage and truncated bodies", observations=4)
