"""The circuit breaker's promises.

Phases that a scenario names: "below" (a call after one failure too few), "failing" (the failures
that trip it), "open" (calls right after), "waiting" (calls until its open time may be over),
"probing" (one by one after it), "burst" (many at once before enough successes), "closed" (many at
once after them).
"""

from seatrial.checks.check import WireCheck, where_declared
from seatrial.checks.evidence import Attempt, Call, Evidence
from seatrial.checks.finding import Finding
from seatrial.config import Breaker

_declared = where_declared("breaker", lambda policy: policy.breaker)


def _open_until_s(evidence: Evidence, breaker: Breaker) -> float | None:
    """The earliest moment at which the declared open time can be over.

    It began, at the earliest, as the call that tripped it was made; noise only makes it later.
    """
    failing = evidence.calls_in("failing")
    return failing[-1].started_s + breaker.open_s if failing else None


def _while_open(
    evidence: Evidence, breaker: Breaker, *phases: str
) -> tuple[list[Call], list[Attempt]]:
    """Calls that were over before the open time could be, and what they sent."""
    until_s = _open_until_s(evidence, breaker)
    if until_s is None:
        return [], []
    calls = [call for phase in phases for call in evidence.calls_in(phase)]
    calls = [call for call in calls if call.started_s < until_s]
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
    calls, attempts = _while_open(evidence, breaker, "open")
    if attempts:
        return Finding.failed(
            f"the provider was asked {len(attempts)} times while the breaker was declared open "
            f"(after {breaker.failures} failures in a row, for {breaker.open_s:g} s)"
        )
    if not calls:
        return Finding.undecided("no call ended within the declared open time")
    return Finding.passed(
        f"after {breaker.failures} failures in a row, {len(calls)} calls sent nothing"
    )


def _as_declared(calls: tuple[Call, ...], when: str) -> Finding:
    if not calls:
        return Finding.undecided(f"no call was made {when}")
    wrong = [call for call in calls if call.outcome != "failed"]
    if wrong:
        said = wrong[0].status if wrong[0].status is not None else "nothing"
        return Finding.failed(
            f"{len(wrong)} of {len(calls)} calls {when} were not answered as declared: "
            f"the consumer said {said}"
        )
    return Finding.passed(f"all {len(calls)} calls {when} were answered as declared")


def _answers_while_away(evidence: Evidence) -> Finding:
    return _as_declared(evidence.calls_in("failing"), "while the provider was away")


@_declared
def _answers_while_open(evidence: Evidence, breaker: Breaker) -> Finding:
    calls, _ = _while_open(evidence, breaker, "open")
    return _as_declared(tuple(calls), "while the breaker was open")


@_declared
def _stays_open(evidence: Evidence, breaker: Breaker) -> Finding:
    calls, attempts = _while_open(evidence, breaker, "open", "waiting")
    if attempts:
        early_s = (_open_until_s(evidence, breaker) or 0.0) - attempts[0].arrived_s
        return Finding.failed(
            f"the provider was asked {early_s:.2f} s before the declared "
            f"{breaker.open_s:g} s of open time can have been over"
        )
    if not calls:
        return Finding.undecided("no call ended within the declared open time")
    return Finding.passed(
        f"{len(calls)} calls over the open time of {breaker.open_s:g} s sent nothing"
    )


@_declared
def _tries_again(evidence: Evidence, breaker: Breaker) -> Finding:
    probing = evidence.calls_in("probing") or evidence.calls_in("burst")
    if not probing:
        return Finding.undecided("no call was made after the open time")
    if not evidence.attempts_of(probing[0]):
        late_s = probing[0].started_s - (_open_until_s(evidence, breaker) or 0.0)
        return Finding.failed(
            f"a call {late_s:.2f} s after the open time of {breaker.open_s:g} s "
            f"did not reach the provider, which was back"
        )
    lost = [call for call in probing if call.outcome != "good"]
    if lost and evidence.calls_in("probing"):
        return Finding.failed(f"{len(lost)} of {len(probing)} calls to the healed provider failed")
    return Finding.passed("the first call after the open time reached the provider")


@_declared
def _caps_probes(evidence: Evidence, breaker: Breaker) -> Finding:
    if breaker.probes is None:
        return Finding.skipped("no cap on probes is declared")
    calls = evidence.calls_in("burst")
    # Calls, not attempts: a probe that is tried again is still one probe.
    reached = sum(1 for call in calls if evidence.attempts_of(call))
    if len(calls) <= breaker.probes:
        return Finding.undecided("not enough calls were made at once")
    if reached > breaker.probes:
        return Finding.failed(
            f"{reached} of {len(calls)} calls at once reached the provider while the breaker "
            f"was half-open; {breaker.probes} probes are declared"
        )
    if reached < breaker.probes:
        return Finding.failed(
            f"only {reached} of {breaker.probes} declared probes reached the provider"
        )
    return Finding.passed(f"of {len(calls)} calls at once exactly {breaker.probes} got through")


@_declared
def _closes(evidence: Evidence, breaker: Breaker) -> Finding:
    calls = evidence.calls_in("closed")
    if not calls:
        return Finding.undecided("no call was made after the declared successes")
    probes = evidence.calls_in("probing") + evidence.calls_in("burst")
    successes = sum(1 for call in probes if call.outcome == "good")
    if successes < breaker.successes:
        return Finding.undecided(
            f"only {successes} of the {breaker.successes} probes that close it succeeded"
        )
    silent = [call for call in calls if not evidence.attempts_of(call)]
    if silent:
        return Finding.failed(
            f"after {breaker.successes} successful probes {len(silent)} of {len(calls)} calls "
            f"at once were still held back"
        )
    bad = [call for call in calls if call.outcome != "good"]
    if bad:
        return Finding.failed(f"{len(bad)} of {len(calls)} calls failed after it had closed")
    return Finding.passed(
        f"after {breaker.successes} successful probes all {len(calls)} calls at once got through"
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
ANSWERS_AS_DECLARED_WHILE_AWAY = WireCheck(
    "answers-as-declared-while-away",
    "While the provider is away the consumer answers as it declares.",
    _answers_while_away,
)
ANSWERS_AS_DECLARED_WHILE_OPEN = WireCheck(
    "answers-as-declared-while-open",
    "While the breaker is open the consumer answers as it declares.",
    _answers_while_open,
    rests_on=OPENS_AT_THRESHOLD,
)
STAYS_OPEN_AS_DECLARED = WireCheck(
    "stays-open-as-declared",
    "The breaker stays open for as long as declared.",
    _stays_open,
    rests_on=OPENS_AT_THRESHOLD,
)
TRIES_AGAIN_AFTER_OPEN_TIME = WireCheck(
    "tries-again-after-open-time",
    "Once the open time is over, the provider is asked again.",
    _tries_again,
    rests_on=STAYS_OPEN_AS_DECLARED,
)
CAPS_PROBES = WireCheck(
    "caps-probes",
    "Half-open, no more calls at once than the declared probes reach the provider.",
    _caps_probes,
    rests_on=TRIES_AGAIN_AFTER_OPEN_TIME,
)
CLOSES_AFTER_SUCCESSES = WireCheck(
    "closes-after-successes",
    "The declared number of successful probes closes the breaker, no fewer and no more.",
    _closes,
    rests_on=CAPS_PROBES,
)
