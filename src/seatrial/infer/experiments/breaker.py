"""Whether a breaker opens, after how many failures, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.checks import Call
from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.kinds import CONNECTION_KINDS, KINDS, SETTLING_KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Behaviour, Inferred
from seatrial.infer.trials import Observation, Trial, trials

MOST_CALLS = 60
_MOST_AT_ONCE = 120
"""Beyond the least number of calls that libraries come with: resilience4j's is 100."""
LEAST_CALLS = 12
"""Calls that fail until a breaker counts as absent."""
_POLL_SHARE = 0.02
_POLL_S = 0.02
_WIDE, _WIDE_S = 0.1, 0.05
"""An open time within wider bounds is bounded, not measured."""
_FINE_S = 0.01
_BURSTS = ("burst", "burst-closed")
"""A breaker may count lost connections alone: it is absent where neither opens any."""
_PRACTICE = 24
"""Good calls before the failures: a rate of them is another number of failures then."""


def tripping_kind(known: Known) -> str:
    """Return a kind of failure that breakers count, the quickest of them: not repeated, if any."""
    counted = (*SETTLING_KINDS, *CONNECTION_KINDS)
    once = [one for one in counted if known.behaviour.get(one, Behaviour()).attempts == 1]
    return (once or list(counted))[0]


@dataclass(frozen=True)
class Opened:
    """Calls that failed, one after the other, until one sent nothing."""

    calls: list[Call]
    silent: bool
    """Whether the last one sent nothing."""


async def trip(lab: Lab, kind: str, most: int = MOST_CALLS, *, at_once: int = 0) -> Opened:
    """Make calls that fail until one sends nothing; the last of them is that one.

    Args:
        lab: with a closed breaker.
        kind: of failure.
        most: no more calls one after the other.
        at_once: before them, this many at the same time.
    """
    calls: list[Call] = []
    until_s = lab.now_s + lab.patience_s
    async with lab.fault(KINDS[kind]):
        if at_once:
            calls += await lab.about(await lab.new_entities(at_once), together=at_once)
            most += at_once
        while len(calls) < most and (len(calls) < LEAST_CALLS or lab.now_s < until_s):
            calls.append(await lab.call())
            if not await lab.sent_by(calls[-1]):
                return Opened(calls, silent=True)
    return Opened(calls, silent=False)


async def open_for(
    lab: Lab, *, from_s: float | None = None, fine: bool = False
) -> tuple[list[Call], bool]:
    """Call while all is well until one reaches the provider, and say whether one did.

    Args:
        lab: with an open breaker.
        from_s: the moment of the first call.
        fine: call as often as possible.
    """
    calls: list[Call] = []
    began_s = lab.now_s
    if from_s is not None:
        await lab.until(from_s)
    while lab.now_s - began_s < lab.patience_s:
        calls.append(await lab.call())
        if await lab.sent_by(calls[-1]):
            return calls, True
        pause_s = max(_POLL_S, _POLL_SHARE * (lab.now_s - began_s))
        await lab.clock.sleep(_FINE_S if fine else pause_s)
    return calls, False


def opened_span(trial: Trial, opened: Opened, after: Sequence[Call]) -> tuple[float, float]:
    """Return the bounds of an open time, seconds, which ended with the last of the calls after."""
    failed = opened.calls[:-1]
    attempts = [one for call in failed for one in trial.attempts_of(call)]
    # It opened after the last answer that a tripping call got, and before that call ended.
    ends = [one.answered_s or one.ended_s for one in attempts]
    earliest_s = max((one for one in ends if one is not None), default=failed[-1].started_s)
    latest_s = max(call.ended_s for call in failed)
    silent = [call for call in after[:-1] if not trial.attempts_of(call)]
    last_silent = silent[-1] if silent else opened.calls[-1]
    probe_s = min(one.arrived_s for one in trial.attempts_of(after[-1]))
    return max(0.0, last_silent.started_s - latest_s), probe_s - earliest_s


@experiment
class Breaker(Experiment):
    """Fail until nothing is sent; then wait until something is."""

    name = "breaker"
    question = "whether a breaker opens, when, and for how long"
    gives = ("breaker", "breaker.failures", "breaker.open_s", "breaker.order")
    after = ("attempts", "noise")

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Trip it twice: with failures alone, and with a success before the last of them."""
        kind = tripping_kind(known)

        async def open_it(lab: Lab, label: str, from_s: float | None = None) -> Trial:
            opened = await trip(lab, kind)
            after: list[Call] = []
            reopened = False
            if opened.silent:
                start_s = None if from_s is None else opened.calls[-2].ended_s + from_s
                after, reopened = await open_for(lab, from_s=start_s, fine=from_s is not None)
            facts = {"tripped": float(len(opened.calls)), "reopened": float(reopened)}
            return await lab.trial(label, opened.calls + after, facts)

        found = await bench.on_each(["alone", "again"], open_it)
        failed = opened_after(found[0])
        if failed is None:
            kinds = {"burst": kind, "burst-closed": CONNECTION_KINDS[0]}
            more = await bench.on_each(_BURSTS, lambda lab, label: _burst(lab, kinds[label], label))
            return [*found, *more]

        async def practised(lab: Lab, label: str) -> Trial:
            await lab.about(await lab.new_entities(_PRACTICE), together=4)
            opened = await trip(lab, kind)
            return await lab.trial(label, opened.calls, {"tripped": float(len(opened.calls))})

        async def interrupt(lab: Lab, label: str) -> Trial:
            async with lab.fault(KINDS[kind]):
                calls = await lab.calls(failed - 1)
            calls.append(await lab.call())
            async with lab.fault(KINDS[kind]):
                calls += await lab.calls(failed - 1)
            calls.append(await lab.call())
            return await lab.trial(label, calls, {"failed": float(failed)})

        spans = [opened_for_s(trial) for trial in found if trial.facts["reopened"]]
        labels = ["practised", *(["interrupted"] if failed > 1 else [])]
        labels += ["fine-1", "fine-2"] if spans else []
        works = {"practised": practised, "interrupted": interrupt}
        early_s = 0.97 * min((low for low, _ in spans), default=0.0)
        return [
            *found,
            *await bench.on_each(
                labels,
                lambda lab, label: (
                    works[label](lab, label) if label in works else open_it(lab, label, early_s)
                ),
            ),
        ]

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Count the failures before the first call that sent nothing."""
        opening = [one for label in OPENING for one in trials(seen, label)]
        counts = {opened_after(trial) for trial in opening}
        if counts == {None}:
            bursts = [one for label in _BURSTS for one in trials(seen, label)]
            return Known(_unopened(opening, bursts, self.gives))
        if len(counts) > 1:
            return Known(_at_different_counts(opening, self.gives))
        (failed,) = counts
        assert failed is not None
        present = Inferred.measured(
            True,
            f"after {failed} calls that failed, the next sent nothing",
            observations=len(opening),
            low=failed,
            high=failed,
        )
        order = _cut_order(opening, known)
        return Known(
            {
                "breaker": present,
                "breaker.failures": _threshold(
                    failed,
                    opening,
                    _in_time(trials(seen, "interrupted"), open_time(opening).low or 0.0),
                    trials(seen, "practised"),
                    order,
                ),
                "breaker.open_s": open_time(opening),
                "breaker.order": order,
            }
        )


OPENING = ("alone", "again", "fine-1", "fine-2")


async def _burst(lab: Lab, kind: str, label: str) -> Trial:
    """Let many more calls fail, some at the same time, and see whether another one is sent."""
    async with lab.fault(KINDS[kind]):
        calls = await lab.about(await lab.new_entities(_MOST_AT_ONCE), together=10)
        calls.append(await lab.call())
    return await lab.trial(label, calls)


def _unopened(
    opening: Sequence[Trial], bursts: Sequence[Trial], names: Sequence[str]
) -> dict[str, Inferred]:
    """Conclude where no call of those made one after the other was kept back."""
    made = min(len(trial.calls) for trial in opening)
    if not bursts:
        text = f"{made} calls that failed were all sent; more of them may open it"
        return dict.fromkeys(names, Inferred.undecided(text, observations=made))
    for burst in bursts:
        sent = sum(bool(burst.attempts_of(call)) for call in burst.calls)
        if sent < len(burst.calls):
            return _opened_by(burst, sent, made, names)
    asked = made + sum(len(burst.calls) for burst in bursts)
    if len(bursts) < len(_BURSTS):
        text = f"each of {asked} calls that failed was sent, all of which failed in one way"
        return dict.fromkeys(names, Inferred.undecided(text, observations=asked))
    text = f"each of {asked} calls that failed was sent: bad statuses and lost connections"
    return dict.fromkeys(names, Inferred.absent(text, observations=asked))


def _at_different_counts(opening: Sequence[Trial], names: Sequence[str]) -> dict[str, Inferred]:
    """Conclude where it opened after another number of failures each time, or not each time."""
    opened = [(failed, trial) for trial in opening if (failed := opened_after(trial)) is not None]
    counts = [failed for failed, _ in opened]
    text = (
        f"it opened after {', '.join(map(str, counts))} failures of {len(opening)} times: what was "
        "called before them, or a rate, explains it"
    )
    found = dict.fromkeys(names, Inferred.undecided(text, observations=len(opening)))
    if len(opened) == len(opening):
        found["breaker"] = Inferred.measured(
            True, text, observations=len(opening), low=min(counts), high=max(counts)
        )
        found["breaker.open_s"] = open_time([trial for _, trial in opened])
    return found


def _opened_by(burst: Trial, sent: int, made: int, names: Sequence[str]) -> dict[str, Inferred]:
    """Conclude where some of many calls were kept back."""
    of = "lost connections" if burst.label != _BURSTS[0] else "bad statuses"
    text = (
        f"{made} calls that failed in a row were sent, and of {len(burst.calls)} more {sent} ({of})"
    )
    unsure = Inferred.undecided(text, observations=len(burst.calls))
    found = dict.fromkeys(names, unsure)
    if not burst.attempts_of(burst.calls[-1]):
        found["breaker"] = Inferred.measured(True, text, observations=len(burst.calls))
    return found


def opened_after(trial: Trial) -> int | None:
    """Return how many calls had failed before one sent nothing; None: it never happened."""
    for place, call in enumerate(trial.calls[: int(trial.facts["tripped"])]):
        if not trial.attempts_of(call):
            return place or None
    return None


def _attempts_to_open(trial: Trial) -> list[int]:
    return [len(trial.attempts_of(call)) for call in trial.calls[: opened_after(trial)]]


def _cut_order(opening: Sequence[Trial], known: Known) -> Inferred:
    """Conclude from a call whose attempts were cut short by the opening."""
    expected = known.behaviour.get(tripping_kind(known), Behaviour()).attempts
    if expected is None or expected < 2:
        return Inferred.undecided("it takes a failure that is repeated to see the order")
    sent = [_attempts_to_open(trial) for trial in opening]
    if all(one[-1] < expected and set(one[:-1]) <= {expected} for one in sent):
        return Inferred.measured(
            "inside-retry",
            f"the call that opened it sent {sent[0][-1]} of {expected} attempts: each counts",
            observations=len(sent),
        )
    return Inferred.undecided("no call's attempts were cut short as it opened")


def _in_time(interrupted: Sequence[Trial], open_s: float) -> list[Trial]:
    """Leave out those whose last call came so late that the breaker may have closed again."""
    return [
        trial
        for trial in interrupted
        if trial.calls[-1].started_s - trial.calls[-2].ended_s < open_s
        or not trial.attempts_of(trial.calls[-1])
    ]


def _threshold(
    failed: int,
    opening: Sequence[Trial],
    interrupted: Sequence[Trial],
    practised: Sequence[Trial],
    order: Inferred,
) -> Inferred:
    observations = len(opening) + len(interrupted) + len(practised)
    for trial in interrupted:
        if not trial.attempts_of(trial.calls[-1]):
            return Inferred.undecided(
                f"it opens after {failed} failures, and also where a success lies between: "
                "it looks at a window, not at failures in a row",
                observations=observations,
            )
    for trial in practised:
        if (more := opened_after(trial)) != failed:
            return Inferred.undecided(
                f"it opens after {failed} failures, and after {_PRACTICE} good calls after "
                f"{more or 'none of those made'}: it looks at a rate, not at failures in a row",
                observations=observations,
            )
    if not practised:
        return Inferred.undecided(
            f"it opened after {failed} failed calls: whether good ones before matter isn't known",
            observations=observations,
        )
    if not interrupted and failed > 1:
        return Inferred.undecided(f"it opened after {failed} failed calls", observations=2)
    text = "failed calls in a row that opened it" + (
        f"; {failed - 1}, a success and {failed - 1} more didn't" if failed > 1 else ""
    )
    sent = {sum(_attempts_to_open(trial)) for trial in opening}
    if order.is_measured:
        return (
            Inferred.measured(
                sent.pop(),
                f"attempts in a row that opened it: {order.why}",
                observations=observations,
            )
            if len(sent) == 1
            else Inferred.undecided(f"it opened after {sorted(sent)} attempts")
        )
    if max(sent) == failed:
        return Inferred.measured(failed, text, observations=observations)
    return Inferred.bounded(
        f"{text}, {max(sent)} attempts in all: which of them it counts isn't known",
        observations=observations,
        low=failed,
        high=max(sent),
    )


def opened_for_s(trial: Trial) -> tuple[float, float]:
    """Return the bounds of the open time that a trial saw, seconds."""
    tripped = int(trial.facts["tripped"])
    return opened_span(trial, Opened(list(trial.calls[:tripped]), True), trial.calls[tripped:])


def open_time(opening: Sequence[Trial]) -> Inferred:
    """Conclude for how long it stayed open from parts that opened it and waited."""
    never = [trial for trial in opening if not trial.facts["reopened"]]
    if never:
        trial = never[0]
        tripped = int(trial.facts["tripped"])
        waited_s = trial.calls[-1].ended_s - trial.calls[tripped - 2].ended_s
        return Inferred.bounded(
            f"open for longer than {waited_s:.1f} s", observations=len(opening), low=waited_s
        )
    spans = [opened_for_s(trial) for trial in opening]
    low_s, high_s = max(low for low, _ in spans), min(high for _, high in spans)
    if low_s > high_s:
        low_s, high_s = min(low for low, _ in spans), max(high for _, high in spans)
        return Inferred.bounded(
            f"it stayed open between {low_s:.2f} and {high_s:.2f} s, not always as long",
            observations=len(spans),
            low=low_s,
            high=high_s,
        )
    text = f"nothing was sent {low_s:.3f} s after it opened, and again by {high_s:.3f} s"
    observations = sum(len(trial.calls) for trial in opening)
    if high_s - low_s > max(_WIDE * high_s, _WIDE_S):
        return Inferred.bounded(text, observations=observations, low=low_s, high=high_s)
    return Inferred.measured(
        round((low_s + high_s) / 2, 3), text, observations=observations, low=low_s, high=high_s
    )
