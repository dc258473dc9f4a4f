"""The waits between attempts: base, growth, cap, and the law of their jitter."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from seatrial.checks import Call
from seatrial.infer.backoff import MORE_CALLS, NOTHING_S, backoff
from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.kinds import KINDS, REPEATED
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.laws import TOO_FEW, Fit, fit
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.infer.trials import Observation, Trial, trials
from seatrial.tap import Action

_LABS = ("a", "b")
_TOGETHER = 6
"""Calls at the same time, where waits are long next to what that costs the consumer."""
_ROUNDS = 2
"""Times that it is measured, where the first doesn't tell a law, and more calls may."""
_ALIKE = 8
"""Calls of each consumer, where all waits are alike."""
_EACH = 40
"""And where there is a jitter."""
_LONG_S = 0.06
_LEAST_TIME_S = 8.0
_LEAST = 6
_DISTURBED_S = 0.005
"""A call that is later than others by more was disturbed."""
_MOST = 0.8
_KEPT = 0.5
"""The share of calls that are kept at least: the least disturbed."""
_BEFORE_S = 0.02
"""What held the machine up so shortly before a request arrived made it late."""
_FEW_CUT = 0.03
"""Of the calls: so few that were cut change no law."""


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
    after = ("attempts", "breaker")

    def skipped(self, known: Known) -> str | None:
        """Nothing is waited for where nothing is repeated."""
        return None if repeated_kind(known) else "nothing is repeated"

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Make calls whose last attempt succeeds: more of them, where the waits differ."""
        kind = repeated_kind(known)
        assert kind is not None
        attempts = known.behaviour[kind].attempts
        assert attempts is not None
        together = calls_together(known, attempts)
        found: list[Trial] = []
        for _ in range(_ROUNDS):
            found += await bench.on_each(
                _LABS, lambda lab, _: _measure(lab, kind, attempts, together)
            )
            if not _wants_more(self.conclude(found, known)):
                break
        return found

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Fit a law to the waits before each attempt."""
        found = waits_seen(seen)
        if len(found) < _LEAST:
            text = f"{len(found)} calls had all their attempts: too few to see a law of waits"
            return Known({name: Inferred.undecided(text) for name in self.gives})
        late_s = median(one.late_s for one in found)
        soonest_s = min(one.late_s for one in found)
        waits_s = [one.waits_s for one in found]
        return Known(backoff(fits_of(found), waits_s, late_s, soonest_s))


def waits_seen(seen: Observation) -> "list[CallWaits]":
    """Return the waits that say what the law is, as many of each call."""
    parts = trials(seen, "waits")
    found = [one for trial in parts for one in _sequences(trial)]
    if any(map(_is_spent, parts)):  # no deadline cut calls, so that no long waits are missing
        found = [one for one in found if not one.cut]
    length = _uncensored(found)
    calm = _calm([one for one in found if len(one.waits_s) >= length])
    return [replace(one, waits_s=one.waits_s[:length]) for one in calm] if length else []


def fits_of(found: "Sequence[CallWaits]") -> list[Fit]:
    """Fit a law to the waits before each attempt."""
    noise_s = _noise_s(found)
    return [fit(waits, noise_s) for waits in zip(*(one.waits_s for one in found), strict=True)]


def _wants_more(concluded: Known) -> bool:
    """Return whether more calls may tell what these don't: few, or the machine stood in the way."""
    jitter = concluded.parameters["retry.jitter"]
    if jitter.is_measured:
        return concluded.parameters["retry.growth"].certainty is Certainty.BOUNDED
    return any(text in jitter.why for text in ("nois", MORE_CALLS, TOO_FEW))


def _is_spent(trial: Trial) -> bool:
    """Return whether calls had all their attempts until nearly none had a second: a spent budget.

    A deadline cuts calls by their waits, and not by when they were made.
    """
    calls = sorted(trial.calls, key=lambda call: call.started_s)
    counts = [len(trial.attempts_of(call)) for call in calls]
    single = [count <= 1 for count in counts]  # none where a breaker has opened since
    before = single.index(True) if True in single else len(single)
    after = single[before:]
    return min(before, len(after)) >= _LEAST and sum(after) >= _MOST * len(after)


def _uncensored(found: Sequence["CallWaits"]) -> int:
    """Return how many waits of each call say what the law is.

    A deadline cuts long waits sooner than short ones: from where it cut one, those that are seen
    are too short.
    """
    longest = max((len(one.waits_s) for one in found), default=0)
    for length in range(longest):
        cut = sum(one.cut and len(one.waits_s) == length for one in found)
        if cut > _FEW_CUT * len(found):
            return length
    return longest


@dataclass(frozen=True)
class CallWaits:
    """The waits of one call, and how late its requests and answers came. Seconds."""

    waits_s: tuple[float, ...]
    late_s: float
    """From the call's start to its first request, from its last answer to its end, and what the
    machine held up as a request was due."""
    cut: bool
    """Whether it ended before its last attempt."""


def _noise_s(found: Sequence["CallWaits"]) -> float:
    """Return by how much most calls were later than the soonest: waits are later by as much."""
    lates = sorted(one.late_s for one in found if not one.cut)
    return lates[int(_MOST * (len(lates) - 1))] - lates[0] if lates else 0.0


def _calm(found: Sequence[CallWaits]) -> list[CallWaits]:
    """Leave out calls that a busy machine delayed."""
    if not found:
        return []
    lates = sorted(one.late_s for one in found)
    usual_s, most_s = lates[len(lates) // 4], lates[int(_KEPT * (len(lates) - 1))]
    limit_s = max(2 * usual_s, usual_s + _DISTURBED_S, most_s)
    return [one for one in found if one.late_s <= limit_s]


def calls_together(known: Known, attempts: int) -> int:
    """Return how many calls at once open no breaker that counts their attempts."""
    if known.parameters["breaker.order"].value != "inside-retry":
        return _TOGETHER
    failures = known.parameters["breaker.failures"].low or 1
    return max(1, min(_TOGETHER, int(failures - 1) // (attempts - 1)))


async def _measure(lab: Lab, kind: str, attempts: int, most_together: int) -> Trial:
    fault = KINDS[kind]
    assert isinstance(fault, Action)
    calls = [await _one(lab, fault, attempts) for _ in range(3)]
    seen = _sequences(await lab.trial("waits", calls))
    waits = [one.waits_s for one in seen]
    sums = [sum(one) for one in waits]
    if not sums:
        return await lab.trial("waits", calls)
    alike = all(max(place) - min(place) < NOTHING_S for place in zip(*waits, strict=False))
    target = _ALIKE if alike else _EACH
    usual_s = median(one.late_s for one in seen)
    together = most_together if lab.tells_entities and max(sums) > _LONG_S else 1
    until_s = lab.now_s + max(0.5 * lab.patience_s, _LEAST_TIME_S)
    while len(calls) < target and lab.now_s < until_s:
        if together == 1:
            calls.append(await _one(lab, fault, attempts))
            continue
        entities = await lab.new_entities(together)
        async with lab.fault_for_each(entities, fault, first=attempts - 1):
            made = await lab.about(entities)
        calls += made
        late_s = median(one.late_s for one in _sequences(await lab.trial("waits", made)) or seen)
        if late_s > 2 * usual_s + _DISTURBED_S:
            together = max(1, together // 2)
    return await lab.trial("waits", calls, {"attempts": float(attempts)})


async def _one(lab: Lab, fault: Action, attempts: int) -> Call:
    async with lab.fault(fault, first=attempts - 1):
        return await lab.call()


def _sequences(trial: Trial) -> list[CallWaits]:
    """Return the waits of each call whose attempts were all made."""
    found = []
    expected = int(trial.facts.get("attempts", 0))
    for call in trial.calls:
        attempts = trial.attempts_of(call)
        cut = call.outcome != "good" and len(attempts) < expected
        if not attempts or (len(attempts) < 2 and not cut):
            continue
        ends = [one.answered_s or one.ended_s or one.arrived_s for one in attempts]
        held_s = max(
            trial.lag_s(one.arrived_s - _BEFORE_S, one.arrived_s + NOTHING_S) for one in attempts
        )
        late_s = 0.0 if cut else attempts[0].arrived_s - call.started_s + call.ended_s - ends[-1]
        waits = tuple(
            max(0.0, after.arrived_s - end_s)
            for end_s, after in zip(ends, attempts[1:], strict=False)
        )
        found.append(CallWaits(waits, late_s + held_s, cut))
    return found
