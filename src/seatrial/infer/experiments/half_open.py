"""What an open breaker lets through once its time is over, and what closes it."""

import asyncio
import time

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.experiments.breaker import reopened_after, trip, tripping_kind
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials

_BATCH = 20
_MOST_SUCCESSES = 5
_MARGIN = 0.15
"""Of the open time: beyond it the breaker surely lets a call through."""


@experiment
class HalfOpen(Experiment):
    """Open it, wait, and let many callers come at once, fail a probe, or let some succeed."""

    name = "half-open"
    question = "what an open breaker lets through, and what closes it"
    gives = ("breaker.probes", "breaker.successes", "breaker.order", "breaker.open_growth")
    after = ("attempts", "breaker")

    def skipped(self, known: Known) -> str | None:
        """It takes a breaker whose open time is known."""
        if known.number("breaker.open_s") is None:
            return "no breaker was seen to open and to let calls through again"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Open it for each part on a consumer of its own."""
        kind = tripping_kind(known)
        open_s = known.number("breaker.open_s") or 0.0

        async def opened(lab: Lab) -> None:
            calls = await trip(lab, kind)
            until_s = calls[-2].ended_s + open_s * (1 + _MARGIN) + known.noise_s
            await asyncio.sleep(max(0.0, until_s - time.monotonic()))

        async def work(lab: Lab, label: str) -> Trial:
            await opened(lab)
            if label == "batch":
                calls, whole = await lab.at_once(_BATCH)
                return await lab.trial(label, calls, whole=whole)
            if label == "failed-probe":
                async with lab.fault(KINDS[_repeated(known) or kind]):
                    calls = await lab.calls(2)
                after, again = await reopened_after(lab)
                facts = {"reopened": float(again)}
                return await lab.trial(label, [*calls, *after], facts)
            successes = int(label.removeprefix("successes-"))
            calls = await lab.calls(successes)
            async with lab.fault(KINDS[kind]):
                calls += await lab.calls(2)
            return await lab.trial(label, calls, {"successes": float(successes)})

        labels = ["batch", "failed-probe"]
        if (known.number("breaker.failures") or 2) > 1:
            labels += [f"successes-{count}" for count in range(1, _MOST_SUCCESSES + 1)]
        return await bench.on_each(labels, work)

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Count what was let through."""
        return Known(
            {
                "breaker.probes": _probes(trials(seen, "batch")),
                "breaker.successes": _successes(
                    [trial for trial in seen if trial.label.startswith("successes-")]
                ),
                "breaker.order": _order(trials(seen, "failed-probe"), known),
                "breaker.open_growth": _growth(trials(seen, "failed-probe"), known),
            }
        )


def _repeated(known: Known) -> str | None:
    for kind in ("503", "500", "502", "504"):
        if (((found := known.behaviour.get(kind)) and found.attempts) or 1) > 1:
            return kind
    return None


def _probes(batches: list[Trial]) -> Inferred:
    if not batches:
        return Inferred.undecided("the calls of the concurrent batch weren't in flight together")
    (trial,) = batches
    # What arrived after the first answer may have been let through by a success.
    released_s = min(
        (one.answered_s for one in trial.attempts if one.answered_s is not None), default=0.0
    )
    sent = sum(
        any(one.arrived_s < released_s for one in trial.attempts_of(call)) for call in trial.calls
    )
    if sent == 0:
        return Inferred.undecided("none of the concurrent calls was let through")
    if sent == len(trial.calls):
        return Inferred.absent(
            f"all of {sent} calls at once were let through: no cap up to {sent}", observations=sent
        )
    return Inferred.measured(
        sent,
        f"{sent} of {len(trial.calls)} calls at once were let through before the first answer",
        observations=len(trial.calls),
    )


def _successes(found: list[Trial]) -> Inferred:
    if not found:
        return Inferred.undecided("one failure opens it, so that half-open looks like closed")
    closed = {
        int(trial.facts["successes"]): bool(trial.attempts_of(trial.calls[-1])) for trial in found
    }
    # Half-open, one failure opens it again and the next call sends nothing; closed, it takes more.
    enough = [count for count, is_closed in sorted(closed.items()) if is_closed]
    if not enough:
        return Inferred.bounded(
            f"one failure opened it again after each of 1 to {max(closed)} successes",
            observations=len(closed),
            low=max(closed) + 1,
        )
    if any(not closed[count] for count in closed if count > enough[0]):
        return Inferred.undecided(f"contradictory: closed after {enough} successes of {closed}")
    return Inferred.measured(
        enough[0],
        f"a failure after {enough[0]} successes didn't open it again"
        + (f", after {enough[0] - 1} it did" if enough[0] > 1 else ""),
        observations=len(closed),
    )


def _order(probes: list[Trial], known: Known) -> Inferred:
    if not probes or _repeated(known) is None:
        return Inferred.undecided("no failure is repeated, so that the order makes no difference")
    (trial,) = probes
    sent = len(trial.attempts_of(trial.calls[0]))
    expected = known.number("retry.attempts")
    if sent == 1:
        return Inferred.measured(
            "inside-retry", "a failed probe sent one attempt: each attempt counts", observations=1
        )
    if expected is not None and sent == expected:
        return Inferred.measured(
            "around-retry", f"a failed probe sent all of its {sent} attempts", observations=1
        )
    return Inferred.undecided(f"a failed probe sent {sent} attempts", observations=1)


def _growth(probes: list[Trial], known: Known) -> Inferred:
    open_s = known.number("breaker.open_s")
    if not probes or open_s is None:
        return Inferred.undecided("no probe was seen to fail")
    (trial,) = probes
    first, second, *after = trial.calls
    if trial.attempts_of(second):
        return Inferred.undecided("a failed probe didn't open it again", observations=1)
    if not trial.facts["reopened"] or not after:
        return Inferred.bounded(
            "after a failed probe it stayed open longer", observations=1, low=1.0
        )
    silent = [call for call in after[:-1] if not trial.attempts_of(call)]
    low_s = (silent[-1] if silent else second).started_s - first.ended_s
    high_s = after[-1].ended_s - first.started_s
    known_open = known.parameters["breaker.open_s"]
    low, high = low_s / (known_open.high or open_s), high_s / (known_open.low or open_s)
    if low <= 1.0 <= high:
        return Inferred.measured(
            1.0, "open as long after a failed probe as at first", observations=2, low=low, high=high
        )
    return Inferred.measured(
        round((low + high) / 2, 2),
        f"after a failed probe it was open {low_s:.2f} to {high_s:.2f} s",
        observations=2,
        low=low,
        high=high,
    )
