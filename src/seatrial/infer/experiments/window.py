"""For how long a breaker remembers failures that aren't enough to open it."""

from collections.abc import Sequence

from seatrial.checks import Call
from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.experiments.breaker import tripping_kind
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Behaviour, Certainty, Inferred
from seatrial.infer.trials import Observation, Trial, trials

NAME = "breaker.rate.window_s"
_LABEL = "paused"
_SHORTEST_S = 0.2
_ROUNDS = 5
_CLOSE, _CLOSE_S = 0.1, 0.05
_LEAST = 2
_MOST_LAST = 2
"""Failures after the pause: a good call that has left the window since makes no difference."""


@experiment
class Window(Experiment):
    """Fail one call less than opens it, pause, fail again, and see whether it is open."""

    name = "window"
    question = "for how long the breaker remembers failures"
    gives = ()
    after = ("breaker", "at-once", "half-open")

    def skipped(self, known: Known) -> str | None:
        """It takes a breaker that opens after a number of failures, and not of those in a row."""
        if known.parameters["breaker"].value is None:
            return "no breaker was seen to open"
        if known.parameters["breaker.failures"].certainty is not Certainty.UNDECIDED:
            return "it counts failures in a row"
        if _failures(known) < _LEAST:
            return "one failure opens it"
        return None

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Pause for long, and then for times between those that tell."""
        if not bench.repeatable:
            return ()
        found = await _paused(bench, known, [bench.patience_s])
        for _ in range(_ROUNDS):
            low_s, high_s = _bounds(found)
            if high_s is None or _is_close(low_s, high_s):
                break
            least_s = max(low_s, _SHORTEST_S)
            share = (high_s / least_s) ** (1 / (bench.concurrency + 1))
            pauses_s = [least_s * share**place for place in range(bench.concurrency + 1)]
            more = await _paused(bench, known, pauses_s[bool(low_s) : bench.concurrency + 1])
            found += more
            if not trials(more, _LABEL):
                break
        return found

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Bracket the window by the pauses after which it opened, and those after which not."""
        found = trials(seen, _LABEL)
        if not found:
            return Known()
        low_s, high_s = _bounds(seen)
        before = _failures(known) - 1
        text = f"{before} failures, and {_last(before)} more {low_s:.2f} s later, opened it"
        if high_s is None:
            window = Inferred.bounded(text, observations=len(found), low=low_s)
        elif high_s < low_s:
            window = Inferred.undecided(
                f"{text}, and not after {high_s:.2f} s: the window isn't always as long",
                observations=len(found),
            )
        elif not _is_close(low_s, high_s):
            window = Inferred.bounded(
                f"{text}, not after {high_s:.2f} s",
                observations=len(found),
                low=low_s,
                high=high_s,
            )
        else:
            window = Inferred.measured(
                round((low_s + high_s) / 2, 3),
                f"{text}, and not after {high_s:.2f} s",
                observations=len(found),
                low=low_s,
                high=high_s,
            )
        return Known({NAME: window})


def _is_close(low_s: float, high_s: float) -> bool:
    """Return whether what lies between these is known well enough."""
    return high_s - low_s <= max(_CLOSE * high_s, _CLOSE_S)


def _failures(known: Known) -> int:
    """Return how many failures in a row opened a consumer that was just started."""
    return int(known.parameters["breaker"].low or 0)


async def _paused(bench: Bench, known: Known, pauses_s: Sequence[float]) -> list[Trial]:
    kind, before = tripping_kind(known), _failures(known) - 1
    open_s = known.parameters["breaker.open_s"].low or 0.0
    fails_s = known.behaviour.get(kind, Behaviour()).after_s or 0.0

    async def work(lab: Lab, pause_s: float) -> Trial:
        calls = await _fail(lab, kind, before)
        # What fails after the pause counts only when it has failed.
        await lab.until(max(call.ended_s for call in calls) + max(0.0, pause_s - fails_s))
        calls += await _fail(lab, kind, _last(before))
        calls.append(await lab.call())
        facts = {"before": float(before), "from_s": lab.driver.made[0].started_s}
        return await lab.trial(_LABEL, calls, {**facts, "open_s": open_s})

    return await bench.each(pauses_s, work)


def _last(before: int) -> int:
    return min(_MOST_LAST, before)


async def _fail(lab: Lab, kind: str, count: int) -> list[Call]:
    async with lab.fault(KINDS[kind]):
        return await lab.about(await lab.new_entities(count), together=count)


def _bounds(found: Observation) -> tuple[float, float | None]:
    """Return the longest time over which failures surely counted, and the shortest not."""
    remembered, forgotten = [0.0], []
    for trial in trials(found, _LABEL):
        before = int(trial.facts["before"])
        first, last = trial.calls[:before], trial.calls[before:-1]
        if not all(trial.attempts_of(call) for call in first):
            continue
        if not trial.attempts_of(trial.calls[-1]):
            counted_s = min(_failed_s(trial, call) for call in last)
            remembered.append(counted_s - max(call.ended_s for call in first))
        elif trial.calls[-1].started_s - min(call.ended_s for call in last) < trial.facts["open_s"]:
            # With one failure after the pause, a good call that has left may have been the reason.
            alone = len(last) < _MOST_LAST
            from_s = trial.facts["from_s"] if alone else min(_failed_s(trial, one) for one in first)
            forgotten.append(max(call.ended_s for call in last) - from_s)
    return max(remembered), min(forgotten, default=None)


def _failed_s(trial: Trial, call: Call) -> float:
    """Return when a call had its last answer: it counts as a failure from then on."""
    attempts = trial.attempts_of(call)
    return max((one.answered_s or one.arrived_s for one in attempts), default=call.started_s)
