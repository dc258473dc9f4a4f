"""The retry's promises."""

from collections.abc import Callable
from math import comb, sqrt
from statistics import fmean

from seatrial.checks import phases
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import Call, Evidence
from seatrial.checks.finding import Finding
from seatrial.checks.refusals import NEVER_REPEATS_UNSAFE
from seatrial.checks.tolerance import TIMER_S, tolerance_s
from seatrial.config import DeclaredRetry, WaitRange

_LATE_S = 0.1
"""The shortest of many waits may be this much over the longest declared one."""
ENOUGH = 20
"""Calls from which the spread of full jitter can be seen."""
SIGMAS, _RARE = 4.9, 1e-6
"""A false alarm in a million runs."""
_SEPARATE = 3
"""This many waits that are too long, one after the other, are no accident."""
_LONG = 0.4
"""The share of the waits that is looked at for being long."""


def _declared(judge: Callable[[Evidence, DeclaredRetry], Finding]) -> Callable[[Evidence], Finding]:
    """Judge a declared retry, where calls were made whose attempts failed."""

    @where_declared("retry", lambda policy: policy.retry)
    def judge_retried(evidence: Evidence, retry: DeclaredRetry) -> Finding:
        if not evidence.calls_in(phases.RETRIED):
            return Finding.undecided("no call was made whose attempts failed")
        return judge(evidence, retry)

    return judge_retried


@_declared
def _attempts(evidence: Evidence, retry: DeclaredRetry) -> Finding:
    calls = [
        call
        for call in evidence.calls_in(phases.RETRIED, phases.EXHAUSTED)
        if not _out_of_time(evidence, retry, call)
    ]
    if not calls:
        return Finding.retryable_undecided("no call had the time for all of its attempts")
    counts = [count for call in calls if (count := len(evidence.attempts_of(call)))]
    silent = len(calls) - len(counts)
    wrong = [count for count in counts if count != retry.attempts]
    if not wrong and silent:
        return Finding.undecided(
            f"{silent} of {len(calls)} calls sent nothing, as an open breaker would have it"
        )
    if wrong:
        seen = " or ".join(map(str, sorted(set(wrong))))
        return Finding.failed(
            f"{len(wrong)} of {len(counts)} calls made {seen} attempts "
            f"where {retry.attempts} are declared"
            + (f"; {silent} more sent nothing" * bool(silent)),
            shown_by=next(call for call in calls if len(evidence.attempts_of(call)) in wrong),
        )
    return Finding.passed(f"each of {len(calls)} calls made {retry.attempts} attempts")


def _out_of_time(evidence: Evidence, retry: DeclaredRetry, call: Call) -> bool:
    """Return True if a call with too few attempts may have had no time for the next one."""
    attempts = evidence.attempts_of(call)
    waits_s = retry.waits_s()
    if retry.deadline_s is None or not 0 < len(attempts) < retry.attempts:
        return False
    next_s = waits_s[len(attempts) - 1] if waits_s else 0.0
    ended_s = attempts[-1].ended_s or attempts[-1].answered_s or attempts[-1].arrived_s
    return ended_s + next_s >= call.started_s + retry.deadline_s


@_declared
def _hides(evidence: Evidence, retry: DeclaredRetry) -> Finding:
    calls = evidence.calls_in(phases.RETRIED)
    noticed = [call for call in calls if call.outcome != "good"]
    if noticed:
        return Finding.failed(
            f"{len(noticed)} of {len(calls)} callers noticed that {retry.attempts - 1} of "
            f"{retry.attempts} attempts failed: the consumer said {noticed[0].status}",
            shown_by=noticed[0],
        )
    return Finding.passed(f"none of {len(calls)} callers noticed")


def _waits_s(evidence: Evidence) -> list[list[float]]:
    """For each declared wait, what was seen of it: from an attempt's answer to the next arrival."""
    by_call = [evidence.attempts_of(call) for call in evidence.calls_in(phases.RETRIED)]
    length = max(map(len, by_call), default=0)
    return [
        [
            attempts[n].arrived_s - before
            for attempts in by_call
            if len(attempts) > n and (before := attempts[n - 1].answered_s) is not None
        ]
        for n in range(1, length)
    ]


@_declared
def _grow(evidence: Evidence, retry: DeclaredRetry) -> Finding:
    declared = retry.waits()
    if not declared:
        return Finding.skipped("no backoff is declared")
    seen = _waits_s(evidence)
    if len(seen) < len(declared) or not all(seen):
        return Finding.undecided("attempts were missing, or given up before they were answered")
    for number, (wait, waits) in enumerate(zip(declared, seen, strict=False), start=1):
        least_s = _least_mean_s(wait, len(waits))
        mean_s = fmean(waits) if wait.is_even else min(waits)
        longest_ms = wait.longest_s * 1000
        if mean_s < least_s:
            return Finding.failed(
                f"wait {number} was {mean_s * 1000:.0f} ms over {len(waits)} calls; "
                f"{longest_ms:.0f} ms with jitter {retry.jitter!r} is declared, "
                f"at least {least_s * 1000:.0f} ms"
            )
        if wait.is_even and _too_few_over(_long_s(wait), waits, _LONG):
            return Finding.failed(
                f"of {len(waits)} waits before attempt {number + 1} next to none was longer than "
                f"{_long_s(wait) * 1000:.0f} ms, although up to {longest_ms:.0f} ms are declared: "
                "they do not grow as declared"
            )
        long_s = _too_long_s(evidence, number, wait)
        if len(long_s) >= _SEPARATE:
            return Finding.failed(
                f"{len(long_s)} times wait {number} was too long, once {max(long_s.values()):.2f} "
                f"s; {longest_ms:.0f} ms is the longest declared (and "
                f"{tolerance_s(wait.longest_s) * 1000:.0f} ms of tolerance)",
                shown_by=max(long_s, key=lambda call: long_s[call]),
            )
        if min(waits) > wait.longest_s + _LATE_S:
            return Finding.failed(
                f"wait {number} was never under {min(waits) * 1000:.0f} ms over {len(waits)} "
                f"calls; {longest_ms:.0f} ms is the longest declared "
                f"(and {_LATE_S * 1000:.0f} ms of tolerance)"
            )
    means = [fmean(waits) for waits in seen]
    text = ", ".join(f"{mean * 1000:.0f} ms" for mean in means)
    grows = declared[-1].longest_s > declared[0].longest_s and retry.jitter != "decorrelated"
    if grows and means[-1] <= means[0]:
        return Finding.failed(f"the waits do not grow: {text} on average")
    return Finding.passed(f"the waits are {text} on average, as declared")


def _too_long_s(evidence: Evidence, number: int, wait: WaitRange) -> dict[Call, float]:
    """Return the calls of which this wait was too long, and how long; of several at once, one.

    What the machine was busy for doesn't count, nor does a pause of the consumer's that many
    waits share.
    """
    found: dict[Call, float] = {}
    over_s = 0.0
    for call in evidence.calls_in(phases.RETRIED):
        attempts = evidence.attempts_of(call)
        before_s = attempts[number - 1].answered_s if len(attempts) > number else None
        if before_s is None or before_s < over_s:
            continue
        after_s = attempts[number].arrived_s
        own_s = after_s - before_s - evidence.waited_s(before_s, after_s)
        if own_s > wait.longest_s + tolerance_s(wait.longest_s):
            found[call] = own_s
            over_s = after_s
    return found


def _long_s(wait: WaitRange) -> float:
    """What a share of `_LONG` of the declared, jittered waits is longer than."""
    return wait.longest_s - _LONG * (wait.longest_s - wait.shortest_s)


def _too_few_over(bound_s: float, waits: list[float], share: float) -> bool:
    """Return True if, where this share is longer, so few are in one of a million runs."""
    count, long = len(waits), sum(wait > bound_s for wait in waits)
    chance = sum(
        comb(count, few) * share**few * (1 - share) ** (count - few) for few in range(long + 1)
    )
    return chance < _RARE


def _least_mean_s(wait: WaitRange, count: int) -> float:
    if not wait.is_even:
        return wait.shortest_s - TIMER_S
    # Waits are drawn evenly from a part of the declared one; their mean is in the middle of it.
    return wait.middle_s - SIGMAS * (wait.longest_s - wait.shortest_s) / sqrt(12 * count)


@_declared
def _spread(evidence: Evidence, retry: DeclaredRetry) -> Finding:
    declared = retry.waits()
    if not declared or retry.jitter == "none":
        return Finding.skipped("no jitter is declared")
    seen = _waits_s(evidence)
    if len(seen) < len(declared) or min(map(len, seen)) < ENOUGH:
        return Finding.undecided(f"fewer than {ENOUGH} waits were seen")
    noisiest_s = 0.0
    for number, (wait, waits) in enumerate(zip(declared, seen, strict=False), start=1):
        if wait.longest_s == wait.shortest_s:
            continue
        # Half of the jittered waits are shorter than the middle; all of a fixed wait's are longer.
        # What is over the longest declared wait is noise; the shortest one may have as much of it.
        noise_s = max(0.0, max(waits) - wait.longest_s)
        if min(waits) > wait.middle_s + noise_s:
            return Finding.failed(
                f"the shortest of {len(waits)} waits before attempt {number + 1} was "
                f"{min(waits) * 1000:.0f} ms of {wait.longest_s * 1000:.0f} ms: they are not spread"
            )
        if min(waits) > wait.middle_s:
            noisiest_s = max(noisiest_s, noise_s)
    if noisiest_s:
        return Finding.retryable_undecided(
            f"waits were prolonged by up to {noisiest_s * 1000:.0f} ms: "
            "too busy a machine to see how they are spread"
        )
    return Finding.passed(
        f"{sum(map(len, seen))} waits are spread with jitter {retry.jitter!r}, as declared"
    )


ATTEMPTS_PER_CALL = wire_check(
    "attempts-per-call",
    "A call whose attempts fail makes exactly the declared number of them.",
    _attempts,
    needs=[phases.RETRIED],
    reads=[phases.EXHAUSTED],
    tests=["retry.attempts"],
    depends_on=[NEVER_REPEATS_UNSAFE],
)
HIDES_SHORT_FAILURES = wire_check(
    "hides-short-failures",
    "While the last declared attempt succeeds, the caller never notices.",
    _hides,
    needs=[phases.RETRIED],
    tests=["retry.attempts"],
    depends_on=[ATTEMPTS_PER_CALL],
)
WAITS_GROW = wire_check(
    "waits-grow",
    "The waits between attempts are as long as declared, and grow as declared.",
    _grow,
    needs=[phases.RETRIED],
    tests=[
        "retry.like",
        "retry.backoff_s",
        "retry.growth",
        "retry.cap_s",
        "retry.first_wait_s",
        "retry.jitter_s",
        "retry.jitter_ratio",
    ],
    depends_on=[ATTEMPTS_PER_CALL],
)
WAITS_ARE_SPREAD = wire_check(
    "waits-are-spread",
    "With jitter, the waits of many callers are spread out.",
    _spread,
    needs=[phases.RETRIED],
    tests=["retry.jitter"],
    depends_on=[ATTEMPTS_PER_CALL, WAITS_GROW],
)
