"""How often one call asks, for each kind of failure: the rows of the behaviour matrix."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil

from seatrial.checks import Call
from seatrial.faults import latency
from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.kinds import CONNECTION_KINDS, KINDS, NEUTRAL, SETTLING_KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Behaviour, Inferred
from seatrial.infer.trials import Observation, Trial, trials

UNSEEN = ("refused",)
"""Nothing of it reaches the tap, so that attempts can't be counted."""
_ELSEWHERE = ("hang",)
"""Kinds that another experiment takes its time for."""
_GROUPS = (
    ("503", "400", "401", "403", "404", "garbage"),
    ("500", "408", "409", "425", "truncated", "lost_answer"),
    ("502", "429", "501", "empty_body", "reset_midway"),
    ("504", "closed", "reset", "refused"),
)
"""Kinds that share a consumer, one after the other."""
_TWICE = 2
"""With a success between, so that a breaker of two failures in a row stays closed."""
_WARM = 50
"""Good calls, which earn a budget its retries."""
_TAIL_S = 0.08
"""A call that ends so long after its last answer waited for something."""
_SLOWER_S = 0.15
_AT_ONCE_S = 0.015
"""A request that follows sooner is the HTTP library's, not a retry's."""


@experiment
class Attempts(Experiment):
    """Fail two calls in each way, then ask again about the last one's entity."""

    name = "attempts"
    question = "which failures are repeated, and how often"
    gives = (
        "retry.attempts",
        "retry.connection_resends",
        "failures.status",
        "failures.bad_answers",
        "failures.retried.connection_errors",
    )
    after = ("noise",)

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Fail in all ways; once more after many good calls, where these make a difference."""
        groups = bench.each(_GROUPS, lambda lab, kinds: _in_turn(lab, kinds))
        found = [trial for group in await groups for trial in group]
        found += await bench.on_each(["warmed"], lambda lab, _: _fail_twice(lab, "503", "warmed"))
        if _sent(found, "warmed") > _sent(found, "503"):
            kept = [trial for trial in found if trial.label == "warmed"]
            warm = await bench.on_each(
                [kind for kind in KINDS if kind not in _ELSEWHERE],
                lambda lab, kind: _fail_twice(lab, kind, kind, warm=True),
            )
            return [*kept, *warm, *await _slowed(bench, warm)]
        done = {trial.label for trial in found}
        left = [kind for group in _GROUPS for kind in group if kind not in done]
        found += await bench.on_each(left, lambda lab, kind: _fail_twice(lab, kind, kind))
        return [*found, *await _slowed(bench, found)]

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
        resent = {
            kind: certain[kind]
            for kind in certain
            if kind in CONNECTION_KINDS and _may_be_resent(trials(seen, kind)[0])
        }
        libraries = {
            kind: certain[kind] - 1 for kind in resent if _is_of_library(trials(seen, kind)[0])
        }
        attempts = _attempts(certain, resent, libraries)
        if _took_too_long(seen):
            attempts = Inferred.undecided(
                "a failed call took more than half of what --patience waits for, so that it was "
                "made once alone: more patience would show it"
            )
        if attempts.is_measured and (doubt := _cut_short(seen, certain)):
            attempts = doubt
        return Known(
            {
                "retry.attempts": attempts,
                "retry.connection_resends": _resends(certain, attempts),
                "failures.retried.connection_errors": _lost(certain, attempts),
                "failures.status": _statuses({**_repeated_once(seen), **certain}),
                "failures.bad_answers": _bad_answers(certain),
            },
            behaviour,
        )


async def _slowed(bench: Bench, found: Observation) -> list[Trial]:
    """Fail more slowly, where calls end some time after their last answer: a deadline cuts more."""
    kind = next((one for one in SETTLING_KINDS if _lingers(trials(found, one))), None)
    if kind is None:
        return []

    async def work(lab: Lab, label: str) -> Trial:
        async with lab.fault(latency(delay_s=_SLOWER_S)):
            return replace(await _fail_twice(lab, kind, label), label=f"{label}-{kind}")

    return await bench.on_each(["slowed"], work)


def _lingers(found: Sequence[Trial]) -> bool:
    """Return whether failed calls end some time after their last answer."""
    tails = [
        call.ended_s - (sent[-1].answered_s or sent[-1].ended_s or call.ended_s)
        for trial in found
        for call in _failed(trial)
        if len(sent := trial.attempts_of(call)) > 1
    ]
    return bool(tails) and min(tails) > _TAIL_S


def _took_too_long(seen: Observation) -> bool:
    """Return whether no failure that is repeated, if any is, was met by two calls."""
    found = [trial for kind in SETTLING_KINDS for trial in trials(seen, kind)]
    return bool(found) and all(len(_failed(trial)) < _TWICE for trial in found)


def _cut_short(seen: Observation, certain: Mapping[str, int]) -> Inferred | None:
    """Return why a deadline may have kept calls from further attempts; None where none did."""
    kinds = [one for one in SETTLING_KINDS if certain.get(one, 1) > 1]
    kind = next((one for one in kinds if _lingers(trials(seen, one))), None)
    if kind is None:
        return None
    fast = [call.took_s for one in trials(seen, kind) for call in _failed(one)]
    slow = [
        call.took_s
        for one in trials(seen, f"slowed-{kind}")
        for call in _failed(one)
        if len(one.attempts_of(call)) >= certain[kind]
    ]
    if slow and min(slow) >= max(fast) + _SLOWER_S * certain[kind] / 3:
        return None
    return Inferred.undecided(
        f"calls end some time after their {certain[kind]} attempts: a deadline that leaves no time "
        "for another one, or a pause after the last, explains it",
        observations=len(fast) + len(slow),
    )


async def _in_turn(lab: Lab, kinds: Sequence[str]) -> list[Trial]:
    """Fail in these ways one after the other, as long as nothing remembers the one before.

    What an open breaker or a spent budget may have changed is left out.
    """
    found: list[Trial] = []
    for kind in kinds:
        trial = await _fail_twice(lab, kind, kind)
        found.append(trial)
        if not trial.facts["closed"]:
            # What came before ended with a breaker that let calls through.
            return found if len(found) == 1 else found[:-1]
    repeated = next((one for one in found if one.sent(0) > 1), None)
    if repeated is not None:
        again = await _fail_twice(lab, repeated.label, repeated.label)
        if again.sent(0) != repeated.sent(0):
            return found[: found.index(repeated) + 1]
    return found


async def _fail_twice(lab: Lab, kind: str, label: str, *, warm: bool | None = None) -> Trial:
    if label == "warmed" or warm:
        await lab.about(await lab.new_entities(_WARM), together=5)
    calls: list[Call] = []
    while len(calls) < _TWICE and (not calls or calls[0].took_s < lab.patience_s / 2):
        if calls and kind.isdigit():  # what ends a connection must find it as it was left
            await lab.call()
        async with lab.fault(KINDS[kind]):
            calls.append(await lab.call())
    well = await lab.call()
    closed = bool(await lab.sent_by(well)) and well.outcome == "good"
    if closed:
        calls.append(await lab.call(calls[-1].entity))  # the newest, whose time to live isn't over
    return await lab.trial(label, calls, {"closed": float(closed)})


def _sent(found: Observation, label: str) -> int:
    return max((trial.sent(0) for trial in trials(found, label)), default=0)


def _failed(trial: Trial) -> list[Call]:
    """Return the calls that failed, without the last that asks again."""
    return list(trial.calls[:-1] if trial.facts.get("closed") else trial.calls)


def _behaviour(kind: str, trial: Trial) -> Behaviour:
    first = trial.calls[0]
    sent = None if kind in UNSEEN else _certain(trial)
    answer = f"{first.outcome} ({first.status if first.status is not None else 'no answer'})"
    return Behaviour(attempts=sent, cached=_kept(kind, trial), answer=answer, after_s=first.took_s)


def _kept(kind: str, trial: Trial) -> bool | None:
    """Return whether the outcome was given again without the provider; None: something else was."""
    if not trial.facts.get("closed"):
        return None
    *failed, again = trial.calls
    before = next(call for call in failed if call.entity == again.entity)
    if trial.attempts_of(again):
        return False
    if kind not in UNSEEN and not trial.attempts_of(before):
        return None  # it was answered without the provider before the failure already
    return True if again.outcome == before.outcome else None


def _certain(trial: Trial) -> int | None:
    """Return the attempts of a call, where a breaker can't have cut them short."""
    failed = _failed(trial)
    if len(failed) < 2:
        return None
    first, second = (len(trial.attempts_of(call)) for call in failed[:2])
    return first if first >= second > 0 else None


def _may_be_resent(trial: Trial) -> bool:
    """Return whether each repetition came at once, as an HTTP library sends on a new connection."""
    for call in _failed(trial):
        attempts = trial.attempts_of(call)
        for before, after in itertools.pairwise(attempts):
            ended_s = before.ended_s or before.arrived_s
            if after.arrived_s - ended_s > _AT_ONCE_S:
                return False
    return True


def _is_of_library(trial: Trial) -> bool:
    """Return whether only the call that found a kept connection sent again, as Go's client does."""
    first, second = (len(trial.attempts_of(call)) for call in _failed(trial)[:2])
    return first > second == 1


def _attempts(
    certain: Mapping[str, int], resent: Mapping[str, int], libraries: Mapping[str, int]
) -> Inferred:
    statuses = [kind for kind in SETTLING_KINDS if certain.get(kind, 1) > 1]
    lost = [kind for kind in CONNECTION_KINDS if certain.get(kind, 1) > 1]
    if statuses:
        return _counted(certain, statuses)
    if lost:
        if all(kind in libraries for kind in lost):
            return Inferred.measured(
                1,
                f"only {', '.join(lost)} are sent again, at once, and only where the connection "
                "was a kept one: the HTTP library does it",
                observations=len(certain),
            )
        if all(kind in resent for kind in lost):
            return Inferred.undecided(
                "only what ends a connection is sent again, and at once: the HTTP library's own "
                "resending explains it",
                observations=len(certain),
            )
        return _counted(certain, lost)
    if all(kind in certain for kind in (*SETTLING_KINDS, *CONNECTION_KINDS)):
        return Inferred.measured(
            1, f"no failure of {len(certain)} kinds was repeated", observations=len(certain)
        )
    return Inferred.undecided(
        "a breaker may have cut the attempts short: the call after the first failed one sent "
        "nothing",
        observations=len(certain),
    )


def _resends(certain: Mapping[str, int], attempts: Inferred) -> Inferred:
    """Say how often the HTTP library itself sends again what a connection lost."""
    lost = [certain[kind] for kind in CONNECTION_KINDS if kind in certain]
    if not attempts.is_measured or not isinstance(attempts.value, int) or not lost:
        return Inferred.undecided("the attempts of a call aren't known")
    more = max(lost) - attempts.value
    text = f"{attempts.value} attempts, and up to {max(lost)} where the connection ends"
    if more <= 0:
        return Inferred.measured(0, text, observations=2 * len(lost))
    # Each attempt may be sent again, and another time more often: all that a policy needs to say.
    each = ceil(more / attempts.value)
    return Inferred.undecided(
        f"{text}: how often depends on the connections that were kept",
        observations=2 * len(lost),
        value=each,
        low=each,
    )


def _lost(certain: Mapping[str, int], attempts: Inferred) -> Inferred:
    lost = [certain[kind] for kind in CONNECTION_KINDS if kind in certain]
    if not attempts.is_measured or attempts.value == 1 or len(lost) < len(CONNECTION_KINDS):
        return Inferred.undecided("it takes a retry to see what it repeats")
    text = ", ".join(f"{kind}: {certain[kind]}" for kind in CONNECTION_KINDS)
    if min(lost) >= int(attempts.high or 0):
        return Inferred.measured(True, text, observations=2 * len(lost))
    if max(lost) == 1:
        return Inferred.measured(False, text, observations=2 * len(lost))
    return Inferred.undecided(text, observations=2 * len(lost))


def _counted(certain: Mapping[str, int], kinds: Sequence[str]) -> Inferred:
    counts = [certain[kind] for kind in kinds]
    named = ", ".join(f"{kind}: {certain[kind]}" for kind in kinds)
    if len(set(counts)) > 1:
        return Inferred.bounded(
            f"kinds of failure differ ({named})",
            observations=2 * len(counts),
            low=min(counts),
            high=max(counts),
        )
    return Inferred.measured(
        counts[0], f"requests that one failed call sent ({named})", observations=2 * len(counts)
    )


def _repeated_once(seen: Observation) -> dict[str, int]:
    """Return the statuses that a call repeated: how often may not be sure, but that it did is."""
    return {
        trial.label: trial.sent(0)
        for trial in seen
        if trial.label.isdigit() and trial.whole and trial.sent(0) > 1
    }


def _statuses(certain: Mapping[str, int]) -> Inferred:
    asked = [kind for kind in KINDS if kind.isdigit()]
    unsure = [kind for kind in asked if kind not in certain]
    retried = tuple(int(kind) for kind in asked if certain.get(kind, 1) > 1)
    if unsure:
        return Inferred.undecided(f"it isn't sure for {', '.join(unsure)}", observations=len(asked))
    if not retried:
        return Inferred.absent("no status is repeated", observations=2 * len(asked))
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
    if not repeated and all(certain.get(kind, 1) == 1 for kind in SETTLING_KINDS):
        return Inferred.undecided("nothing is repeated, so that nothing sets them apart")
    return Inferred.measured(bool(repeated), "garbage and truncated bodies", observations=4)
