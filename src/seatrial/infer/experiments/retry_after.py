"""Whether a Retry-After is waited for, in seconds and as a date, and up to which length."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import median

from seatrial.checks import Call
from seatrial.faults import latency
from seatrial.infer.experiment import Experiment, Known, experiment
from seatrial.infer.kinds import KINDS
from seatrial.infer.lab import Bench, Lab
from seatrial.infer.parameters import Inferred
from seatrial.infer.trials import Observation, Trial, trials
from seatrial.tap import Rule, Status, When

_TELLING_S = 0.4
"""A Retry-After is that much longer than the consumer's own wait, to be told from it."""
_EARLY_S = 0.05
_LATE_S = 0.5
_MOST = 12
_NEVER_S = 3600
_SHARE = 0.5
"""Of an attempt's time: an answer that comes so late is in time."""


@experiment
class RetryAfter(Experiment):
    """Ask for waits of different lengths, each once and of another call, and then answer well."""

    name = "retry-after"
    question = "whether a Retry-After is waited for"
    gives = (
        "retry.retry_after_s",
        "retry.retry_after_cap_s",
        "retry.retry_after_dates",
        "retry.deadline_s",
    )
    after = ("noise", "attempts", "waits", "timeouts")

    def skipped(self, known: Known) -> str | None:
        """It takes a status that is repeated."""
        return None if asking_status(known) else "neither 429 nor 503 is repeated"

    async def observe(self, bench: Bench, known: Known) -> Observation:
        """Ask for whole seconds from just over the consumer's own wait; and for a date."""
        status = asking_status(known)
        least = int(_own_wait_s(known) + _TELLING_S) + 1
        lengths = [*range(least, min(least + _MOST, int(0.8 * bench.patience_s) + 1)), _NEVER_S]

        async def work(lab: Lab, label: str) -> Trial:
            if label == "date":
                wait_s = least + 0.2
                answer = Status(status=status, retry_after_date_s=wait_s)
                async with lab.fault(answer, first=1):
                    calls = [await lab.call()]
                return await lab.trial(label, calls, {"asked_s": wait_s})
            return await _lengths(lab, status, lengths)

        found = await bench.on_each(["lengths", "date"], work)
        honoured = _Waited(trials(found, "lengths")).honoured
        timeout_s = known.number("retry.attempt_timeout_s")
        if not honoured or timeout_s is None or known.parameters["retry.deadline_s"].is_measured:
            return found

        async def stretch(lab: Lab, label: str) -> Trial:
            attempts = known.number("retry.attempts") or 1
            asked_s = _asked(int(max(honoured)), attempts, timeout_s, bench.patience_s)
            return await _stretched(lab, label, status, asked_s, timeout_s)

        return [*found, *await bench.on_each(["stretched", "stretched"], stretch)]

    def conclude(self, seen: Observation, known: Known) -> Known:
        """Compare each wait with what was asked for."""
        found = _Waited(trials(seen, "lengths"))
        deadline = _deadline(trials(seen, "stretched"), known)
        return Known(
            {
                "retry.retry_after_s": found.presence(),
                "retry.retry_after_cap_s": found.cap(deadline),
                **found.over_cap(),
                "retry.retry_after_dates": _dates(trials(seen, "date"), found),
                "retry.deadline_s": deadline,
            }
        )


def asking_status(known: Known) -> int:
    """Return a status that is repeated, and may carry a Retry-After; 0 where there is none."""
    for kind in ("429", "503"):
        found = known.behaviour.get(kind)
        if found is not None and (found.attempts or 1) > 1:
            return int(kind)
    return 0


def _own_wait_s(known: Known) -> float:
    found = known.parameters["retry.backoff_s"]
    return found.high if found.high is not None else 1.0


async def _lengths(lab: Lab, status: int, lengths: Sequence[int]) -> Trial:
    """Ask each call to wait for another time, at once where calls can be told apart."""
    facts: dict[str, float] = {}
    if not lab.tells_entities:
        calls: list[Call] = []
        for length in (lengths[0], lengths[-1]):
            async with lab.fault(Status(status=status, retry_after_s=length), first=1):
                calls.append(await lab.call())
            facts[calls[-1].entity] = float(length)
        return await lab.trial("lengths", calls, facts)
    entities = await lab.new_entities(len(lengths))
    facts = dict(zip(entities, map(float, lengths), strict=True))
    rules = [
        Rule(
            match=lab.match_of(entity),
            when=When(first=1),
            do=Status(status=status, retry_after_s=length),
        )
        for entity, length in zip(entities, lengths, strict=True)
    ]
    async with lab.wire.plan(*rules):
        made = await asyncio.gather(*(lab.call(entity) for entity in entities))
    return await lab.trial("lengths", made, facts)


async def _stretched(
    lab: Lab, label: str, status: int, asked_s: Sequence[int], timeout_s: float
) -> Trial:
    """Make a call as long as can be: late answers, each with a Retry-After, and then silence."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(lab.fault(latency(delay_s=_SHARE * timeout_s)))
        await stack.enter_async_context(lab.fault(KINDS["hang"]))
        for one_s in reversed(asked_s):
            answer = Status(status=status, retry_after_s=one_s)
            await stack.enter_async_context(lab.fault(answer, first=1))
        calls = [await lab.call()]
    return await lab.trial(label, calls, {"timeout_s": timeout_s})


def _asked(honoured_s: int, attempts: float, timeout_s: float, patience_s: float) -> list[int]:
    """Return the waits that make a call the longest that still ends within patience."""
    left_s = int(0.9 * patience_s - honoured_s - 3 * timeout_s)
    more_s = min(honoured_s, left_s) if attempts > 2 else 0
    return [honoured_s, more_s] if more_s > 0 else [honoured_s]


def _deadline(found: Sequence[Trial], known: Known) -> Inferred:
    """Say the deadline where such a call was cut within an attempt, each time after as long."""
    before = known.parameters["retry.deadline_s"]
    if not found or before.is_measured:
        return before
    took, cut, under_way = [], [], []
    for trial in found:
        call, attempts = trial.calls[0], trial.attempts_of(trial.calls[0])
        if len(attempts) < 2:
            continue
        if call.status is None:
            under_way.append(call.took_s)
            continue
        took.append(call.took_s)
        lived_s = call.ended_s - attempts[-1].arrived_s
        # What was answered wasn't cut: the call saw no time for as long a wait as it was asked for.
        silent = attempts[-1].answered_s is None
        if silent and lived_s < trial.facts["timeout_s"] * 0.9 - known.noise_s:
            cut.append(call.took_s)
    if under_way:
        return Inferred.bounded(
            f"a call with a Retry-After and then no answer was still under way after "
            f"{max(under_way):.2f} s",
            observations=len(found),
            low=max(before.low or 0.0, max(under_way) - known.noise_s),
        )
    if not took:
        return before
    if len(cut) < 2 or max(took) - min(took) > known.noise_s:
        return Inferred.bounded(
            f"calls with a Retry-After and then no answer took up to {max(took):.2f} s",
            observations=len(took),
            low=max(before.low or 0.0, max(took) - known.noise_s),
        )
    return Inferred.measured(
        round(median(cut), 3),
        f"{len(cut)} calls with a Retry-After and then no answer were cut within an attempt after "
        f"{median(cut):.3f} s",
        observations=len(cut),
        low=min(cut) - known.noise_s / 2,
        high=max(cut),
    )


class _Waited:
    """What became of each length that was asked for. Seconds."""

    def __init__(self, found: Sequence[Trial]) -> None:
        self.honoured: list[float] = []
        self.sooner: list[tuple[float, float]] = []
        self.refused: list[tuple[float, float]] = []
        self.waiting: list[float] = []
        for trial in found:
            for call in trial.calls:
                self._sort(trial, call, trial.facts[call.entity])

    def _sort(self, trial: Trial, call: Call, asked_s: float) -> None:
        attempts = trial.attempts_of(call)
        if not attempts:
            return
        answered_s = attempts[0].answered_s or attempts[0].arrived_s
        if len(attempts) > 1:
            waited_s = attempts[1].arrived_s - answered_s
            if waited_s < asked_s - _EARLY_S:
                self.sooner.append((asked_s, waited_s))
            elif waited_s < asked_s + max(_LATE_S, 0.25 * asked_s):
                self.honoured.append(asked_s)
        elif call.status is None:
            self.waiting.append(asked_s)
        else:
            self.refused.append((asked_s, call.ended_s - answered_s))

    @property
    def count(self) -> int:
        """Calls that something can be concluded from."""
        return len(self.honoured) + len(self.sooner) + len(self.refused) + len(self.waiting)

    def presence(self) -> Inferred:
        """Say whether any Retry-After was waited for."""
        if self.honoured:
            text = f"a Retry-After of {min(self.honoured):g} s was waited for"
            return Inferred.measured(True, text, observations=self.count)
        if self.sooner and not self.refused and not self.waiting:
            text = ", ".join(f"{asked:g} s: {waited:.2f} s" for asked, waited in self.sooner[:3])
            return Inferred.absent(
                f"the next attempt came sooner than asked for ({text})", observations=self.count
            )
        if self.refused and not self.sooner:
            asked, _ = min(self.refused)
            return Inferred.undecided(
                f"a Retry-After of {asked:g} s ended the call: a lower bound of what it waits for, "
                "or a deadline, explains it",
                observations=self.count,
            )
        return Inferred.undecided("waits of different kinds were seen", observations=self.count)

    def over_cap(self) -> dict[str, Inferred]:
        """Say that a longer one is waited for in part, where it is; a deadline may end a call."""
        longest_s = max(self.honoured, default=None)
        if longest_s is None or not any(asked > longest_s for asked, _ in self.sooner):
            return {}
        text = "a longer Retry-After was waited for in part"
        found = Inferred.measured("waits-less", text, observations=self.count)
        return {"retry.retry_after_over_cap": found}

    def cap(self, deadline: Inferred) -> Inferred:
        """Say the longest Retry-After that is waited for."""
        if not self.honoured:
            found = self.presence()
            return found if found.value is None else Inferred.undecided("none was waited for")
        longest_s = max(self.honoured)
        over = sorted([*self.sooner, *self.refused])
        beyond = [one for one in over if one[0] > longest_s]
        if not beyond or any(one[0] < longest_s for one in over):
            text = f"a Retry-After of {longest_s:g} s was waited for, and no longer one was tried"
            if len(beyond) < len(over):
                text = "longer ones were waited for than some that weren't"
                return Inferred.undecided(text, observations=self.count)
            return Inferred.bounded(text, observations=self.count, low=longest_s)
        next_s, took_s = beyond[0]
        clamped = [waited for asked, waited in self.sooner if asked > longest_s]
        if clamped and len(clamped) == len(beyond) and max(clamped) - min(clamped) < _LATE_S:
            return Inferred.measured(
                round(min(clamped), 3),
                f"a Retry-After of {next_s:g} s was waited for only {min(clamped):.2f} s",
                observations=self.count,
                low=min(clamped) - _EARLY_S,
                high=max(clamped),
            )
        least_s = deadline.low if deadline.low is not None else 0.0
        text = (
            f"a Retry-After of {longest_s:g} s was waited for, one of {next_s:g} s ended the call"
        )
        if least_s <= next_s + _TELLING_S or took_s > 1.0:
            return Inferred.bounded(
                f"{text}, which the call's deadline may have done",
                observations=self.count,
                low=longest_s,
            )
        if next_s > longest_s + 1:
            return Inferred.bounded(text, observations=self.count, low=longest_s, high=next_s)
        return Inferred.measured(
            longest_s, text, observations=self.count, low=longest_s, high=next_s
        )


def _dates(found: Sequence[Trial], seconds: _Waited) -> Inferred:
    if not found:
        return Inferred.undecided("no call was asked to wait until a date")
    trial = found[0]
    attempts = trial.attempts_of(trial.calls[0])
    asked_s = trial.facts["asked_s"]
    if len(attempts) < 2:
        return Inferred.undecided(
            f"a Retry-After by date, {asked_s:.1f} to {asked_s + 1:.1f} s away, ended the call",
            observations=1,
        )
    answered_s = attempts[0].answered_s or attempts[0].arrived_s
    waited_s = attempts[1].arrived_s - answered_s
    text = f"asked for {asked_s:.1f} to {asked_s + 1:.1f} s by date, it waited {waited_s:.2f} s"
    if asked_s - _EARLY_S <= waited_s <= asked_s + 1 + _LATE_S:
        return Inferred.measured(True, text, observations=1)
    if waited_s < asked_s - _TELLING_S:
        return Inferred.measured(False, text, observations=1)
    return Inferred.undecided(text, observations=1)
