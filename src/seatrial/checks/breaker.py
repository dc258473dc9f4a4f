"""The circuit breaker's promises.

Phases that a scenario names: "below" (a call after one failure too few), "failing" (the failures
that trip it), "open" (calls right after), "waiting" (calls until its open time may be over),
"burst" (many at once as soon as it is over), "probing" (one by one after it), "last" (many at once
before the success that closes it), "closed" (many at once after that). What happens to it besides
is in `seatrial.checks.interrupted`.
"""

from math import ceil

from seatrial.checks.answers import as_declared
from seatrial.checks.check import WireCheck, where_declared
from seatrial.checks.evidence import Attempt, Call, Evidence
from seatrial.checks.finding import Finding
from seatrial.config import Breaker

_declared = where_declared("breaker", lambda policy: policy.breaker)


def calls_to_open(evidence: Evidence, breaker: Breaker) -> int:
    """How many calls that fail make enough failures for the breaker as it is declared."""
    retry = evidence.policy.retry
    inside = breaker.order == "inside-retry" and retry is not None
    return ceil(breaker.failures / retry.attempts) if inside and retry else breaker.failures


def open_until_s(evidence: Evidence, breaker: Breaker) -> float | None:
    """The earliest moment at which the declared open time can be over.

    It began, at the earliest, as the last of the failures that trip it can have been one: as its
    call began, and where its last attempt was seen, as that arrived. Noise only makes it later.
    """
    failing = evidence.calls_in("failing", "storm")
    if not failing:
        return None
    retry = evidence.policy.retry
    counts_tries = breaker.order == "inside-retry" and retry is not None
    failed_s = sorted(
        call.started_s if counts_tries else _failed_s(evidence, call) for call in failing
    )
    return failed_s[min(calls_to_open(evidence, breaker), len(failing)) - 1] + breaker.open_s


def _failed_s(evidence: Evidence, call: Call) -> float:
    return max([call.started_s, *(one.arrived_s for one in evidence.attempts_of(call))])


def while_open(
    evidence: Evidence, breaker: Breaker, *phases: str
) -> tuple[list[Call], list[Attempt]]:
    """Calls that were over before the open time could be, and what they sent."""
    until_s = open_until_s(evidence, breaker)
    if until_s is None:
        return [], []
    calls = [call for call in evidence.calls_in(*phases) if call.started_s < until_s]
    sent = [attempt for attempt in evidence.attempts_of(calls) if attempt.arrived_s < until_s]
    return [call for call in calls if call.ended_s < until_s], sent


@_declared
def _stays_closed(evidence: Evidence, breaker: Breaker) -> Finding:
    below = evidence.calls_in("below")
    if not below:
        return Finding.undecided("no call was made one failure below the threshold")
    silent = [call for call in below if not evidence.attempts_of(call)]
    if silent:
        return Finding.failed(
            f"after fewer than {breaker.failures} failures a call was not let through: "
            f"the breaker opened too early"
        )
    return Finding.passed(f"one failure below {breaker.failures} calls still reached the provider")


@_declared
def _opens(evidence: Evidence, breaker: Breaker) -> Finding:
    calls, attempts = while_open(evidence, breaker, "open")
    if attempts:
        return Finding.failed(
            f"the provider was asked {len(attempts)} times while the breaker was declared open "
            f"(after {breaker.failures} failures in a row, for {breaker.open_s:g} s)"
        )
    if not calls:
        return Finding.retryable_undecided("no call ended within the declared open time")
    return Finding.passed(
        f"after {breaker.failures} failures in a row, {len(calls)} calls sent nothing"
    )


@_declared
def _answers_while_open(evidence: Evidence, breaker: Breaker) -> Finding:
    calls, _ = while_open(evidence, breaker, "open")
    return as_declared(evidence, calls, "while the breaker was open")


@_declared
def _stays_open(evidence: Evidence, breaker: Breaker) -> Finding:
    calls, attempts = while_open(evidence, breaker, "open", "waiting")
    if attempts:
        early_s = (open_until_s(evidence, breaker) or 0.0) - attempts[0].arrived_s
        return Finding.failed(
            f"the provider was asked {early_s:.2f} s before the declared "
            f"{breaker.open_s:g} s of open time can have been over"
        )
    if not calls:
        return Finding.retryable_undecided("no call ended within the declared open time")
    return Finding.passed(
        f"{len(calls)} calls over the open time of {breaker.open_s:g} s sent nothing"
    )


@_declared
def _tries_again(evidence: Evidence, breaker: Breaker) -> Finding:
    after = evidence.calls_in("burst", "probing")
    if not after:
        return Finding.undecided("no call was made after the open time")
    first = after[0].phase
    if not any(evidence.attempts_of(call) for call in after if call.phase == first):
        late_s = after[0].started_s - (open_until_s(evidence, breaker) or 0.0)
        return Finding.failed(
            f"a call {late_s:.2f} s after the open time of {breaker.open_s:g} s "
            f"did not reach the provider, which was back"
        )
    return Finding.passed("the first call after the open time reached the provider")


@_declared
def _caps_probes(evidence: Evidence, breaker: Breaker) -> Finding:
    if breaker.probes is None:
        return Finding.skipped("no cap on probes is declared")
    calls, batch = evidence.calls_in("burst"), evidence.batch("burst")
    if len(calls) <= breaker.probes:
        return Finding.undecided("not enough calls were made at once")
    reached = evidence.reached("burst")
    if reached > breaker.probes:
        return Finding.failed(
            f"{reached} of {len(calls)} calls at once reached the provider while the breaker "
            f"was half-open; {breaker.probes} probes are declared"
        )
    if reached < breaker.probes and batch is not None and not batch.whole:
        return Finding.retryable_undecided(
            "the machine was too busy for all calls to be there at once"
        )
    if reached < breaker.probes:
        return Finding.failed(
            f"only {reached} of {breaker.probes} declared probes reached the provider"
        )
    return Finding.passed(f"of {len(calls)} calls at once exactly {breaker.probes} got through")


@_declared
def _closes(evidence: Evidence, breaker: Breaker) -> Finding:
    last, closed = evidence.calls_in("last"), evidence.calls_in("closed")
    if not closed:
        return Finding.undecided("no call was made after the declared successes")
    probing = evidence.calls_in("probing")
    before = sum(call.outcome == "good" for call in probing)
    if before < breaker.successes - 1:
        return Finding.undecided(f"only {before} of {len(probing)} probes succeeded")
    early = breaker.probes is not None and evidence.reached("last") > breaker.probes
    if early and before < breaker.successes:
        return Finding.failed(
            f"after {before} of the {breaker.successes} successes that close it, "
            f"{evidence.reached('last')} of {len(last)} calls at once got through: it had closed"
        )
    successes = before + sum(call.outcome == "good" for call in last)
    if successes < breaker.successes:
        return Finding.undecided(
            f"only {successes} of the {breaker.successes} probes that close it succeeded"
        )
    silent = [call for call in closed if not evidence.attempts_of(call)]
    if silent:
        return Finding.failed(
            f"after {successes} successful probes of the {breaker.successes} that close it, "
            f"{len(silent)} of {len(closed)} calls at once were still held back"
        )
    bad = [call for call in closed if call.outcome != "good"]
    if bad:
        return Finding.failed(f"{len(bad)} of {len(closed)} calls failed after it had closed")
    return Finding.passed(
        f"after {successes} successful probes all {len(closed)} calls at once got through"
    )


STAYS_CLOSED_BELOW_THRESHOLD = WireCheck(
    "stays-closed-below-threshold",
    "Fewer failures in a row than declared do not open the breaker.",
    _stays_closed,
)
OPENS_AT_THRESHOLD = WireCheck(
    "opens-at-threshold",
    "After the declared failures in a row nothing reaches the provider.",
    _opens,
)
ANSWERS_AS_DECLARED_WHILE_OPEN = WireCheck(
    "answers-as-declared-while-open",
    "While the breaker is open the consumer answers as it declares.",
    _answers_while_open,
    depends_on=(OPENS_AT_THRESHOLD,),
)
STAYS_OPEN_AS_DECLARED = WireCheck(
    "stays-open-as-declared",
    "The breaker stays open for as long as declared.",
    _stays_open,
    depends_on=(OPENS_AT_THRESHOLD,),
)
PROBES_AFTER_OPEN_TIME = WireCheck(
    "probes-after-open-time",
    "Once the open time is over, the provider is asked again.",
    _tries_again,
    depends_on=(STAYS_OPEN_AS_DECLARED,),
)
CAPS_PROBES = WireCheck(
    "caps-probes",
    "Half-open, no more calls at once than the declared probes reach the provider.",
    _caps_probes,
    depends_on=(PROBES_AFTER_OPEN_TIME,),
)
CLOSES_AFTER_SUCCESSES = WireCheck(
    "closes-after-successes",
    "The declared number of successful probes closes the breaker, no fewer and no more.",
    _closes,
    depends_on=(CAPS_PROBES,),
)
