"""What is never tried again, and how often at most."""

from statistics import median

from seatrial.checks import phases
from seatrial.checks.breaker import OPENS_AT_THRESHOLD, while_open
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import Evidence
from seatrial.checks.finding import Finding
from seatrial.checks.phases import ScenarioPhase, any_of
from seatrial.checks.premises import some_attempt_failed
from seatrial.checks.tolerance import TIMER_S, tolerance_s
from seatrial.config import DeclaredBreaker, DeclaredBudget, DeclaredPolicy, DeclaredRetry

SAFE = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"))
"""Methods that may be repeated without a key."""
_TELLING_S = 0.02
"""A wait that is shorter can't be distinguished from the noise of an answer."""
_BUDGET_SLACK = 1.1
_MISSING, _UNAVAILABLE = 404, 503

_retry = where_declared("retry", lambda policy: policy.retry)


@where_declared("retry with failures", lambda p: p.retry if p.failures else None)
def _refused(evidence: Evidence, retry: DeclaredRetry) -> Finding:
    calls = evidence.calls_in(phases.REFUSED)
    if not evidence.policy.retries(_MISSING):  # else it is a failure, as declared
        calls += evidence.calls_in(phases.UNKNOWN)
    counts = [count for call in calls if (count := len(evidence.attempts_of(call)))]
    if not counts:
        return Finding.undecided("no refused request was seen")
    if max(counts) > 1:
        repeated = sum(count > 1 for count in counts)
        return Finding.failed(
            f"{repeated} of {len(counts)} calls that the provider refused were tried again, "
            f"up to {max(counts)} times in all, although that answer is declared as no failure",
            shown_by=max(calls, key=lambda call: len(evidence.attempts_of(call))),
        )
    return Finding.passed(f"none of {len(counts)} refused calls was tried again")


@_retry
def _unsafe(evidence: Evidence, _: DeclaredRetry) -> Finding:
    everything = (*evidence.attempts, *evidence.unattributed)
    if not any(attempt.method not in SAFE for attempt in everything):
        return Finding.skipped("the requests are safe to repeat")
    sent = {call: evidence.attempts_of(call) for call in evidence.calls if evidence.is_clear(call)}
    unsafe = {
        call: attempts
        for call, attempts in sent.items()
        if any(attempt.method not in SAFE for attempt in attempts)
    }
    if not unsafe:
        return Finding.undecided("no request could be tied to its call")
    repeated = [
        attempts
        for attempts in unsafe.values()
        if len(attempts) > 1 and any(attempt.key is None for attempt in attempts)
    ]
    if repeated:
        return Finding.failed(
            f"{len(repeated)} of {len(unsafe)} calls repeated a {repeated[0][0].method} "
            "that carried no idempotency key: it may have been done twice",
            shown_by=repeated[0][-1],
        )
    return Finding.passed(f"none of {len(unsafe)} calls repeated a request without a key")


def _asked_cap_s(policy: DeclaredPolicy) -> float | None:
    return policy.retry.retry_after_cap_s if policy.retry else None


@where_declared("cap on Retry-After", _asked_cap_s)
def _honours(evidence: Evidence, cap_s: float) -> Finding:
    if evidence.policy.retry is None or evidence.policy.retry.asked_s() is None:
        return _none_fits(cap_s)
    return _waited(evidence, phases.ASKED, evidence.facts.get("retry_after_s"), cap_s)


def _understands_dates(policy: DeclaredPolicy) -> float | None:
    return (
        policy.retry.retry_after_cap_s if policy.retry and policy.retry.retry_after_dates else None
    )


@where_declared("Retry-After as a date", _understands_dates)
def _honours_dates(evidence: Evidence, cap_s: float) -> Finding:
    if evidence.policy.retry is None or evidence.policy.retry.asked_by_date_s() is None:
        return _none_fits(cap_s)
    return _waited(evidence, phases.ASKED_BY_DATE, evidence.facts.get("retry_after_date_s"), cap_s)


def _asked_by_503(policy: DeclaredPolicy) -> float | None:
    asked = policy.retry is not None and policy.retry.retry_after_with_503
    return _asked_cap_s(policy) if asked else None


@where_declared("Retry-After with a 503", _asked_by_503)
def _honours_503(evidence: Evidence, cap_s: float) -> Finding:
    if not evidence.policy.retries(_UNAVAILABLE):
        return Finding.skipped("a 503 isn't tried again as declared")
    if evidence.policy.retry is None or evidence.policy.retry.asked_s() is None:
        return _none_fits(cap_s)
    return _waited(evidence, phases.ASKED_BY_503, evidence.facts.get("retry_after_s"), cap_s)


def _none_fits(cap_s: float) -> Finding:
    return Finding.skipped(
        "no Retry-After, which is in whole seconds, is longer than the caller's own wait and "
        f"within the declared {cap_s:g} s"
    )


def _waited(
    evidence: Evidence, phase: ScenarioPhase, asked_s: float | None, cap_s: float
) -> Finding:
    """The calls of the phase were tried again, and not earlier than they were asked to."""
    calls = evidence.calls_in(phase)
    if not calls or asked_s is None:
        return Finding.undecided("no call was asked to wait for a while that fits")
    for call in calls:
        attempts = evidence.attempts_of(call)
        if not attempts or attempts[0].answered_s is None:
            return Finding.undecided("the answer with Retry-After was not waited for")
        if len(attempts) < 2:
            return Finding.failed(
                f"a call that was asked to wait {asked_s:g} s was not tried again, "
                f"although up to {cap_s:g} s are declared",
                shown_by=call,
            )
        waited_s = attempts[1].arrived_s - attempts[0].answered_s
        if waited_s < asked_s - TIMER_S:
            return Finding.failed(
                f"the provider asked to be left alone for {asked_s:g} s, "
                f"and was asked again after {waited_s:.2f} s",
                shown_by=call,
            )
    return Finding.passed(f"{len(calls)} calls waited the {asked_s:g} s that they were asked to")


def _ends_over_cap_s(policy: DeclaredPolicy) -> float | None:
    ends = policy.retry is not None and policy.retry.retry_after_over_cap == "ends"
    return _asked_cap_s(policy) if ends else None


@where_declared("end of a call at a long Retry-After", _ends_over_cap_s)
def _ends_at_long(evidence: Evidence, cap_s: float) -> Finding:
    calls = evidence.calls_in(phases.ASKED_TOO_LONG)
    if not evidence.attempts_of(calls):
        return Finding.undecided("no call was asked to wait for too long")
    for call in calls:
        count = len(evidence.attempts_of(call))
        if count > 1:
            return Finding.failed(
                f"a call that was asked to wait longer than the declared {cap_s:g} s "
                f"was tried {count} times; it should end at once",
                shown_by=call,
            )
        if call.took_s - evidence.waited_s(call.started_s, call.ended_s) > tolerance_s(0):
            return Finding.failed(
                f"a call that was asked to wait longer than the declared {cap_s:g} s "
                f"{call.ending} (tolerance {tolerance_s(0):g} s)",
                shown_by=call,
            )
    return Finding.passed(f"{len(calls)} calls ended at once, since they can't wait that long")


@where_declared("retry budget", lambda policy: policy.retry.budget if policy.retry else None)
def _budgeted(evidence: Evidence, budget: DeclaredBudget) -> Finding:
    calls = [call for call in evidence.calls_in(phases.BUDGETED) if evidence.attempts_of(call)]
    if not calls:
        return Finding.undecided("no call was made whose attempts failed")
    lasted_s = max(call.ended_s for call in calls) - calls[0].started_s
    # What was made before counts too, and what comes after a whole window is paid for again.
    allowed = budget.allowed(len(evidence.calls)) * max(1.0, lasted_s / budget.window_s)
    retry = evidence.policy.retry
    wanted = len(calls) * ((retry.attempts if retry else 1) - 1)
    sent = sum(max(0, len(evidence.attempts_of(call)) - 1) for call in calls)
    if sent > allowed * _BUDGET_SLACK + 1:
        return Finding.failed(
            f"{len(calls)} calls whose attempts failed sent {sent} further attempts; "
            f"the declared budget allows {allowed:.0f} (and a tenth of tolerance)",
            shown_by=max(calls, key=lambda call: len(evidence.attempts_of(call))),
        )
    if wanted <= allowed * _BUDGET_SLACK + 1:
        return Finding.undecided(
            f"the {wanted} further attempts of {len(calls)} calls don't exceed the budget "
            f"of {allowed:.0f}"
        )
    return Finding.passed(
        f"{len(calls)} calls sent {sent} of {wanted} further attempts; "
        f"the budget allows {allowed:.0f}"
    )


@_retry
def _amplified(evidence: Evidence, retry: DeclaredRetry) -> Finding:
    calls = evidence.calls_in(phases.STORM)
    sent = len(evidence.sent_during(calls))
    if not calls or not sent:
        return Finding.undecided("no storm reached the wire")
    most = len(calls) * retry.attempts
    if sent > most:
        return Finding.failed(
            f"{len(calls)} calls at once sent {sent} requests to a provider that fails; "
            f"{retry.attempts} attempts each, {most} in all, are declared"
        )
    return Finding.passed(f"{len(calls)} calls at once sent {sent} of at most {most} requests")


@where_declared("breaker with retry", lambda p: p.breaker if p.retry else None)
def _fails_fast(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    retry = evidence.policy.retry
    waits_s = retry.waits_s() if retry else ()
    mean_wait_s = sum(waits_s) / (1 if retry and retry.jitter == "none" else 2)
    calls, _ = while_open(evidence, breaker, phases.OPEN)
    if not calls:
        return Finding.retryable_undecided("no call ended within the declared open time")
    if mean_wait_s / 2 < _TELLING_S:
        return Finding.undecided("the declared waits are too short to be seen")
    # Without what the machine was too busy for: that alone doesn't fail it, nor let it pass.
    own_s = median(
        max(0.0, call.took_s - evidence.waited_s(call.started_s, call.ended_s)) for call in calls
    )
    took_s = median(call.took_s for call in calls)
    if own_s <= mean_wait_s / 2 < took_s:
        return Finding.retryable_undecided(
            f"calls while the breaker was open took {took_s * 1000:.0f} ms in the middle, of which "
            f"{own_s * 1000:.0f} ms weren't spent waiting for a processor"
        )
    if took_s > mean_wait_s / 2:
        return Finding.failed(
            f"calls while the breaker was open took {took_s * 1000:.0f} ms in the middle: "
            f'"open" was tried again (the declared waits are {sum(waits_s) * 1000:.0f} ms)',
            shown_by=max(calls, key=lambda call: call.took_s),
        )
    return Finding.passed(
        f"calls while the breaker was open were refused within {took_s * 1000:.0f} ms"
    )


NEVER_RETRIES_REFUSALS = wire_check(
    "never-retries-refusals",
    "A request that the provider refuses (404 and other 4xx) is not tried again.",
    _refused,
    needs=[any_of(phases.REFUSED, phases.UNKNOWN)],
    tests=["failures.status"],
)
NEVER_REPEATS_UNSAFE = wire_check(
    "never-repeats-unsafe",
    "A request that isn't safe to repeat is never repeated without an idempotency key.",
    _unsafe,
    premises=[some_attempt_failed()],
)
HONOURS_RETRY_AFTER = wire_check(
    "honours-retry-after",
    "A provider that asks to be left alone for a while (Retry-After) is.",
    _honours,
    needs=[phases.ASKED],
    tests=["retry.retry_after_cap_s"],
)
HONOURS_RETRY_AFTER_DATES = wire_check(
    "honours-retry-after-dates",
    "A Retry-After that is an HTTP date is kept too.",
    _honours_dates,
    needs=[phases.ASKED_BY_DATE],
    tests=["retry.retry_after_dates"],
    depends_on=[HONOURS_RETRY_AFTER],
)
HONOURS_RETRY_AFTER_OF_503 = wire_check(
    "honours-retry-after-of-503",
    "A Retry-After that comes with a 503 is kept, as one with a 429 is.",
    _honours_503,
    needs=[phases.ASKED_BY_503],
    tests=["retry.retry_after_with_503"],
    depends_on=[HONOURS_RETRY_AFTER],
)
ENDS_AT_LONG_RETRY_AFTER = wire_check(
    "ends-at-long-retry-after",
    "A Retry-After over the declared cap ends the call at once.",
    _ends_at_long,
    needs=[phases.ASKED_TOO_LONG],
    tests=["retry.retry_after_cap_s", "retry.retry_after_over_cap"],
    depends_on=[HONOURS_RETRY_AFTER],
)
RETRIES_ARE_BUDGETED = wire_check(
    "retries-are-budgeted",
    "All calls together send no more further attempts than the declared budget.",
    _budgeted,
    needs=[phases.BUDGETED],
    tests=["retry.budget.ratio", "retry.budget.floor_per_s", "retry.budget.window_s"],
)
AMPLIFICATION_IS_BOUNDED = wire_check(
    "amplification-is-bounded",
    "Many callers of a failing provider multiply into no more requests than declared.",
    _amplified,
    needs=[phases.STORM],
    tests=["retry.attempts"],
)
FAILS_FAST_WHILE_OPEN = wire_check(
    "fails-fast-while-open",
    "A call that an open breaker refuses is not tried again, and fails at once.",
    _fails_fast,
    needs=[phases.OPENING, phases.OPEN],
    depends_on=[OPENS_AT_THRESHOLD],
)
