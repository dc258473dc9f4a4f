"""Every kind of failure: is it tried again as declared, and does it count towards the breaker?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from statistics import median

from seatrial.checks import phases
from seatrial.checks.breaker import OPENS_AT_THRESHOLD, earliest_failure_s
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import SHOWN, Call, Evidence
from seatrial.checks.finding import Finding
from seatrial.checks.phases import ScenarioPhase, any_of
from seatrial.checks.refusals import NEVER_REPEATS_UNSAFE
from seatrial.checks.retry import ATTEMPTS_PER_CALL
from seatrial.config import DeclaredBreaker, DeclaredPolicy, DeclaredRetry, FailureCause
from seatrial.results import Verdict

_TELLING_S = 0.02
"""Waits that are shorter can't be distinguished from the noise of a refused connection."""


@dataclass(frozen=True)
class FailureKind:
    """One way in which an attempt can fail."""

    name: str
    meaning: str
    """What its attempts meet, in words."""
    status: int | None = None
    bad_answer: bool = False
    """It is a failure where `failures.bad_answers` says so."""
    seen: bool = True
    """Its attempts reach the tap."""
    hangs: bool = False
    """Its attempts last for as long as they may."""
    whole: bool = False
    """The connection brings a whole answer, though with a good status it is nonsense."""

    @property
    def failing(self) -> ScenarioPhase:
        """The calls of which every attempt fails so, enough to open the breaker."""
        return ScenarioPhase(f"{self.name}-failing", f"every attempt meets: {self.meaning}")

    @property
    def after(self) -> ScenarioPhase:
        """Calls right after these, with the provider well again."""
        return ScenarioPhase(f"{self.name}-after", "calls right after these, all being well")

    @property
    def cause(self) -> FailureCause:
        """What it is to a policy."""
        if self.status is not None:
            return self.status
        if self.bad_answer:
            return "bad_answers"
        return "timeouts" if self.hangs else "connection_errors"

    def is_retried(self, policy: DeclaredPolicy) -> bool:
        """Return True if a call is tried again after it, as the policy declares it."""
        return policy.retries(self.cause)

    def is_counted(self, policy: DeclaredPolicy) -> bool:
        """Return True if it counts towards the breaker, as the policy declares it."""
        return policy.counts(self.cause)

    def is_tested(self, policy: DeclaredPolicy) -> bool:
        """Return True if it is put to the test: what is declared, and what always is a failure.

        Many clients try again after a 429, and many don't: without `failures` neither is promised.
        Nor is it of nonsense, which is often read after all policies, where nobody says so.
        """
        if self.whole:
            return _says_bad_answers(policy)
        if self.status == _TOO_MANY and policy.failures is None:
            return False
        is_declared = self.is_retried(policy) or self.is_counted(policy)
        return self.status is None or self.status in _USUAL or is_declared

    def most_requests(self, policy: DeclaredPolicy) -> int:
        """Return how many requests a call may send, with those that the HTTP library repeats."""
        attempts = policy.retry.attempts if policy.retry and self.is_retried(policy) else 1
        is_lost = self.status is None and not self.hangs and not self.whole
        resends = policy.retry.connection_resends if policy.retry and is_lost else 0
        return attempts * (1 + resends)


def _says_bad_answers(policy: DeclaredPolicy) -> bool:
    """Return True if the policy says itself what an answer is that can't be used."""
    failures = policy.failures
    parts = () if failures is None else (failures, failures.retried, failures.counted)
    return any("bad_answers" in part.model_fields_set for part in parts)


_TOO_MANY = 429
_USUAL = (500, 502, 504, _TOO_MANY)
"""Statuses that are put to the test whatever is declared of them."""
_STATUSES = (*_USUAL, 503, 408, 409, 425)
KINDS: dict[str, FailureKind] = {
    kind.name: kind
    for kind in (
        FailureKind("refused", "the connection is refused", seen=False),
        FailureKind("reset", "the connection is reset before the answer"),
        FailureKind("reset-within", "the connection is reset in the body", bad_answer=True),
        FailureKind("closed", "the connection is closed without a byte"),
        FailureKind("truncated", "the body breaks off", bad_answer=True),
        FailureKind("hang", "no answer ever comes", hangs=True),
        *(FailureKind(f"status-{one}", f"the answer is {one}", status=one) for one in _STATUSES),
        FailureKind("nonsense", "200 with what isn't JSON", bad_answer=True, whole=True),
        FailureKind("mixture", "resets and failing statuses by turns"),
    )
}
"""All of them, by name."""


@dataclass(frozen=True)
class KindRow:
    """What was seen of one kind."""

    kind: FailureKind
    retried: Finding
    counted: Finding


def kind_rows(evidence: Evidence) -> Iterator[KindRow]:
    """Judge each kind that the scenario made."""
    for kind in KINDS.values():
        if evidence.calls_in(kind.failing):
            yield KindRow(kind, _retried(evidence, kind), _counted(evidence, kind))


def _retried(evidence: Evidence, kind: FailureKind) -> Finding:
    retry, policy = evidence.policy.retry, evidence.policy
    if retry is None:
        return Finding.skipped("no retry is declared")
    if kind.hangs and retry.attempt_timeout_s is None:
        return Finding.skipped("no timeout of an attempt is declared")
    calls = evidence.calls_in(kind.failing)
    if not kind.seen and not kind.is_retried(policy):
        return Finding.skipped("what is refused leaves no trace, and is not retried")
    if not kind.seen:
        return _took_its_waits(calls, retry)
    if policy.breaker is not None and policy.breaker.order == "inside-retry":
        calls = calls[:1]  # within the next one the breaker may open
    counts = [count for call in calls if (count := len(evidence.attempts_of(call)))]
    if not counts:
        return Finding.undecided("no call reached the provider")
    most, declared = kind.most_requests(policy), _declared_attempts(policy, kind)
    wanted = retry.attempts if kind.is_retried(policy) else 1
    least = min(2, wanted) if kind.hangs else wanted
    if _may_be_either(kind, policy.retries):
        most, least = retry.attempts * (1 + retry.connection_resends), 1
    seen = " or ".join(map(str, sorted(set(counts))))
    if max(counts) > most:
        busiest = max(calls, key=lambda call: len(evidence.attempts_of(call)))
        return Finding.failed(f"{seen} attempts a call, {declared}", shown_by=busiest)
    if min(counts) < least and retry.budget is not None and _spends_much(evidence, retry):
        return Finding.undecided("the retry budget may have been used up")
    if min(counts) < least:
        few = next(call for call in calls if len(evidence.attempts_of(call)) == min(counts))
        return Finding.failed(f"{seen} attempts a call, {declared}", shown_by=few)
    return Finding.passed(f"{seen} attempts a call")


def _may_be_either(kind: FailureKind, holds: Callable[[FailureCause], bool]) -> bool:
    """Return True for a body that breaks off, where bad answers and lost connections differ."""
    return kind.bad_answer and not kind.whole and holds("bad_answers") != holds("connection_errors")


def _declared_attempts(policy: DeclaredPolicy, kind: FailureKind) -> str:
    if policy.retry is None or not kind.is_retried(policy):
        return "1 declared: it is not retried"
    resends = policy.retry.connection_resends
    more = (
        f" and up to {resends} resends of each"
        if resends and kind.most_requests(policy) > 1
        else ""
    )
    return f"{policy.retry.attempts} declared{more}"


def _spends_much(evidence: Evidence, retry: DeclaredRetry) -> bool:
    sent = sum(max(0, len(evidence.attempts_of(call)) - 1) for call in evidence.calls)
    return retry.budget is not None and sent >= 0.8 * retry.budget.allowed(0)


def _took_its_waits(calls: tuple[Call, ...], retry: DeclaredRetry) -> Finding:
    """Judge by the time that the calls took: what is refused leaves no trace."""
    mean_s = sum(wait.middle_s for wait in retry.waits())
    if len(calls) < 2 or mean_s / 4 < _TELLING_S:
        return Finding.undecided("the declared waits are too short to be seen")
    took_s = median(call.took_s for call in calls)
    text = f"calls took {took_s * 1000:.0f} ms, the waits are {mean_s * 1000:.0f} ms on average"
    return Finding.passed(text) if took_s > mean_s / 8 else Finding.failed(text)


def _counted(evidence: Evidence, kind: FailureKind) -> Finding:
    breaker = evidence.policy.breaker
    if breaker is None:
        return Finding.skipped("no breaker is declared")
    if _may_be_either(kind, evidence.policy.counts):
        return Finding.skipped("bad answers and connection errors are declared differently")
    failing, after = evidence.calls_in(kind.failing), evidence.calls_in(kind.after)
    if kind.seen and not all(evidence.attempts_of(call) for call in failing[:1]):
        return Finding.undecided("no call reached the provider")
    if not _was_closed(evidence, breaker, failing):
        return Finding.retryable_undecided("not all calls before these went well: was it closed?")
    until_s = _opened_s(evidence, breaker, kind) + breaker.open_s
    asked = [one for one in evidence.attempts_of(after) if one.arrived_s < until_s]
    held = [call for call in after if not evidence.attempts_of(call)]
    if not kind.is_counted(evidence.policy):
        if held:
            return Finding.failed(
                "it opened the breaker, and is declared as not counted", shown_by=held[0]
            )
        if not asked:
            return Finding.retryable_undecided("no call was made within the declared open time")
        return Finding.passed("it didn't open the breaker, as declared")
    if asked:
        return Finding.failed(
            f"{len(failing)} such calls did not open the breaker", shown_by=asked[0]
        )
    if not held:
        return Finding.retryable_undecided("no call was made within the declared open time")
    return Finding.passed(f"{len(failing)} such calls opened the breaker")


def _opened_s(evidence: Evidence, breaker: DeclaredBreaker, kind: FailureKind) -> float:
    """Return when these failures opened it, at the earliest: a rate, before the last of them."""
    failing = evidence.calls_in(kind.failing)
    failed_s = sorted(
        earliest_failure_s(evidence, call)
        for call in failing
        if not kind.seen or evidence.attempts_of(call)
    )
    if breaker.rate is None:
        return failed_s[-1]
    before = sum(call.ended_s <= min(one.started_s for one in failing) for call in evidence.calls)
    return failed_s[min(max(1, breaker.rate.minimum_calls - before), len(failed_s)) - 1]


def _was_closed(evidence: Evidence, breaker: DeclaredBreaker, failing: tuple[Call, ...]) -> bool:
    """Return True if the calls before these, enough of them to close a breaker, went well."""
    began_s = min(call.started_s for call in failing)
    before = [one for one in evidence.calls_in(phases.SETTLING) if one.ended_s <= began_s]
    return all(call.outcome in SHOWN for call in before[-breaker.successes - 1 :])


def _all(evidence: Evidence, what: str) -> Finding:
    """Put the findings of all kinds into one."""
    found = [(row.kind, getattr(row, what)) for row in kind_rows(evidence)]
    decided = [pair for pair in found if pair[1].verdict is not Verdict.SKIPPED]
    if not found:
        return Finding.undecided("no call failed in any of these ways")
    if not decided:
        return Finding.skipped(found[0][1].explanation)
    for verdict in (Verdict.FAILED, Verdict.UNDECIDED):
        wrong = [(kind, one) for kind, one in decided if one.verdict is verdict]
        if wrong:
            text = "; ".join(f"{kind.meaning}: {one.explanation}" for kind, one in wrong)
            retryable = any(one.retryable for _, one in wrong)
            return Finding(verdict, text, retryable, wrong[0][1].shown_by)
    text = "; ".join(f"{kind.name}: {one.explanation}" for kind, one in decided)
    return Finding.passed(text)


@where_declared("retry", lambda policy: policy.retry)
def _retries(evidence: Evidence, _: DeclaredRetry) -> Finding:
    return _all(evidence, "retried")


@where_declared("breaker", lambda policy: policy.breaker)
def _counts(evidence: Evidence, _: DeclaredBreaker) -> Finding:
    return _all(evidence, "counted")


@where_declared("retry", lambda policy: policy.retry)
def _base(evidence: Evidence, retry: DeclaredRetry) -> Finding:
    """Judge the number of attempts by the status that every client takes for a failure."""
    calls = [call for call in evidence.calls_in(phases.FAILING) if evidence.attempts_of(call)]
    if not calls:
        return Finding.undecided("no call was made whose attempts failed")
    policy, count = evidence.policy, len(evidence.attempts_of(calls[0]))
    declared = retry.attempts if policy.retries(policy.failing_status) else 1
    if count != declared:
        text = f"a call made {count} attempts where {declared} are declared"
        return Finding.failed(text, shown_by=calls[0])
    return Finding.passed(f"a call made {count} attempts")


_ALL_PHASES = any_of(*(kind.failing for kind in KINDS.values()))
_AFTER = [kind.after for kind in KINDS.values()]
_BASE_ATTEMPTS = replace(ATTEMPTS_PER_CALL, judge=_base, needs=(phases.FAILING,), reads=())
RETRIES_EVERY_KIND = wire_check(
    "retries-every-kind",
    "An attempt is tried again as often as declared in whatever way it failed, and no oftener.",
    _retries,
    needs=[_ALL_PHASES],
    reads=[*_AFTER, *_ALL_PHASES, phases.SETTLING],
    tests=[
        "failures.status",
        "failures.bad_answers",
        "failures.retried.status",
        "failures.retried.bad_answers",
        "failures.retried.timeouts",
        "failures.retried.connection_errors",
        "retry.connection_resends",
    ],
    depends_on=[NEVER_REPEATS_UNSAFE, _BASE_ATTEMPTS],
)
COUNTS_EVERY_KIND = wire_check(
    "counts-every-kind",
    "A call counts towards the breaker in whatever way its attempts failed.",
    _counts,
    needs=[_ALL_PHASES],
    reads=[*_AFTER, *_ALL_PHASES, phases.SETTLING],
    tests=[
        "failures.status",
        "failures.bad_answers",
        "failures.counted.status",
        "failures.counted.bad_answers",
        "failures.counted.timeouts",
        "failures.counted.connection_errors",
    ],
    depends_on=[OPENS_AT_THRESHOLD],
)
