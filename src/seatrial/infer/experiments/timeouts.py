"""When an attempt is given up: before the head, and in the middle of the body."""

from collections.abc import Sequence

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Behaviour, Inferred
from seatrial.infer.trials import Observation, Trial, trials
from seatrial.tap import Action
from seatrial.tap.actions import ACTIONS

_CLOSE = 0.05
"""Relative: two times that differ by less are one, beyond the noise."""
_DRIP_STEPS = 60


@experiment
class Timeouts(Experiment):
    """Let an attempt wait for its head for ever, and for its body."""

    name = "timeouts"
    question = "when an attempt without an answer is given up"
    gives = ("retry.attempt_timeout_s", "retry.attempt_timeout_covers_body")
    after = ("noise", "attempts", "waits")

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Hang, drip, and answer late."""

        async def hang(lab: Lab, label: str) -> Trial:
            async with lab.fault(KINDS["hang"]):
                calls = [await lab.call()]
            return await lab.trial(label, calls)

        return await bench.on_each(
            ["hang", "drip"],
            lambda lab, label: (
                hang(lab, label) if label == "hang" else _drip(lab, bench.patience_s)
            ),
        )

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Read the timeout from what followed it: the next attempt, or the end of the call."""
        (hung,) = trials(seen, "hang")
        patience_s = hung.facts.get("patience_s", 0.0)
        timeout = _timeout(hung, known, patience_s)
        parameters = {
            "retry.attempt_timeout_s": timeout,
            "retry.attempt_timeout_covers_body": _covers_body(trials(seen, "drip"), timeout),
        }
        return Known(parameters, _hung(hung, timeout))


async def _drip(lab: Lab, patience_s: float) -> Trial:
    """Send the body so slowly that it would take nearly all patience, a bit at a time."""
    interval_s = patience_s / _DRIP_STEPS
    drip = ACTIONS["drip"].model_validate(
        {"kind": "drip", "interval_s": interval_s, "text": "x" * (_DRIP_STEPS * 2)}
    )
    assert isinstance(drip, Action)
    async with lab.fault(drip):
        calls = [await lab.call()]
    return await lab.trial("drip", calls, {"interval_s": interval_s})


def _timeout(hung: Trial, known: Known, patience_s: float) -> Inferred:
    attempts = hung.attempts_of(hung.calls[0])
    if not attempts:
        return Inferred.undecided("no attempt of the call was seen")
    ended = [one for one in attempts if one.given_up_s is not None]
    if len(ended) < len(attempts):
        waited_s = hung.calls[0].ended_s - attempts[-1].arrived_s
        return Inferred.bounded(
            f"an attempt without an answer was still waiting after {waited_s:.1f} s",
            observations=len(attempts),
            low=waited_s,
        )
    noise_s = known.noise_s
    lives = [(one.given_up_s or 0.0) - one.arrived_s for one in attempts]
    last_s = hung.calls[0].ended_s - attempts[-1].arrived_s
    # A client may close an attempt's socket only after its next wait; the call's end is certain.
    shortest_s = min([*lives, last_s])
    spread = max(lives) - min(lives) <= max(noise_s, _CLOSE * shortest_s)
    if len(lives) > 1 and not spread and min(lives[:-1]) > lives[-1] + noise_s:
        first_s = min(lives[:-1])
        return Inferred.measured(
            round(first_s, 3),
            f"an attempt without an answer was given up after {first_s:.3f} s; the last one sooner",
            observations=len(lives) - 1,
            low=first_s - noise_s,
            high=first_s,
        )
    return Inferred.measured(
        round(shortest_s, 3),
        f"{len(lives)} attempts without an answer were given up after {shortest_s:.3f} s",
        observations=len(lives),
        low=shortest_s - noise_s,
        high=shortest_s + noise_s,
    )


def _covers_body(dripped: Sequence[Trial], timeout: Inferred) -> Inferred:
    if not dripped or not timeout.is_measured or not isinstance(timeout.value, float):
        return Inferred.undecided("there is no timeout to compare with")
    trial = dripped[0]
    attempts = trial.attempts_of(trial.calls[0])
    interval_s = trial.facts["interval_s"]
    if interval_s >= timeout.value / 2:
        return Inferred.undecided(
            f"a body that drips every {interval_s:.2f} s isn't slow for a timeout of "
            f"{timeout.value:g} s; more patience would show it"
        )
    if not attempts:
        return Inferred.undecided("no attempt of the call was seen")
    first = attempts[0]
    if first.given_up_s is not None:
        lived_s = first.given_up_s - first.arrived_s
        if lived_s <= timeout.value * 1.3 + interval_s:
            return Inferred.measured(
                True,
                f"a dripping body was given up after {lived_s:.3f} s",
                observations=len(attempts),
            )
    lived_s = (first.given_up_s or first.ended_s or trial.calls[0].ended_s) - first.arrived_s
    if lived_s > 2 * timeout.value:
        return Inferred.measured(
            False,
            f"a dripping body was read for {lived_s:.1f} s: the timeout bounds each read",
            observations=len(attempts),
        )
    return Inferred.undecided(f"a dripping body ended after {lived_s:.1f} s")


def _hung(trial: Trial, timeout: Inferred) -> dict[str, Behaviour]:
    call = trial.calls[0]
    sent = len(trial.attempts_of(call)) if timeout.is_measured else None
    status = call.status if call.status is not None else "no answer"
    return {
        "hang": Behaviour(attempts=sent, answer=f"{call.outcome} ({status})", after_s=call.took_s)
    }
