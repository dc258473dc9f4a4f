"""Whether a breaker opens, after how many failures, for how long, and what it lets through then."""

import asyncio
import time
from dataclasses import dataclass

from seatrial.checks import Call
from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials

MOST_CALLS = 60
LEAST_CALLS = 12
"""Calls that fail until a breaker counts as absent."""
_PROBERS = 20
_POLL_SHARE = 0.02
_POLL_S = 0.02


def tripping_kind(known: Known) -> str:
    """Return a kind of failure that breakers count, the quickest of them: not repeated, if any."""
    counted = ("503", "500", "502", "504", "closed", "reset")
    once = [kind for kind in counted if (known.behaviour.get(kind) or _NONE).attempts == 1]
    return (once or list(counted))[0]


@dataclass(frozen=True)
class _None:
    attempts: int | None = None


_NONE = _None()


async def trip(lab: Lab, kind: str, most: int = MOST_CALLS) -> list[Call]:
    """Make calls that fail until one sends nothing; the last of them is that one."""
    calls: list[Call] = []
    until_s = time.monotonic() + lab.patience_s
    async with lab.fault(KINDS[kind]):
        while len(calls) < most and (len(calls) < LEAST_CALLS or time.monotonic() < until_s):
            calls.append(await lab.call())
            if not await lab.sent_by(calls[-1]):
                break
    return calls


async def reopened_after(lab: Lab) -> tuple[list[Call], bool]:
    """Call while all is well until one reaches the provider, and say whether one did."""
    calls: list[Call] = []
    began_s = time.monotonic()
    while time.monotonic() - began_s < lab.patience_s:
        calls.append(await lab.call())
        if await lab.sent_by(calls[-1]):
            return calls, True
        await asyncio.sleep(max(_POLL_S, _POLL_SHARE * (time.monotonic() - began_s)))
    return calls, False


@experiment
class Breaker(Experiment):
    """Fail until nothing is sent; then wait until something is."""

    name = "breaker"
    question = "whether a breaker opens, when, and for how long"
    gives = ("breaker", "breaker.failures", "breaker.open_s")
    after = ("attempts",)

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Trip it twice: with failures alone, and with a success before the last of them."""
        kind = tripping_kind(known)

        async def open_it(lab: Lab, label: str) -> Trial:
            calls = await trip(lab, kind)
            tripped = len(calls)
            after: list[Call] = []
            reopened = False
            if not await lab.sent_by(calls[-1]):
                after, reopened = await reopened_after(lab)
            facts = {"tripped": float(tripped), "reopened": float(reopened)}
            return await lab.trial(label, calls + after, facts)

        found = await bench.on_each(["alone", "again"], open_it)
        first = found[0]
        failed = int(first.facts["tripped"]) - 1
        if first.attempts_of(first.calls[failed]) or failed < 2:
            return found

        async def interrupt(lab: Lab, label: str) -> Trial:
            async with lab.fault(KINDS[kind]):
                calls = await lab.calls(failed - 1)
            calls.append(await lab.call())
            async with lab.fault(KINDS[kind]):
                calls += await lab.calls(failed - 1)
            calls.append(await lab.call())
            return await lab.trial(label, calls, {"failed": float(failed)})

        return [*found, *await bench.on_each(["interrupted"], interrupt)]

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Count the failures before the first call that sent nothing."""
        alone = [*trials(seen, "alone"), *trials(seen, "again")]
        counts = {_opened_after(trial) for trial in alone}
        if counts == {None}:
            made = min(len(trial.calls) for trial in alone)
            absent = Inferred.absent(
                f"each of {made} calls that failed one after the other was sent", observations=made
            )
            return Known(dict.fromkeys(self.gives, absent))
        if len(counts) > 1:
            text = (
                "it opened after a different number of failures on two fresh consumers: "
                + ", ".join(str(count) for count in sorted(counts, key=str))
            )
            return Known(dict.fromkeys(self.gives, Inferred.undecided(text, observations=2)))
        (failed,) = counts
        assert failed is not None
        present = Inferred.measured(
            True,
            f"after {failed} calls that failed, the next sent nothing",
            observations=len(alone),
        )
        return Known(
            {
                "breaker": present,
                "breaker.failures": _threshold(failed, alone, trials(seen, "interrupted")),
                "breaker.open_s": _open_time(alone),
            }
        )


def _opened_after(trial: Trial) -> int | None:
    """Return how many calls had failed before one sent nothing; None: it never happened."""
    for place, call in enumerate(trial.calls[: int(trial.facts["tripped"])]):
        if not trial.attempts_of(call):
            return place
    return None


def _threshold(failed: int, alone: list[Trial], interrupted: list[Trial]) -> Inferred:
    if failed < 2:
        return Inferred.measured(1, "one failed call opened it", observations=len(alone))
    for trial in interrupted:
        if not trial.attempts_of(trial.calls[-1]):
            return Inferred.undecided(
                f"it opens after {failed} failures, and also where a success lies between: "
                "it looks at a window, not at failures in a row",
                observations=len(alone) + 1,
            )
        return Inferred.measured(
            failed,
            f"failed calls in a row that opened it; {failed - 1}, a success and {failed - 1} more "
            "didn't",
            observations=len(alone) + 1,
        )
    return Inferred.undecided(f"it opened after {failed} failed calls", observations=len(alone))


def _open_time(alone: list[Trial]) -> Inferred:
    spans = []
    for trial in alone:
        tripped = int(trial.facts["tripped"])
        opened = trial.calls[tripped - 2]
        after = trial.calls[tripped:]
        if not trial.facts["reopened"]:
            waited_s = after[-1].ended_s - opened.ended_s if after else 0.0
            return Inferred.bounded(
                f"open for longer than {waited_s:.1f} s", observations=len(alone), low=waited_s
            )
        silent = [call for call in after[:-1] if not trial.attempts_of(call)]
        last_silent = silent[-1] if silent else trial.calls[tripped - 1]
        # It opened between the start and the end of the call that tripped it.
        spans.append((last_silent.started_s - opened.ended_s, after[-1].ended_s - opened.started_s))
    low_s, high_s = max(low for low, _ in spans), min(high for _, high in spans)
    if low_s > high_s:
        low_s, high_s = min(low for low, _ in spans), max(high for _, high in spans)
        return Inferred.bounded(
            f"it stayed open between {low_s:.2f} and {high_s:.2f} s",
            observations=len(spans),
            low=low_s,
            high=high_s,
        )
    middle_s = (low_s + high_s) / 2
    return Inferred.measured(
        round(middle_s, 3),
        f"nothing was sent {low_s:.3f} s after it opened, and again by {high_s:.3f} s",
        observations=sum(len(trial.calls) for trial in alone),
        low=low_s,
        high=high_s,
    )
