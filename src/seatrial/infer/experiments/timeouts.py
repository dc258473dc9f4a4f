"""When an attempt is given up, before its head and within its body, and when the whole call is."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.kinds import KINDS, SETTLING_KINDS, http
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Behaviour, Inferred
from seatrial.infer.trials import Observation, Trial, trials

_CLOSE = 0.06
"""Relative: two times that differ by less are one, beyond the noise."""
_SHIFT = 0.5
"""Of an attempt's time: the first attempt fails so late, so that a deadline cuts another one."""
_AGREEING = 0.6
"""Of the observations."""
_LEAST_CUT_S = 0.03
"""An attempt that is shorter by less may not have been cut."""
_DRIP_TIMES = 4
"""A dripping body takes this many times as long as an attempt without an answer."""


@dataclass(frozen=True)
class Hung:
    """A call whose attempts got no answer. Seconds."""

    took_s: float
    full_s: tuple[float, ...]
    """Lives of the attempts that another one followed."""
    late_s: tuple[float, ...]
    """Those whose connections ended only as the next attempt began, perhaps later than they did."""
    last_s: float
    """Until its call ended, or it was given up."""
    answered: bool
    """Whether the consumer answered, before patience ended."""
    sent: int


@experiment
class Timeouts(Experiment):
    """Let attempts wait for their head for ever, and for their body."""

    name = "timeouts"
    question = "when an attempt without an answer is given up, and when the call is"
    gives = (
        "retry.attempt_timeout_s",
        "retry.attempt_timeout_covers_body",
        "retry.deadline_s",
        "answers_within_s",
        "failures.retried.timeouts",
    )
    after = ("noise", "attempts", "waits")

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Hang twice; then let the first attempt end earlier, and a body drip."""
        more = ["drip"]
        if (known.behaviour.get("closed", Behaviour()).attempts or 1) > 1:
            more.append("shifted")

        async def hang(lab: Lab, label: str) -> list[Trial]:
            async with lab.fault(KINDS["hang"]):
                calls = [await lab.call()]
            found = [await lab.trial("hang", calls)]
            well = await lab.call()
            if label in more and well.outcome == "good" and await lab.sent_by(well):
                found.append(await _further(lab, label, found))
            return found

        groups = await bench.each(["drip", "shifted"], hang)
        found = [trial for group in groups for trial in group]
        left = [label for label in more if not any(trial.label == label for trial in found)]
        return [
            *found,
            *await bench.on_each(left, lambda lab, label: _further(lab, label, found)),
        ]

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Read the timeout from what followed it: the next attempt, or the end of the call."""
        hung = [one for one in map(_hung, trials(seen, "hang")) if one]
        shifted = [one for one in map(_hung, trials(seen, "shifted")) if one]
        if not hung:
            unsure = Inferred.undecided("no attempt of the call was seen")
            return Known(dict.fromkeys(self.gives, unsure))
        timeout, deadline = _timeouts(hung, shifted, known)
        dripped = trials(seen, "drip")
        parameters = {
            "retry.attempt_timeout_s": timeout,
            "retry.deadline_s": deadline,
            "retry.attempt_timeout_covers_body": _covers_body(dripped, timeout, known),
            "answers_within_s": _answers(seen),
            "failures.retried.timeouts": _retried(hung, timeout, known),
        }
        return Known(parameters, {"hang": _row(trials(seen, "hang")[0], hung[0])})


async def _further(lab: Lab, label: str, hung: Observation) -> Trial:
    """Go on from what attempts without an answer lived."""
    seen = [one for one in map(_hung, hung) if one]
    lives = [life for one in seen for life in one.full_s]
    life_s = median(lives) if lives else min((one.last_s for one in seen), default=lab.patience_s)
    return await (_drip(lab, life_s) if label == "drip" else _shifted(lab, _SHIFT * life_s))


async def _drip(lab: Lab, life_s: float) -> Trial:
    """Send a body a bit at a time, over several times what an attempt may take."""
    interval_s = min(max(life_s / 8, 0.02), 0.25)
    longest_s = min(_DRIP_TIMES * life_s, 0.9 * lab.patience_s)
    text = "x" * max(2, ceil(longest_s / interval_s))
    async with lab.fault(http("drip", interval_s=interval_s, text=text)):
        calls = [await lab.call()]
    return await lab.trial("drip", calls, {"interval_s": interval_s, "longest_s": longest_s})


async def _shifted(lab: Lab, shift_s: float) -> Trial:
    """Let the first attempt end without an answer before its time, and the others hang."""
    async with (
        lab.fault(KINDS["hang"]),
        lab.fault(http("hang", hang_s=shift_s), first=1),
    ):
        calls = [await lab.call()]
    return await lab.trial("shifted", calls, {"shift_s": shift_s})


def _hung(trial: Trial) -> Hung | None:
    call = trial.calls[0]
    attempts = trial.attempts_of(call)
    if not attempts:
        return None
    full = [
        (one.given_up_s if one.given_up_s is not None else after.arrived_s) - one.arrived_s
        for one, after in itertools.pairwise(attempts)
        if one.given_up_s is not None
    ]
    late = [
        one.given_up_s - one.arrived_s
        for one, after in itertools.pairwise(attempts)
        if one.given_up_s is not None and after.arrived_s - one.given_up_s < _LEAST_CUT_S
    ]
    last = attempts[-1]
    # A client may close an attempt's socket only later; the end of the call is certain.
    end_s = call.ended_s if last.given_up_s is None else min(call.ended_s, last.given_up_s)
    return Hung(
        call.took_s,
        tuple(full),
        tuple(late),
        end_s - last.arrived_s,
        call.status is not None,
        len(attempts),
    )


def _tolerance(known: Known, time_s: float) -> float:
    return max(known.noise_s, _CLOSE * time_s)


def _timeouts(
    hung: Sequence[Hung], shifted: Sequence[Hung], known: Known
) -> tuple[Inferred, Inferred]:
    lives = [life for one in (*hung, *shifted) for life in one.full_s]
    if lives:
        return _repeated(lives, hung, shifted, known)
    if not all(one.answered for one in hung):
        waited_s = min(one.last_s for one in hung)
        none = Inferred.bounded(
            f"an attempt without an answer was still waited for after {waited_s:.1f} s",
            observations=len(hung),
            low=waited_s,
        )
        return none, none
    return _once(hung, shifted, known)


def _repeated(
    lives: Sequence[float], hung: Sequence[Hung], shifted: Sequence[Hung], known: Known
) -> tuple[Inferred, Inferred]:
    """Conclude where attempts that were given up are followed by others.

    A client may close the socket of an attempt only later, when it has waited or collects garbage:
    what looks longest is the least worth. The last attempt ends with its call at the latest.
    """
    calls = [*hung, *shifted]
    lasts = [one.last_s for one in calls if one.answered]
    life_s = min(lives)
    if lasts and min(lasts) < life_s - _near_s(life_s):
        if not _ended_by_themselves(hung, shifted):
            timeout = _given_up(lives, known)
            return timeout, _deadline(life_s, _tolerance(known, life_s), calls, known)
        life_s = min(lasts)
    lives = [*lives, *(one for one in lasts if one >= life_s - _near_s(life_s))]
    if lasts and max(lasts) - life_s <= _near_s(life_s):
        # All last ones lived as long; what lived longer did so until the next attempt began.
        late = {one for each in calls for one in each.late_s if one - life_s > _near_s(life_s)}
        lives = [one for one in lives if one not in late]
    timeout = _given_up(_majority(lives), known)
    if timeout.is_measured and isinstance(timeout.value, float):
        life_s = timeout.value
    return timeout, _deadline(life_s, _tolerance(known, life_s), calls, known)


def _majority(lives: Sequence[float]) -> Sequence[float]:
    """Return the observations that agree, where most do; all of them where not.

    A request that arrives late lives shorter, a connection that is closed late longer.
    """
    groups = [[one for one in lives if 0 <= one - least <= _near_s(least)] for least in lives]
    largest = max(groups, key=len)
    return largest if len(largest) > _AGREEING * len(lives) else lives


def _near_s(time_s: float) -> float:
    """Return how far two observations of one time may lie apart, whatever the machine's noise."""
    return max(_LEAST_CUT_S, _CLOSE * time_s)


def _ended_by_themselves(hung: Sequence[Hung], shifted: Sequence[Hung]) -> bool:
    """Return whether last attempts lived as long, though their calls didn't take as long."""
    both = [
        [(one.last_s, one.took_s) for one in calls if one.answered and one.sent > 1]
        for calls in (hung, shifted)
    ]
    if not all(both):
        return False
    lasts = [last_s for calls in both for last_s, _ in calls]
    near_s = _near_s(max(lasts))
    took_s = [min(took for _, took in calls) for calls in both]
    return max(lasts) - min(lasts) <= near_s and took_s[0] - took_s[1] > 2 * near_s


def _given_up(lives: Sequence[float], known: Known) -> Inferred:
    low_s, high_s, life_s = min(lives), max(lives), median(lives)
    if high_s - low_s > 2 * _near_s(life_s):
        wait = known.parameters.get("retry.backoff_s")
        earlier_s = low_s if wait is None or wait.high is None else wait.high
        return Inferred.bounded(
            f"attempts without an answer were given up after {low_s:.2f} to {high_s:.2f} s, some "
            "of them perhaps earlier than their connections ended",
            observations=len(lives),
            low=max(0.0, low_s - earlier_s),
            high=max(high_s, low_s + known.noise_s / 2),
        )
    return Inferred.measured(
        round(life_s, 3),
        f"{len(lives)} attempts without an answer were given up after {life_s:.3f} s",
        observations=len(lives),
        low=min(low_s, life_s - known.noise_s / 2),
        high=max(high_s, life_s + known.noise_s / 2),
    )


def _deadline(life_s: float, tolerance_s: float, hung: Sequence[Hung], known: Known) -> Inferred:
    if not all(one.answered for one in hung):
        return Inferred.bounded(
            "the call was still under way when patience ended",
            observations=len(hung),
            low=max(one.took_s for one in hung),
        )
    longest_s = max(one.took_s for one in hung)
    if bounded := _as_long(hung, life_s, known):
        return bounded
    cut = [one.took_s for one in hung if one.last_s < life_s - tolerance_s]
    if not cut:
        expected = known.number("retry.attempts")
        fewer = expected is not None and all(one.sent < expected for one in hung)
        text = (
            "fewer attempts than are made when they fail at once: no time was left for another"
            if fewer
            else "no attempt was cut short"
        )
        return Inferred.bounded(
            f"calls without an answer took up to {longest_s:.2f} s; {text}",
            observations=len(hung),
            low=longest_s - known.noise_s,
        )
    agree = max(cut) - min(cut) <= _tolerance(known, max(cut))
    # Where it is a deadline, no call takes longer.
    if not agree or longest_s > max(cut) + _tolerance(known, longest_s):
        return Inferred.undecided(
            "the last attempt was cut short, after "
            + ", ".join(f"{one:.2f}" for one in sorted(cut))
            + f" s of the call, and another call took {longest_s:.2f} s",
            observations=len(hung),
        )
    if len(cut) < 2:
        return Inferred.bounded(
            f"one call without an answer was cut within an attempt after {cut[0]:.2f} s; a second "
            "one would make it sure",
            observations=len(hung),
            low=longest_s - known.noise_s,
        )
    return Inferred.measured(
        round(median(cut), 3),
        f"{len(cut)} calls without an answer were cut within an attempt after {median(cut):.3f} s",
        observations=len(cut),
        low=min(cut) - known.noise_s / 2,
        high=max(cut),
    )


def _as_long(hung: Sequence[Hung], life_s: float, known: Known) -> Inferred | None:
    """Say the deadline where calls ended after as long, whatever their attempts had made of it.

    Each made fewer attempts than it may, or its last one was cut; and their last ones differ.
    """
    expected = known.number("retry.attempts")
    least_s = max(_LEAST_CUT_S, _CLOSE * life_s)
    cut = [
        one for one in hung if (expected and one.sent < expected) or one.last_s < life_s - least_s
    ]
    took = [one.took_s for one in hung]
    lasts = [one.last_s for one in hung]
    spread_s = max(took) - min(took)
    if len(hung) < 3 or len(cut) < len(hung) or spread_s > max(_LEAST_CUT_S, _CLOSE * max(took)):
        return None
    if max(lasts) - min(lasts) < 3 * spread_s + least_s:
        return None
    return Inferred.measured(
        round(min(took), 3),
        f"{len(took)} calls ended after {min(took):.3f} to {max(took):.3f} s, within different "
        "attempts",
        observations=len(took),
        low=min(took) - known.noise_s / 2,
        high=max(took),
    )


def _once(hung: Sequence[Hung], shifted: Sequence[Hung], known: Known) -> tuple[Inferred, Inferred]:
    """Conclude where the only attempt without an answer ends with its call."""
    life_s = median([one.last_s for one in hung])
    tolerance_s = _tolerance(known, life_s)
    text = f"a call whose only attempt got no answer ended after {life_s:.3f} s"
    found = Inferred.measured(
        round(life_s, 3),
        text,
        observations=len(hung),
        low=min(one.last_s for one in hung) - known.noise_s / 2,
        high=max(one.last_s for one in hung) + known.noise_s / 2,
    )
    if known.number("retry.attempts") == 1 or not _repeats(known):
        return found, Inferred.undecided(
            "a call makes one attempt, so that its deadline is the attempt's timeout"
        )
    longer = Inferred.bounded(
        f"{text}, which is the call's time", observations=2, low=life_s - tolerance_s
    )
    for one in shifted:
        if one.sent < 2 or not one.answered:
            continue
        if abs(one.last_s - life_s) <= tolerance_s < one.took_s - life_s:
            return found, Inferred.bounded(
                f"a call took {one.took_s:.2f} s and wasn't cut", observations=3, low=one.took_s
            )
        if abs(one.took_s - life_s) <= tolerance_s < life_s - one.last_s:
            return longer, found
    unsure = Inferred.undecided(
        f"{text}: the attempt's timeout and the call's deadline explain it both; a first attempt "
        "that fails late and is repeated would tell",
        observations=len(hung),
    )
    return unsure, unsure


def _repeats(known: Known) -> bool:
    """Return whether answers are repeated: what ends a connection may be the HTTP library's."""
    rows = [known.behaviour[kind] for kind in (*SETTLING_KINDS, "429") if kind in known.behaviour]
    return not rows or any((row.attempts or 2) > 1 for row in rows)


def _covers_body(dripped: Sequence[Trial], timeout: Inferred, known: Known) -> Inferred:
    limit_s = timeout.value
    if not dripped or not timeout.is_measured or not isinstance(limit_s, float):
        return Inferred.undecided("there is no timeout to compare with")
    trial = dripped[0]
    attempts = trial.attempts_of(trial.calls[0])
    interval_s = trial.facts["interval_s"]
    if not attempts or interval_s >= limit_s / 2:
        return Inferred.undecided(
            f"a body that drips every {interval_s:.2f} s can't be told from one that stands still "
            f"within {limit_s:g} s"
        )
    first = attempts[0]
    end_s = first.given_up_s or first.ended_s or trial.calls[0].ended_s
    lived_s = end_s - first.arrived_s
    near_s = limit_s + _tolerance(known, limit_s) + interval_s
    if first.given_up_s is not None and lived_s <= near_s:
        return Inferred.measured(
            True,
            f"a body that drips was given up after {lived_s:.3f} s",
            observations=len(attempts),
        )
    if lived_s > 1.7 * limit_s and lived_s > near_s:
        return Inferred.measured(
            False,
            f"a body that drips was read for {lived_s:.1f} s, one that stands still for "
            f"{limit_s:g} s: the timeout bounds each read",
            observations=len(attempts),
        )
    return Inferred.undecided(f"a body that drips ended after {lived_s:.1f} s")


def _retried(hung: Sequence[Hung], timeout: Inferred, known: Known) -> Inferred:
    """Say whether an attempt that got no answer is followed by another one."""
    if any(one.full_s for one in hung):
        return Inferred.measured(
            True, "an attempt without an answer was followed by another", observations=len(hung)
        )
    if timeout.is_measured and (known.number("retry.attempts") or 1) > 1:
        return Inferred.measured(
            False, "an attempt without an answer was the call's last", observations=len(hung)
        )
    return Inferred.undecided("no attempt was surely given up before its call")


def _answers(seen: Observation) -> Inferred:
    calls = [call for trial in seen for call in trial.calls]
    longest_s = max(call.took_s for call in calls)
    unanswered = [call for call in calls if call.status is None]
    text = "had no answer yet when patience ended" if unanswered else "the longest that one took"
    return Inferred.bounded(
        f"calls whose provider doesn't answer, or drips: {longest_s:.2f} s {text}",
        observations=len(calls),
        low=longest_s,
    )


def _row(trial: Trial, hung: Hung) -> Behaviour:
    call = trial.calls[0]
    status = call.status if call.status is not None else "no answer"
    return Behaviour(
        attempts=hung.sent if hung.answered else None,
        answer=f"{call.outcome} ({status})",
        after_s=call.took_s,
    )
