"""Whether the call as a whole ends by a time of its own, whatever its attempts do."""

from seatrial.faults import latency
from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.experiments.waits import repeated_kind
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials

_SHARE = 0.6
"""Of the attempt's timeout: each failure comes so late, and in time."""


@experiment
class Deadline(Experiment):
    """Let every attempt fail late, but before it is given up, and add up."""

    name = "deadline"
    question = "when the whole call is given up"
    gives = ("retry.deadline_s",)
    after = ("noise", "attempts", "waits", "timeouts")

    def skipped(self, known: Known) -> str | None:
        """A call of one attempt has one time to end by, which is the attempt's."""
        if repeated_kind(known) is None:
            return "a call makes one attempt, so that its deadline is the attempt's timeout"
        if known.number("retry.attempt_timeout_s") is None:
            return "the attempt's timeout isn't known"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Fail late."""
        kind, timeout_s = repeated_kind(known), known.number("retry.attempt_timeout_s")
        assert kind is not None
        assert timeout_s is not None

        async def fail_late(lab: Lab, label: str) -> Trial:
            delay_s = _SHARE * timeout_s
            async with lab.fault(latency(delay_s=delay_s)), lab.fault(KINDS[kind]):
                calls = [await lab.call()]
            return await lab.trial(label, calls, {"delay_s": delay_s})

        return await bench.on_each(["late"], fail_late)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Compare with the attempts that the same failure gets when it comes at once."""
        (trial,) = trials(seen, "late")
        return Known({"retry.deadline_s": _deadline(trial, known)})


def _deadline(trial: Trial, known: Known) -> Inferred:
    call = trial.calls[0]
    attempts = trial.attempts_of(call)
    kind = repeated_kind(known)
    expected = known.behaviour[kind].attempts if kind else None
    timeout_s = known.number("retry.attempt_timeout_s") or 0.0
    if not attempts or expected is None:
        return Inferred.undecided("no attempt of the call was seen")
    last_s = call.ended_s - attempts[-1].arrived_s
    ended_in_wait = last_s > trial.facts["delay_s"] + known.noise_s
    if len(attempts) >= expected and last_s > trial.facts["delay_s"] - known.noise_s:
        return Inferred.bounded(
            f"a call of {len(attempts)} late failures took {call.took_s:.2f} s, and wasn't cut",
            observations=1,
            low=call.took_s,
        )
    if len(attempts) == 1 and timeout_s and abs(call.took_s - timeout_s) <= known.noise_s:
        # What looked like the attempt's timeout may be the call's.
        return Inferred.undecided(
            "the attempt's timeout and the call's deadline explain the same end",
            observations=1,
        )
    if ended_in_wait or last_s < trial.facts["delay_s"] - known.noise_s:
        return Inferred.measured(
            round(call.took_s, 3),
            f"a call of late failures ended after {call.took_s:.3f} s, in attempt "
            f"{len(attempts)} of {expected}",
            observations=1,
            low=call.took_s - known.noise_s,
            high=call.took_s,
        )
    # It ended with an attempt: the next wait would have gone beyond the deadline.
    return Inferred.bounded(
        f"a call of late failures ended after {call.took_s:.3f} s, with attempt {len(attempts)} of "
        f"{expected}: no time was left for another",
        observations=1,
        low=call.took_s,
        high=call.took_s + (known.number("retry.backoff_s") or 0.0) * 8 + timeout_s,
    )
