"""The truth about a consumer, as the policy's parameters and the findings that it deserves."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from tests.inference.numbers import Numbers

Kind = Literal["exact", "time", "factor"]
Value = bool | int | float | str | tuple[int, ...]
REFUSALS = (400, 401, 403, 404, 409)
STATUSES = (400, 401, 403, 404, 408, 409, 425, 429, 500, 501, 502, 503, 504)
_SEEN_WAIT_S = 0.01
_LONGEST_ASKED_S = 5.0
_SHORTEST_ASKED_S = 1.5


@dataclass(frozen=True)
class Truth:
    """One parameter as it is. None: the mechanism isn't there."""

    value: Value | None
    kind: Kind = "exact"
    identifiable: bool = True
    """Whether the wire shows it: where it doesn't, undecided is the right word."""


Truths = Mapping[str, Truth]


def truths(numbers: Numbers) -> Truths:
    """Return what is true of a consumer with these numbers."""
    found = _all(numbers)
    if numbers.shared_key:  # no call can be told from another one
        return {name: replace(one, identifiable=False) for name, one in found.items()}
    return found


def _all(numbers: Numbers) -> Truths:
    return {
        **_retry(numbers),
        **_breaker(numbers),
        **_cache(numbers),
        "trace.header": Truth(
            {"kept": "x-trace-id", "w3c": "traceparent"}.get(numbers.trace),
            identifiable=numbers.trace != "none",
        ),
        "idempotency.header": Truth(
            "Idempotency-Key" if numbers.post and numbers.key == "kept" else None,
            identifiable=numbers.post and numbers.attempts > 1,
        ),
        "concurrency.limit": Truth(None, identifiable=False),
        "upstream.method": Truth("POST" if numbers.post else "GET"),
    }


def _retry(numbers: Numbers) -> Truths:
    repeats = numbers.attempts > 1
    waits = repeats and numbers.backoff_s >= _SEEN_WAIT_S
    # A Retry-After is in whole seconds: a shorter call never waits for one.
    outlasts = numbers.deadline_s is None or numbers.deadline_s > _SHORTEST_ASKED_S
    asked = repeats and outlasts and numbers.retry_after_cap_s is not None
    at_once = numbers.first_at_once
    bounds_call = numbers.deadline_s is not None and numbers.deadline_s == numbers.attempt_timeout_s
    lawful = numbers.jitter != "decorrelated" and not numbers.linear
    cap_s = float("inf") if numbers.cap_s is None else numbers.cap_s
    third_s = numbers.backoff_s * numbers.growth**2
    even = numbers.growth == 1 and numbers.attempts > 2
    one_tells = numbers.jitter in ("none", "full")
    last_but_one_s = numbers.backoff_s * numbers.growth ** max(0, numbers.attempts - 3)
    return {
        "retry.attempts": Truth(numbers.attempts),
        "retry.backoff_s": Truth(
            numbers.backoff_s,
            "time",
            waits and (numbers.attempts > 4 if at_once else one_tells or numbers.attempts > 2),
        ),
        "retry.growth": Truth(
            None if numbers.linear and numbers.attempts > 3 else numbers.growth,
            "factor",
            # Two waits grow by a factor or by a sum.
            waits and lawful and not at_once and third_s < cap_s and (numbers.attempts > 3 or even),
        ),
        "retry.cap_s": Truth(
            numbers.cap_s, "time", waits and lawful and cap_s < last_but_one_s * 0.9
        ),
        "retry.jitter": Truth(
            numbers.jitter, identifiable=waits and (one_tells or numbers.attempts > 2)
        ),
        "retry.attempt_timeout_s": Truth(
            numbers.attempt_timeout_s, "time", numbers.deadline_s is None or not bounds_call
        ),
        "retry.attempt_timeout_covers_body": Truth(
            None if numbers.attempt_timeout_s is None else not numbers.each_read,
            identifiable=numbers.attempt_timeout_s is not None and not bounds_call,
        ),
        "retry.deadline_s": _deadline(numbers),
        "retry.connect_timeout_s": Truth(
            numbers.attempt_timeout_s, "time", identifiable=not numbers.each_read
        ),
        "retry.retry_after_s": Truth(
            numbers.retry_after_cap_s is not None or None, identifiable=repeats and outlasts
        ),
        "retry.retry_after_cap_s": Truth(
            numbers.retry_after_cap_s,
            "time",
            # A call of two attempts can't be made so long that a deadline explains it no more.
            asked and numbers.attempts > 2 and (numbers.retry_after_cap_s or 0) <= _LONGEST_ASKED_S,
        ),
        "retry.retry_after_dates": Truth(numbers.retry_after_dates, identifiable=asked),
        "retry.budget": Truth(numbers.tokens is not None or None, identifiable=repeats),
        "failures.status": Truth(
            tuple(sorted(numbers.statuses)) if repeats or numbers.has_breaker else None,
            identifiable=repeats,
        ),
        "failures.retried.connection_errors": Truth(
            numbers.connection_errors, identifiable=repeats
        ),
        "failures.retried.timeouts": Truth(
            numbers.timeouts,
            identifiable=repeats and numbers.attempt_timeout_s is not None and not bounds_call,
        ),
        "failures.bad_answers": Truth(
            repeats and numbers.bad_answers and not numbers.garbage_passed, identifiable=repeats
        ),
    }


def _deadline(numbers: Numbers) -> Truth:
    """Late failures reach it, or nothing does."""
    if numbers.attempts < 2 or numbers.attempt_timeout_s is None:
        return Truth(numbers.deadline_s, "time", identifiable=False)
    reached_s = 0.6 * numbers.attempt_timeout_s * numbers.attempts
    seen = numbers.deadline_s is None or numbers.deadline_s < reached_s
    return Truth(numbers.deadline_s, "time", seen)


def _breaker(numbers: Numbers) -> Truths:
    rates = ("rate.failures", "rate.minimum_calls", "rate.window_calls")
    names = ("failures", "open_s", "open_growth", "successes", "probes", "order", *rates)
    if not numbers.has_breaker:
        nothing = {f"breaker.{name}": Truth(None, identifiable=False) for name in names}
        return {"breaker": Truth(None), **nothing}
    repeats = numbers.attempts > 1
    order = "inside-retry" if numbers.inside else "around-retry"
    in_a_row = numbers.failures is not None
    return {
        "breaker": Truth(True),
        "breaker.failures": Truth(numbers.failures, identifiable=in_a_row),
        "breaker.open_s": Truth(numbers.open_s, "time"),
        "breaker.open_growth": Truth(numbers.open_growth, "factor"),
        "breaker.successes": Truth(
            numbers.successes, identifiable=in_a_row and (numbers.failures or 0) > 1
        ),
        "breaker.probes": Truth(numbers.probes),
        "breaker.order": Truth(order, identifiable=repeats),
        "breaker.retry_after": Truth(numbers.refusals_say),
        "breaker.late_results": Truth("ignored", identifiable=False),
        "breaker.rate.failures": Truth(numbers.rate, "factor", identifiable=False),
        "breaker.rate.minimum_calls": Truth(
            None if in_a_row else numbers.minimum_calls, identifiable=not in_a_row
        ),
        "breaker.rate.window_calls": Truth(
            None if in_a_row or numbers.window_calls == 0 else numbers.window_calls,
            identifiable=False,
        ),
    }


def _cache(numbers: Numbers) -> Truths:
    names = ("ttl_s", "single_flight", "sliding", "serves_while_open", "stale_if_error_s")
    if numbers.ttl_s is None:
        nothing = {f"cache.{name}": Truth(None, identifiable=False) for name in names}
        nothing["cache.max_entries"] = Truth(None, identifiable=False)
        nothing["cache.eviction"] = Truth(None, identifiable=False)
        # That a 404 isn't kept, and that each call asks for itself, is true as well.
        true = {
            "cache.missing_ttl_s": Truth(0.0, "time", identifiable=False),
            "cache.single_flight": Truth(False, identifiable=False),
        }
        return {"cache": Truth(None), **nothing, **true}
    return {
        "cache": Truth(True),
        "cache.ttl_s": Truth(numbers.ttl_s, "time"),
        "cache.single_flight": Truth(numbers.single_flight),
        "cache.missing_ttl_s": Truth(numbers.missing_ttl_s, "time"),
        "cache.sliding": Truth(False),
        "cache.serves_while_open": Truth(True, identifiable=numbers.has_breaker),
        "cache.stale_if_error_s": Truth(numbers.stale_if_error_s or numbers.revalidate_s, "time"),
        "cache.max_entries": Truth(
            numbers.max_entries, identifiable=numbers.max_entries is not None
        ),
        "cache.eviction": Truth(
            "first-in" if numbers.max_entries else None,
            identifiable=numbers.max_entries is not None,
        ),
    }


def attempts(numbers: Numbers, *, resends: bool) -> Mapping[str, int]:
    """Return the requests that one failed call sends, by failure kind.

    Args:
        numbers: of the consumer.
        resends: its HTTP library sends a request again by itself when a connection was closed.
    """
    if numbers.deadline_s is not None and numbers.deadline_s == numbers.attempt_timeout_s:
        return {}  # waits may leave no time for all of them
    if numbers.inside and (numbers.failures or numbers.attempts) < numbers.attempts:
        return {}  # the breaker cuts the first call
    found = {
        str(status): numbers.attempts if status in numbers.statuses else 1 for status in STATUSES
    }
    if numbers.bad_answers and not numbers.garbage_passed:
        found["garbage"] = numbers.attempts
    elif not numbers.garbage_passed:
        found["garbage"] = 1
    return found if resends else found | {"closed": numbers.attempts, "reset": numbers.attempts}


def findings(numbers: Numbers) -> Mapping[str, bool]:
    """Return the findings that are decided: whether each belongs to this consumer."""
    breaks, caches = numbers.has_breaker, numbers.ttl_s is not None
    repeated_post = numbers.post and numbers.attempts > 1
    waits = numbers.attempts > 1 and numbers.backoff_s >= _SEEN_WAIT_S
    return {
        "no-timeout": numbers.attempt_timeout_s is None and numbers.deadline_s is None,
        "timeout-of-each-read": numbers.attempt_timeout_s is not None and numbers.each_read,
        "refusals-repeated": numbers.attempts > 1 and bool(set(REFUSALS) & set(numbers.statuses)),
        "no-jitter": waits and numbers.jitter == "none",
        "no-breaker": not breaks,
        "probes-uncapped": breaks and numbers.probes is None,
        "refusals-open-breaker": breaks
        and (numbers.counts_missing or bool(set(REFUSALS) & set(numbers.statuses))),
        "failures-cached": caches and numbers.failures_cached,
        "garbage-passed-on": numbers.garbage_passed,
        "no-single-flight": caches and not numbers.single_flight,
        "retry-after-ignored": numbers.attempts > 1 and numbers.retry_after_cap_s is None,
        "no-deadline": numbers.attempts > 1 and numbers.deadline_s is None,
        "answers-shared": numbers.shared_key,
        "trace-changes": numbers.trace == "new",
        "key-changes": repeated_post and numbers.key == "new",
        "unsafe-repeated-without-key": repeated_post and numbers.key != "kept",
    }
