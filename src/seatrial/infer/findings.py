"""What a reviewer would object to, each with its evidence and the line of policy that fixes it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from seatrial.infer.experiment import SHARED, Known
from seatrial.infer.kinds import NEUTRAL
from seatrial.infer.parameters import Behaviour, Certainty, Inferred

Severity = Literal["high", "medium", "low"]
_ORDER = ("high", "medium", "low")
_AT_ONCE_S = 0.01
_MANY_ATTEMPTS = 5
"""Fewer waits don't grow far."""
_LONG_SHARE, _LONG_S = 0.9, 60.0


@dataclass(frozen=True)
class Objection:
    """One finding."""

    id: str
    severity: Severity
    text: str
    evidence: str
    fix: str


Reviewer = Callable[[Known], Iterator[Objection]]
_REVIEWERS: list[Reviewer] = []


def reviewer(function: Reviewer) -> Reviewer:
    """Register a reviewer: a pure function from what is known to objections."""
    _REVIEWERS.append(function)
    return function


def review(known: Known) -> list[Objection]:
    """Return all objections, the worst first."""
    found = [one for each in _REVIEWERS for one in each(known)]
    return sorted(found, key=lambda one: (_ORDER.index(one.severity), one.id))


def _get(known: Known, name: str) -> Inferred:
    return known.parameters.get(name, Inferred.undecided("not looked for"))


@reviewer
def no_timeout(known: Known) -> Iterator[Objection]:
    """An attempt without an answer is never given up."""
    found, deadline = _get(known, "retry.attempt_timeout_s"), _get(known, "retry.deadline_s")
    if _is_open(found) and not deadline.is_measured:
        yield Objection(
            "no-timeout",
            "high",
            "an attempt without an answer is waited for as long as anybody looked",
            found.why,
            "attempt_timeout_s = 1.0",
        )


@reviewer
def timeout_of_each_read(known: Known) -> Iterator[Objection]:
    """A timeout bounds each read and not the attempt."""
    found = _get(known, "retry.attempt_timeout_covers_body")
    if found.is_measured and found.value is False:
        yield Objection(
            "timeout-of-each-read",
            "medium",
            "the timeout bounds each read: a body that drips is read for ever",
            found.why,
            "a deadline around the whole attempt; attempt_timeout_s promises it",
        )


@reviewer
def no_connect_timeout(known: Known) -> Iterator[Objection]:
    """The timeout of an attempt doesn't bound connecting."""
    found, timeout = _get(known, "retry.connect_timeout_s"), known.number("retry.attempt_timeout_s")
    if _is_open(found) and timeout is not None and (found.low or 0.0) > timeout + known.noise_s:
        yield Objection(
            "no-connect-timeout",
            "medium",
            "the attempt's timeout doesn't bound connecting: a host that is gone is waited for",
            found.why,
            "a timeout of connecting as well; attempt_timeout_s promises it",
        )


@reviewer
def no_deadline(known: Known) -> Iterator[Objection]:
    """Nothing bounds the whole call."""
    found = _get(known, "retry.deadline_s")
    attempts, timeout = known.number("retry.attempts"), _get(known, "retry.attempt_timeout_s")
    if not _is_open(found) or attempts is None or attempts < 2:
        return
    cap = _get(known, "retry.retry_after_cap_s")
    if cap.certainty is Certainty.BOUNDED and "deadline" in cap.why:
        return  # one that ends calls with a long Retry-After isn't ruled out
    # A call that made fewer attempts than it may have been ended by one.
    if _is_open(timeout) or (found.low or 0.0) + known.noise_s >= attempts * (timeout.low or 1e9):
        yield Objection(
            "no-deadline",
            "low",
            "no deadline of the whole call was seen: its attempts and waits add up",
            found.why,
            f"deadline_s = {(found.low or 1.0):.1f}",
        )


@reviewer
def unsafe_repeated(known: Known) -> Iterator[Objection]:
    """A method that isn't safe to repeat is repeated without a key."""
    method, key = _get(known, "upstream.method"), _get(known, "idempotency.header")
    repeated = _kinds(known, lambda row: (row.attempts or 1) > 1)
    if method.value in ("POST", "PATCH") and repeated and key.certainty is Certainty.ABSENT:
        yield Objection(
            "unsafe-repeated-without-key",
            "high",
            f"{method.value} is repeated without one idempotency key for all attempts: work may be "
            "done twice",
            f"{key.why}; {', '.join(repeated)} are repeated",
            'idempotency = { header = "Idempotency-Key" }',
        )


@reviewer
def keys_change(known: Known) -> Iterator[Objection]:
    """The attempts of one call carry different keys."""
    found = _get(known, "idempotency.header")
    if found.certainty is Certainty.ABSENT and "different keys" in found.why:
        yield Objection(
            "key-changes",
            "high",
            "each attempt has an idempotency key of its own: the provider can't know it again",
            found.why,
            'idempotency = { header = "Idempotency-Key" }',
        )


@reviewer
def trace_changes(known: Known) -> Iterator[Objection]:
    """A trace id doesn't come through."""
    found = _get(known, "trace.header")
    if found.certainty is Certainty.ABSENT:
        yield Objection(
            "trace-changes",
            "low",
            "requests carry another trace id than the call that caused them",
            found.why,
            'trace = { header = "x-trace-id" }',
        )


@reviewer
def refusals_repeated(known: Known) -> Iterator[Objection]:
    """A refusal is repeated."""
    kinds = [kind for kind in _kinds(known, lambda row: (row.attempts or 1) > 1) if kind in NEUTRAL]
    if kinds:
        yield Objection(
            "refusals-repeated",
            "medium",
            f"{', '.join(kinds)} are repeated, although another attempt can't end otherwise",
            "; ".join(f"{kind}: {known.behaviour[kind].attempts} attempts" for kind in kinds),
            "status = [429, 500, 502, 503, 504] in failures",
        )


@reviewer
def waits_without_jitter(known: Known) -> Iterator[Objection]:
    """All callers come again at the same time."""
    found = _get(known, "retry.jitter")
    if found.is_measured and found.value == "none":
        yield Objection(
            "no-jitter",
            "low",
            "waits have no jitter: all callers of an outage come again at the same time",
            found.why,
            'jitter = "full"',
        )


@reviewer
def no_wait(known: Known) -> Iterator[Objection]:
    """The next attempt follows at once."""
    base = _get(known, "retry.backoff_s")
    found = known.parameters.get("retry.first_wait_s", base)
    if found.high is not None and found.high < _AT_ONCE_S:
        yield Objection(
            "no-wait",
            "medium",
            "a failed attempt is repeated at once, while the provider has had no time to recover",
            found.why,
            "backoff_s = 0.1",
        )


@reviewer
def waits_uncapped(known: Known) -> Iterator[Objection]:
    """Waits grow over many attempts, and no cap was seen."""
    found, growth = _get(known, "retry.cap_s"), known.number("retry.growth")
    attempts = known.number("retry.attempts") or 1
    if _is_open(found) and growth is not None and growth > 1 and attempts >= _MANY_ATTEMPTS:
        yield Objection(
            "no-cap",
            "low",
            f"waits grow over {attempts:g} attempts, and no cap was seen",
            found.why,
            f"cap_s = {(found.low or 1.0):.1f}",
        )


@reviewer
def retry_after_ignored(known: Known) -> Iterator[Objection]:
    """The provider asks for time, and isn't given it."""
    found = _get(known, "retry.retry_after_s")
    if found.certainty is Certainty.ABSENT:
        yield Objection(
            "retry-after-ignored",
            "medium",
            "a Retry-After is ignored: a provider that asks for time is asked again before it",
            found.why,
            "retry_after_cap_s = 3.0",
        )


_STOPPED: Mapping[Certainty, tuple[Severity, str]] = {
    Certainty.ABSENT: ("high", ": neither budget nor breaker stops it"),
    Certainty.UNDECIDED: ("medium", ": no budget stops it"),
}
"""By what is known of the breaker."""


@reviewer
def amplification(known: Known) -> Iterator[Objection]:
    """In an outage the provider is sent several times its load."""
    budget, attempts = _get(known, "retry.budget"), known.number("retry.attempts")
    breaker = _get(known, "breaker")
    if attempts and attempts > 1 and budget.certainty is Certainty.ABSENT:
        severity, end = _STOPPED.get(breaker.certainty, ("low", ", until the breaker opens"))
        yield Objection(
            "amplification",
            severity,
            f"in an outage the provider is sent {attempts:g} times its load{end}",
            budget.why,
            "budget = { ratio = 0.2 }",
        )


@reviewer
def breaker_absent(known: Known) -> Iterator[Objection]:
    """Nothing stops the calls to a provider that is down."""
    found = _get(known, "breaker")
    if found.certainty is Certainty.ABSENT:
        yield Objection(
            "no-breaker",
            "medium",
            "nothing stops the calls to a provider that is down",
            found.why,
            "breaker = { failures = 5, open_s = 30.0 }",
        )


@reviewer
def breaker_lets_all_through(known: Known) -> Iterator[Objection]:
    """Half-open has no cap."""
    found = _get(known, "breaker.probes")
    if found.certainty is Certainty.ABSENT and _get(known, "breaker").value is not None:
        yield Objection(
            "probes-uncapped",
            "medium",
            "once its open time is over, the breaker lets all callers through at once",
            found.why,
            "probes = 1 in breaker",
        )


@reviewer
def late_results_close_breaker(known: Known) -> Iterator[Objection]:
    """A success from before it opened closes it."""
    found = _get(known, "breaker.late_results")
    if found.value == "close":
        yield Objection(
            "late-results-close-breaker",
            "medium",
            "a call that began before the breaker opened, and ends well, closes it at once",
            found.why,
            "count a result only in the state that its call began in",
        )


@reviewer
def refusals_open_breaker(known: Known) -> Iterator[Objection]:
    """A refusal counts as a failure of the provider."""
    kinds = [kind for kind in _kinds(known, lambda row: bool(row.counted)) if kind in NEUTRAL]
    if kinds:
        yield Objection(
            "refusals-open-breaker",
            "high" if "404" in kinds else "medium",
            f"{', '.join(kinds)} open the breaker, although the provider is well",
            "as many as open it were answered so, and the next call sent nothing",
            "count failures of the provider alone: 5xx, 429, connection errors, timeouts",
        )


@reviewer
def failures_kept(known: Known) -> Iterator[Objection]:
    """The cache keeps a failure."""
    kinds = [kind for kind in _kinds(known, lambda row: bool(row.cached)) if kind != "404"]
    if kinds:
        yield Objection(
            "failures-cached",
            "high",
            f"{', '.join(kinds)} are kept by the cache, also when the provider is well again",
            "the second call sent nothing and was answered as the first",
            "keep good answers alone",
        )


@reviewer
def answers_shared(known: Known) -> Iterator[Objection]:
    """The cache doesn't tell entities apart."""
    found = _get(known, SHARED)
    if found.is_measured:
        yield Objection(
            "answers-shared",
            "high",
            "a call about one entity is given the answer about another one",
            found.why,
            "a cache key that names the entity",
        )


@reviewer
def missing_kept_long(known: Known) -> Iterator[Objection]:
    """What didn't exist once is said to be missing for as long as an answer is kept."""
    missing, found = _get(known, "cache.missing_ttl_s"), _get(known, "cache.ttl_s")
    if missing.low is None or found.high is None or not missing.low:
        return
    if missing.low >= _LONG_SHARE * found.high or missing.low > _LONG_S:
        yield Objection(
            "missing-cached-long",
            "medium",
            "a 404 is kept as long as an answer: what is made meanwhile stays missing",
            missing.why,
            "missing_ttl_s = 1.0 in cache",
        )


@reviewer
def garbage_passed_on(known: Known) -> Iterator[Objection]:
    """Garbage looks good to the caller."""
    kinds = [
        kind
        for kind in _kinds(known, lambda row: row.answer.startswith("good"))
        if kind in ("garbage", "truncated", "empty_body")
    ]
    if kinds:
        yield Objection(
            "garbage-passed-on",
            "high",
            f"the caller is given a good answer although the provider's was: {', '.join(kinds)}",
            "; ".join(f"{kind}: {known.behaviour[kind].answer}" for kind in kinds),
            "bad_answers = true in failures",
        )


@reviewer
def no_single_flight(known: Known) -> Iterator[Objection]:
    """Concurrent misses each ask."""
    found = _get(known, "cache.single_flight")
    if found.is_measured and found.value is False and _get(known, "cache").value is not None:
        yield Objection(
            "no-single-flight",
            "low",
            "concurrent misses of one entity each ask the provider",
            found.why,
            "single_flight = true in cache",
        )


def _kinds(known: Known, chosen: Callable[[Behaviour], bool]) -> list[str]:
    return [kind for kind, row in known.behaviour.items() if chosen(row)]


def _is_open(found: Inferred) -> bool:
    """Return whether a bound was looked for, and not found."""
    return found.certainty is Certainty.BOUNDED and found.high is None
