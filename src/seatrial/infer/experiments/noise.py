"""What a healthy call takes, and how late the wire's clock is: the noise of every time."""

from seatrial.checks import SHOWN
from seatrial.infer.experiment import HEALTHY, SHARED, Experiment, Known, experiment
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials

_CALLS = 12
_FEW = 2
_TELLING = 4
"""Requests that tell whether they share a connection."""


@experiment
class Noise(Experiment):
    """Make a few calls while all is well."""

    name = "noise"
    question = "what a call takes while all is well"
    gives = ("connection.reused",)

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Call."""

        async def call(lab: Lab, label: str) -> Trial:
            return await lab.trial(label, await lab.calls(_CALLS))

        return await bench.on_each(["well"], call, settled=["well"])

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Take the middle and the worst of them."""
        (trial,) = trials(seen, "well")
        took_s = sorted(call.took_s for call in trial.calls[1:])
        call_s = Inferred.measured(
            round(took_s[len(took_s) // 2], 4),
            f"the middle of {len(took_s)} calls while all was well",
            observations=len(took_s),
            low=took_s[0],
            high=took_s[-1],
        )
        return Known({HEALTHY: call_s, "connection.reused": _reused(trial), **_shared(trial)})


def _reused(trial: Trial) -> Inferred:
    """Say whether requests that follow each other share a connection."""
    sent = len(trial.attempts)
    used = len({attempt.connection for attempt in trial.attempts})
    text = f"{sent} requests one after the other came on {used} connections"
    if sent < _TELLING or 1 < used < sent:
        return Inferred.undecided(text, observations=sent)
    return Inferred.measured(used == 1, text, observations=sent)


def _shared(trial: Trial) -> dict[str, Inferred]:
    """Say that answers are given to calls about other entities, where they are."""
    silent = [call for call in trial.calls if call.outcome in SHOWN and not trial.attempts_of(call)]
    if len(silent) < _FEW:
        return {}
    others = [call for call in silent if call.shown not in (None, call.entity)]
    text = f"{len(silent)} of {len(trial.calls)} calls about new entities sent nothing"
    if not others:
        why = f"{text}, and were answered well: something else than their calls loads them"
        return {SHARED: Inferred.undecided(why, observations=len(trial.calls))}
    why = f"{text}; {len(others)} were given the answer about another one"
    return {SHARED: Inferred.measured(True, why, observations=len(trial.calls))}
