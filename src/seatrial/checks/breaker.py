"""The circuit breaker's promises."""

from dataclasses import replace
from math import ceil, floor, inf

from seatrial.checks import phases
from seatrial.checks.answers import as_declared
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import SHOWN, Attempt, Call, Evidence
from seatrial.checks.finding import Finding
from seatrial.checks.phases import ScenarioPhase, any_of
from seatrial.checks.premises import failed, held_back, reached, refused, soon, visible
from seatrial.config import DeclaredBreaker, DeclaredRate

_declared = where_declared("breaker", lambda policy: policy.breaker)
_MOST_LATE = 0.25
"""Of the calls that are spread over the open time: more show too little of it, if they are late."""


def open_until_s(evidence: Evidence, breaker: DeclaredBreaker) -> float | None:
    """The earliest moment at which the declared open time can be over.

    It began, at the earliest, as the last of the failures that trip it can have been one: as its
    call began, and where its last attempt was seen, as that arrived. Noise only makes it later.
    """
    failing = evidence.calls_in(*phases.OPENING)
    if not failing:
        return None
    retry = evidence.policy.retry
    counts_tries = breaker.order == "inside-retry" and retry is not None
    seen = evidence.known_attempts_of(failing)
    if counts_tries and breaker.failures is not None and len(seen) >= breaker.failures:
        return seen[breaker.failures - 1].arrived_s + breaker.open_s
    failed_s = sorted(
        call.started_s if counts_tries else earliest_failure_s(evidence, call) for call in failing
    )
    return failed_s[min(_earliest(evidence, breaker), len(failing)) - 1] + breaker.open_s


def _earliest(evidence: Evidence, breaker: DeclaredBreaker) -> int:
    """Return after how many of the failing calls it can have opened, at the earliest."""
    if breaker.rate is None:
        return evidence.policy.calls_to_open or 1
    first_s = min(call.started_s for call in evidence.calls_in(*phases.OPENING))
    before = sum(call.started_s < first_s for call in evidence.calls)
    return max(1, breaker.rate.minimum_calls - before)


def _below_the_rate(evidence: Evidence, breaker: DeclaredBreaker) -> str | None:
    """Say why the calls that failed needn't have opened it; None where they surely did."""
    rate, failing = breaker.rate, evidence.calls_in(*phases.OPENING)
    if rate is None:
        return None
    end_s = max(call.ended_s for call in failing)
    since_s = end_s - rate.window_s if rate.window_s is not None else 0.0
    others = [
        call for call in evidence.calls if call not in failing and since_s < call.ended_s <= end_s
    ]
    each = 1
    if breaker.order == "inside-retry" and evidence.policy.retry is not None:
        each = evidence.policy.retry.attempts
    if len(failing) >= rate.enough(rate.failures, good=len(others) * each) / each:
        return None
    return (
        f"{len(failing)} calls that failed, next to {len(others)} others within the window, "
        f"needn't be a rate of {rate.failures:.0%}"
    )


def earliest_failure_s(evidence: Evidence, call: Call) -> float:
    """Return when a call can have failed, at the earliest: as its last attempt arrived."""
    return max([call.started_s, *(one.arrived_s for one in evidence.known_attempts_of(call))])


def while_open(
    evidence: Evidence, breaker: DeclaredBreaker, *in_phases: ScenarioPhase
) -> tuple[list[Call], list[Attempt]]:
    """Calls that were over before the open time could be, and what they sent."""
    until_s = open_until_s(evidence, breaker)
    if until_s is None:
        return [], []
    calls = [call for call in evidence.calls_in(*in_phases) if call.started_s < until_s]
    sent = [attempt for attempt in evidence.attempts_of(calls) if attempt.arrived_s < until_s]
    return [call for call in calls if call.ended_s < until_s], sent


@_declared
def _stays_closed(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    if breaker.rate is not None:
        return Finding.skipped("a rate of failures opens the breaker as declared")
    below = evidence.calls_in(phases.BELOW)
    if not below:
        return Finding.undecided("no call was made one failure below the threshold")
    nearly = [one for one in evidence.calls_in(phases.NEARLY) if not evidence.hidden_by(one)]
    silent = [call for call in (*nearly, *below) if not evidence.attempts_of(call)]
    if silent:
        return Finding.failed(
            f"after less than {breaker.threshold} a call was not let through: "
            f"the breaker opened too early",
            shown_by=silent[0],
        )
    return Finding.passed(f"below {breaker.threshold} calls still reached the provider")


@where_declared("rate of failures", lambda p: p.breaker.rate if p.breaker else None)
def _below_rate(evidence: Evidence, rate: DeclaredRate) -> Finding:
    calls = evidence.calls_in(phases.MIXTURE, phases.FORGETTING, phases.MIXTURE_AGAIN)
    below = evidence.calls_in(phases.BELOW_RATE, phases.BELOW_AGAIN)
    failed = sum(call.outcome not in SHOWN for call in calls)
    if not below or not failed or len(calls) < rate.minimum_calls:
        return Finding.undecided("not enough calls failed below the declared rate")
    silent = [call for call in (*calls, *below) if not evidence.attempts_of(call)]
    if silent:
        return Finding.failed(
            f"{failed} of {len(calls)} calls failed, below the declared {rate.failures:.0%}, and "
            f"{len(silent)} calls were not let through: the breaker opened too early",
            shown_by=silent[0],
        )
    return Finding.passed(
        f"{failed} of {len(calls)} calls failed, below the declared {rate.failures:.0%}, and all "
        "were let through"
    )


@_declared
def _opens(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    calls, attempts = while_open(evidence, breaker, phases.OPEN)
    if attempts and (below := _below_the_rate(evidence, breaker)):
        return Finding.undecided(below)
    if attempts:
        return Finding.failed(
            f"the provider was asked {len(attempts)} times while the breaker was declared open "
            f"(after {breaker.threshold}, for {breaker.open_s:g} s)",
            shown_by=attempts[0],
        )
    if not calls:
        return Finding.retryable_undecided("no call ended within the declared open time")
    return Finding.passed(f"after {breaker.threshold}, {len(calls)} calls sent nothing")


@_declared
def _answers_while_open(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    calls, _ = while_open(evidence, breaker, phases.OPEN)
    return as_declared(evidence, calls, "while the breaker was open")


@_declared
def _says_when(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    calls, sent = while_open(evidence, breaker, phases.OPEN, phases.WAITING)
    # What asked the provider may have been a probe; after it nobody is owed a time.
    asked_s = min((attempt.arrived_s for attempt in sent), default=inf)
    calls = [call for call in calls if call.ended_s < asked_s]
    said = [call.retry_after for call in calls if call.retry_after is not None]
    if not calls:
        return Finding.retryable_undecided("no call ended within the declared open time")
    if not said and not breaker.retry_after:
        return Finding.skipped("the consumer's refusals say no Retry-After, and none is declared")
    if len(said) < len(calls):
        why = ", as the others did" if said else ", which is declared"
        return Finding.failed(
            f"{len(calls) - len(said)} of {len(calls)} refusals while the breaker was open said no "
            f"Retry-After{why}",
            shown_by=next(call for call in calls if call.retry_after is None),
        )
    # It began, at the latest, as the last of the calls ended whose failures trip it.
    over_s = max(one.ended_s for one in evidence.calls_in(*phases.OPENING)) + breaker.open_s

    # Who doesn't promise to say when may say the whole open time each time.
    def left_s(call: Call) -> float:
        return over_s - call.started_s if breaker.retry_after else breaker.open_s

    wrong = [call for call in calls if not _fits(call.retry_after or "", left_s(call))]
    if wrong:
        first_s = left_s(wrong[0])
        return Finding.failed(
            f"{len(wrong)} of {len(calls)} refusals while the breaker was open said Retry-After: "
            f"{wrong[0].retry_after:.40}; it is open for {breaker.open_s:g} s, of which at most "
            f"{first_s:.1f} s were left: {_most_s(first_s)} s at most would fit",
            shown_by=wrong[0],
        )
    too_soon = _too_soon(evidence, breaker, calls)
    if too_soon:
        surely_s = (open_until_s(evidence, breaker) or 0.0) - too_soon[0].ended_s
        return Finding.failed(
            f"{len(too_soon)} of {len(calls)} refusals while the breaker was open said "
            f"Retry-After: {too_soon[0].retry_after}, when at least {surely_s:.1f} s were left: "
            "who asks again then is refused again, and the time left is declared",
            shown_by=too_soon[0],
        )
    most_s = max(int(text) for text in said)
    return Finding.passed(f"{len(said)} refusals said a Retry-After of at most {most_s} s")


def _too_soon(evidence: Evidence, breaker: DeclaredBreaker, calls: list[Call]) -> list[Call]:
    """Return the refusals that name less than is surely left, rounded down, and a second less."""
    until_s = open_until_s(evidence, breaker)
    if until_s is None or not breaker.retry_after:
        return []
    return [
        call for call in calls if int(call.retry_after or "") < floor(until_s - call.ended_s) - 1
    ]


def _most_s(left_s: float) -> int:
    """Return the whole seconds that may be said of these, which are rounded up, and one more."""
    return ceil(left_s) + 1


def _fits(text: str, left_s: float) -> bool:
    return text.isascii() and text.isdigit() and int(text[:18]) <= _most_s(left_s)


@_declared
def _stays_open(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    calls, attempts = while_open(evidence, breaker, phases.OPEN, phases.WAITING)
    if attempts:
        early_s = (open_until_s(evidence, breaker) or 0.0) - attempts[0].arrived_s
        return Finding.failed(
            f"the provider was asked {early_s:.2f} s before the declared "
            f"{breaker.open_s:g} s of open time can have been over",
            shown_by=attempts[0],
        )
    if not calls:
        return Finding.retryable_undecided("no call ended within the declared open time")
    waiting = evidence.calls_in(phases.WAITING)
    late = [call for call in waiting if call not in calls]
    if len(late) > _MOST_LATE * len(waiting):
        return Finding.retryable_undecided(
            f"{len(late)} of {len(waiting)} calls for the time until then came too late: it may "
            "have been over before"
        )
    return Finding.passed(
        f"{len(calls)} calls over the open time of {breaker.open_s:g} s sent nothing"
    )


@_declared
def _tries_again(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    after = evidence.calls_in(phases.BURST, phases.PROBING)
    if not after:
        return Finding.undecided("no call was made after the open time")
    if not evidence.sent_during([call for call in after if call.phase == after[0].phase]):
        late_s = after[0].started_s - (open_until_s(evidence, breaker) or 0.0)
        return Finding.failed(
            f"a call {late_s:.2f} s after the open time of {breaker.open_s:g} s "
            f"did not reach the provider, which was back",
            shown_by=after[0],
        )
    return Finding.passed("the first call after the open time reached the provider")


@_declared
def _caps_probes(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    if breaker.probes is None:
        return Finding.skipped("no cap on probes is declared")
    calls = evidence.calls_in(phases.BURST)
    if len(calls) <= breaker.probes:
        return Finding.undecided("not enough calls were made at once")
    count = evidence.reached(phases.BURST)
    if count > breaker.probes:
        return Finding.failed(
            f"{count} of {len(calls)} calls at once reached the provider while the breaker "
            f"was half-open; {breaker.probes} probes are declared",
            shown_by=evidence.last_that_reached(calls),
        )
    if count < breaker.probes:
        return Finding.failed(
            f"only {count} of {breaker.probes} declared probes reached the provider"
        )
    return Finding.passed(f"of {len(calls)} calls at once exactly {breaker.probes} got through")


@_declared
def _closes(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    last, closed = evidence.calls_in(phases.LAST), evidence.calls_in(phases.CLOSED)
    if not closed:
        return Finding.undecided("no call was made after the declared successes")
    probing = evidence.calls_in(phases.PROBING)
    before = sum(call.outcome == "good" for call in probing)
    if before < breaker.successes - 1:
        return Finding.undecided(f"only {before} of {len(probing)} probes succeeded")
    early = breaker.probes is not None and evidence.reached(phases.LAST) > breaker.probes
    if early and before < breaker.successes:
        return Finding.failed(
            f"after {before} of the {breaker.successes} successes that close it, "
            f"{evidence.reached(phases.LAST)} of {len(last)} calls at once got through: "
            "it had closed",
            shown_by=evidence.last_that_reached(last),
        )
    successes = before + sum(call.outcome == "good" for call in last)
    if successes < breaker.successes:
        return Finding.undecided(
            f"only {successes} of the {breaker.successes} probes that close it succeeded"
        )
    return _let_through(evidence, breaker, successes)


def _let_through(evidence: Evidence, breaker: DeclaredBreaker, successes: int) -> Finding:
    """Judge that all calls at once got through after so many successes, enough to close it."""
    closed = evidence.calls_in(phases.CLOSED)
    silent = [call for call in closed if not evidence.attempts_of(call)]
    if silent:
        return Finding.failed(
            f"after {successes} successful probes of the {breaker.successes} that close it, "
            f"{len(silent)} of {len(closed)} calls at once were still held back",
            shown_by=silent[0],
        )
    bad = [call for call in closed if call.outcome != "good"]
    if bad:
        return Finding.failed(
            f"{len(bad)} of {len(closed)} calls failed after it had closed", shown_by=bad[0]
        )
    return Finding.passed(
        f"after {successes} successful probes all {len(closed)} calls at once got through"
    )


@_declared
def _closes_after_burst(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    closed = evidence.calls_in(phases.CLOSED)
    probes = evidence.calls_in(phases.BURST, phases.PROBING)
    successes = sum(call.outcome == "good" for call in probes)
    if not closed or successes < breaker.successes:
        return Finding.undecided(
            f"{len(closed)} calls were made after {successes} of the {breaker.successes} "
            "successes that close it"
        )
    return _let_through(evidence, breaker, successes)


OPENS_AT_THRESHOLD = wire_check(
    "opens-at-threshold",
    "After the declared failures in a row nothing reaches the provider.",
    _opens,
    needs=[phases.OPENING, phases.OPEN],
    tests=["breaker.failures", "breaker.order", "breaker.rate.failures"],
    premises=[failed(phases.FAILING, phases.STORM), visible(phases.OPEN)],
)
STAYS_CLOSED_BELOW_THRESHOLD = wire_check(
    "stays-closed-below-threshold",
    "Fewer failures in a row than declared do not open the breaker.",
    _stays_closed,
    needs=[phases.NEARLY, phases.BELOW],
    tests=["breaker.failures", "breaker.order"],
    depends_on=[OPENS_AT_THRESHOLD],
    premises=[failed(phases.NEARLY), visible(phases.BELOW), soon(phases.BELOW, phases.NEARLY)],
)
STAYS_CLOSED_BELOW_RATE = wire_check(
    "stays-closed-below-rate",
    "Failures below the declared rate do not open the breaker, however many are in a row.",
    _below_rate,
    needs=[phases.MIXTURE, phases.BELOW_RATE],
    reads=[phases.FORGETTING, phases.MIXTURE_AGAIN, phases.BELOW_AGAIN],
    tests=["breaker.rate.failures"],
    depends_on=[OPENS_AT_THRESHOLD],
    premises=[
        visible(phases.BELOW_RATE, phases.BELOW_AGAIN),
        soon(phases.BELOW_RATE, phases.MIXTURE),
        soon(phases.BELOW_AGAIN, phases.MIXTURE_AGAIN),
    ],
)
ANSWERS_AS_DECLARED_WHILE_OPEN = wire_check(
    "answers-as-declared-while-open",
    "While the breaker is open the consumer answers as it declares.",
    _answers_while_open,
    needs=[phases.OPENING, phases.OPEN],
    depends_on=[OPENS_AT_THRESHOLD],
)
RETRY_AFTER_FITS = wire_check(
    "retry-after-fits",
    "A Retry-After of the consumer's own refusals is a number of seconds that fits the open time.",
    _says_when,
    needs=[phases.OPENING, phases.OPEN],
    reads=[phases.WAITING],
    tests=["breaker.open_s", "breaker.retry_after"],
    depends_on=[OPENS_AT_THRESHOLD],
)
STAYS_OPEN_AS_DECLARED = wire_check(
    "stays-open-as-declared",
    "The breaker stays open for as long as declared.",
    _stays_open,
    needs=[phases.OPENING, any_of(phases.OPEN, phases.WAITING)],
    tests=["breaker.open_s"],
    depends_on=[OPENS_AT_THRESHOLD],
    premises=[reached(*phases.OPENING), visible(phases.OPEN, phases.WAITING)],
)
PROBES_AFTER_OPEN_TIME = wire_check(
    "probes-after-open-time",
    "Once the open time is over, the provider is asked again.",
    _tries_again,
    needs=[phases.OPENING, any_of(phases.BURST, phases.PROBING)],
    reads=[phases.OPEN, phases.WAITING],
    tests=["breaker.open_s"],
    depends_on=[STAYS_OPEN_AS_DECLARED],
    premises=[refused(phases.OPEN, phases.WAITING)],
)
CAPS_PROBES = wire_check(
    "caps-probes",
    "Half-open, no more calls at once than the declared probes reach the provider.",
    _caps_probes,
    needs=[phases.BURST],
    concurrent=[phases.BURST],
    tests=["breaker.probes"],
    depends_on=[PROBES_AFTER_OPEN_TIME],
)
CLOSES_AFTER_SUCCESSES = wire_check(
    "closes-after-successes",
    "The declared number of successful probes closes the breaker, no fewer and no more.",
    _closes,
    needs=[phases.PROBING, phases.LAST, phases.CLOSED],
    concurrent=[phases.LAST, phases.CLOSED],
    tests=["breaker.successes"],
    depends_on=[CAPS_PROBES],
    premises=[held_back(phases.LAST)],
)
CLOSES_AFTER_BURST = replace(
    CLOSES_AFTER_SUCCESSES,
    judge=_closes_after_burst,
    needs=(phases.BURST, phases.CLOSED),
    reads=(phases.PROBING,),
    concurrent=(phases.BURST, phases.CLOSED),
    premises=(held_back(phases.BURST),),
)
