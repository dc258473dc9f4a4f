"""What a breaker promises that opens by a rate: enough calls, its window, and slow calls."""

from seatrial.checks import phases
from seatrial.checks.breaker import while_open
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import SHOWN, Call, Evidence
from seatrial.checks.finding import Finding
from seatrial.checks.premises import soon, visible
from seatrial.config import DeclaredPolicy, DeclaredRate


def _rate(policy: DeclaredPolicy) -> DeclaredRate | None:
    return policy.breaker.rate if policy.breaker else None


def _slow_rate(policy: DeclaredPolicy) -> DeclaredRate | None:
    rate = _rate(policy)
    return rate if rate and rate.slow_s is not None else None


@where_declared("rate of failures", _rate)
def _below_minimum(evidence: Evidence, rate: DeclaredRate) -> Finding:
    after = evidence.calls_in(phases.AFTER_TOO_FEW)
    failing = evidence.calls_in(phases.TOO_FEW)
    before = [call for call in evidence.calls if after and call.started_s < after[0].started_s]
    if not after or not failing:
        return Finding.undecided(f"{rate.minimum_calls} calls leave no room for fewer that fail")
    failed = sum(call.outcome not in SHOWN for call in failing)
    if len(before) >= rate.minimum_calls or failed / len(before) < rate.failures:
        return Finding.undecided(
            f"{failed} of {len(before)} calls failed: not the declared {rate.failures:.0%} of "
            f"fewer than {rate.minimum_calls}"
        )
    silent = [call for call in (*failing, *after) if not evidence.attempts_of(call)]
    if silent:
        return Finding.failed(
            f"after {len(before)} calls, of which {failed} failed, a call was not let through, "
            f"although fewer than {rate.minimum_calls} are declared to open nothing",
            shown_by=silent[0],
        )
    return Finding.passed(
        f"{failed} of {len(before)} calls failed, fewer than {rate.minimum_calls}, and the next "
        "one was let through"
    )


@where_declared("rate of failures", _rate)
def _at_minimum(evidence: Evidence, rate: DeclaredRate) -> Finding:
    breaker = evidence.policy.breaker
    assert breaker is not None, "a rate is declared in it"
    after = evidence.calls_in(phases.AT_MINIMUM)
    failing = evidence.calls_in(phases.TOO_FEW, phases.AFTER_TOO_FEW)
    if not after or not failing:
        return Finding.undecided(f"no call was made after {rate.minimum_calls} others")
    before = [call for call in evidence.calls if call.started_s < after[0].started_s]
    lasted_s = after[0].started_s - before[0].started_s
    failed = sum(call.outcome not in SHOWN for call in failing)
    is_whole = rate.window_s is None or lasted_s < rate.window_s
    # Exactly met, some open and some don't.
    if len(before) != rate.minimum_calls or not is_whole or failed <= rate.failures * len(before):
        return Finding.undecided(
            f"{failed} of {len(before)} calls in {lasted_s:.1f} s failed: not more than the "
            f"declared {rate.failures:.0%} of just {rate.minimum_calls}"
        )
    if after[0].started_s >= failing[-1].ended_s + breaker.open_s:
        return Finding.retryable_undecided("no call was made within the declared open time")
    if not evidence.attempts_of(after[0]):
        return Finding.passed(f"{failed} failures of {len(before)} calls opened the breaker")
    if rate.window_s is not None:
        return _may_have_begun_again(rate)
    return Finding.failed(
        f"{failed} of {len(before)} calls failed, {rate.failures:.0%} of {rate.minimum_calls} "
        "are declared to open the breaker, and the next one was let through",
        shown_by=after[0],
    )


def _may_have_begun_again(rate: DeclaredRate) -> Finding:
    """Say what explains that a breaker stays closed: many keep a window as intervals or buckets."""
    return Finding.retryable_undecided(
        f"every call was let through, and a window of {rate.window_s:g} s that began again between "
        "them explains it, too"
    )


@where_declared("rate of failures", _rate)
def _above_rate(evidence: Evidence, rate: DeclaredRate) -> Finding:
    turns, after = evidence.calls_in(phases.TURNS), evidence.calls_in(phases.ABOVE_RATE)
    calls = (*turns, *after)
    if not turns or not after:
        return Finding.undecided("no calls failed by turns with good ones")
    held_back = [call for call in calls if not evidence.attempts_of(call)]
    if held_back:
        made = calls.index(held_back[0])
        return Finding.passed(f"after {made} calls, good and failed by turns, the breaker was open")
    since_s = after[0].started_s - (rate.window_s or float("inf"))
    within = [call for call in turns[-(rate.window_calls or 0) :] if call.ended_s > since_s]
    failed = sum(call.outcome not in SHOWN for call in within)
    if len(within) < rate.minimum_calls or failed <= rate.failures * len(within):
        return Finding.undecided(
            f"{failed} of {len(within)} calls in the window failed: not more than the declared "
            f"{rate.failures:.0%} of {rate.minimum_calls} at least"
        )
    if rate.window_s is not None:
        return _may_have_begun_again(rate)
    return Finding.failed(
        f"of the last {len(within)} calls {failed} failed, by turns with good ones, and every "
        f"call was let through: {rate.failures:.0%} are declared to open the breaker",
        shown_by=after[0],
    )


@where_declared("rate of failures", _rate)
def _forgets(evidence: Evidence, rate: DeclaredRate) -> Finding:
    breaker = evidence.policy.breaker
    assert breaker is not None, "a rate is declared in it"
    filling, failing = evidence.calls_in(phases.FILLING), evidence.calls_in(phases.FAILING)
    lack = _nothing_left_the_window(rate, filling, failing)
    if lack:
        return Finding.undecided(lack)
    calls, attempts = while_open(evidence, breaker, phases.OPEN)
    of_all = f"{len(failing)} calls in a row failed, after {len(filling)} good ones that had left"
    if attempts:
        return Finding.failed(
            f"{of_all} the window of {_window(rate)}, and the provider was still asked: what is "
            "older than the window counts too, or it never opens",
            shown_by=attempts[0],
        )
    if not calls:
        return Finding.retryable_undecided("no call ended within the declared open time")
    return Finding.passed(f"{of_all} the window of {_window(rate)}, and opened the breaker")


def _window(rate: DeclaredRate) -> str:
    return f"{rate.window_calls} calls" if rate.window_calls else f"{rate.window_s:g} s"


def _nothing_left_the_window(
    rate: DeclaredRate, filling: tuple[Call, ...], failing: tuple[Call, ...]
) -> str:
    """Return why old results wouldn't show, if they counted; empty if they would."""
    good = sum(call.outcome in SHOWN for call in filling)
    failed = sum(call.outcome not in SHOWN for call in failing)
    if not failed or failed / (good + failed) >= rate.failures:
        return f"{good} good calls before {failed} failures can't keep a longer window's rate low"
    if rate.window_s is not None:
        left = filling[-1].ended_s + rate.window_s <= failing[0].started_s
        return "" if left and failed >= rate.minimum_calls else "the window was not left"
    assert rate.window_calls is not None, "one of the two is declared"
    enough = max(rate.minimum_calls, rate.failures * rate.window_calls)
    return "" if failed >= enough else f"only {failed} calls failed"


@where_declared("rate of slow calls", _slow_rate)
def _few_slow(evidence: Evidence, rate: DeclaredRate) -> Finding:
    calls, after = evidence.calls_in(phases.FEW_SLOW), evidence.calls_in(phases.AFTER_FEW_SLOW)
    slow_s, ratio = rate.slow_s or 0.0, rate.slow_ratio or 1.0
    slow = sum(call.took_s >= slow_s for call in calls)
    if not after or not slow or len(calls) < rate.minimum_calls:
        return Finding.undecided("not enough calls were made, some of them slow")
    if slow >= ratio * len(calls) or any(call.outcome not in SHOWN for call in calls):
        return Finding.retryable_undecided("the machine was too busy for the others to be quick")
    silent = [call for call in (*calls, *after) if not evidence.attempts_of(call)]
    if silent:
        return Finding.failed(
            f"{slow} of {len(calls)} good calls were slow, below the declared {ratio:.0%}, and a "
            "call was not let through",
            shown_by=silent[0],
        )
    return Finding.passed(f"{slow} slow ones of {len(calls)} good calls opened nothing")


@where_declared("rate of slow calls", _slow_rate)
def _in_time(evidence: Evidence, rate: DeclaredRate) -> Finding:
    calls, after = evidence.calls_in(phases.IN_TIME), evidence.calls_in(phases.AFTER_IN_TIME)
    slow_s = rate.slow_s or 0.0
    if not after or len(calls) < rate.minimum_calls:
        return Finding.undecided("not enough calls were made that took long")
    if any(call.took_s >= slow_s or call.outcome != "good" for call in calls):
        return Finding.retryable_undecided("the machine was too busy for calls to end in time")
    silent = [call for call in (*calls, *after) if not evidence.attempts_of(call)]
    longest_s = max(call.took_s for call in calls)
    if silent:
        return Finding.failed(
            f"after {len(calls)} good calls of at most {longest_s:.2f} s a call was not let "
            f"through, although slow is declared as over {slow_s:g} s",
            shown_by=silent[0],
        )
    return Finding.passed(f"{len(calls)} calls of at most {longest_s:.2f} s opened nothing")


@where_declared("rate of slow calls", _slow_rate)
def _slow(evidence: Evidence, rate: DeclaredRate) -> Finding:
    breaker = evidence.policy.breaker
    assert breaker is not None, "a rate is declared in it"
    calls, after = evidence.calls_in(phases.PROLONGED), evidence.calls_in(phases.AFTER_PROLONGED)
    slow_s = rate.slow_s or 0.0
    slow = [call for call in calls if call.took_s > slow_s and call.outcome == "good"]
    if not after or len(slow) < max(rate.minimum_calls, 1) or len(slow) < len(calls):
        return Finding.undecided(f"only {len(slow)} of {len(calls)} calls were slow and good")
    if after[0].started_s >= max(call.ended_s for call in slow) + breaker.open_s:
        return Finding.retryable_undecided("no call was made within the declared open time")
    if evidence.attempts_of(after[0]):
        return Finding.failed(
            f"{len(slow)} calls in a row took over {slow_s:g} s, {rate.slow_ratio or 0:.0%} are "
            "declared to open the breaker, and the next one was let through",
            shown_by=after[0],
        )
    return Finding.passed(f"{len(slow)} calls that took over {slow_s:g} s opened the breaker")


STAYS_CLOSED_BELOW_MINIMUM = wire_check(
    "stays-closed-below-minimum-calls",
    "Fewer calls than the declared minimum open nothing, however many of them fail.",
    _below_minimum,
    needs=[phases.TOO_FEW, phases.AFTER_TOO_FEW],
    tests=["breaker.rate.minimum_calls"],
    premises=[soon(phases.AFTER_TOO_FEW, phases.TOO_FEW)],
)
OPENS_AT_MINIMUM = wire_check(
    "opens-at-minimum-calls",
    "As many calls as the declared minimum open the breaker, where more than the rate failed.",
    _at_minimum,
    needs=[phases.TOO_FEW, phases.AFTER_TOO_FEW, phases.AT_MINIMUM],
    tests=["breaker.rate.minimum_calls"],
    depends_on=[STAYS_CLOSED_BELOW_MINIMUM],
    premises=[visible(phases.AT_MINIMUM)],
)
OPENS_ABOVE_RATE = wire_check(
    "opens-above-rate",
    "More failures than the declared rate open the breaker, though good calls come between them.",
    _above_rate,
    needs=[phases.TURNS, phases.ABOVE_RATE],
    tests=["breaker.rate.failures", "breaker.rate.window_calls", "breaker.rate.window_s"],
    premises=[visible(phases.ABOVE_RATE)],
)
RATE_IS_OF_THE_WINDOW = wire_check(
    "rate-is-of-the-window",
    "Only calls of the declared window count: older ones keep no breaker closed.",
    _forgets,
    needs=[phases.FILLING, phases.FAILING, phases.OPEN],
    reads=[phases.STORM],
    tests=["breaker.rate.window_calls", "breaker.rate.window_s"],
)
CALLS_IN_TIME_ARE_NOT_SLOW = wire_check(
    "calls-in-time-are-not-slow",
    "Good calls that take no longer than declared open nothing.",
    _in_time,
    needs=[phases.IN_TIME, phases.AFTER_IN_TIME],
    tests=["breaker.rate.slow_s"],
    premises=[soon(phases.AFTER_IN_TIME, phases.IN_TIME)],
)
FEW_SLOW_CALLS_OPEN_NOTHING = wire_check(
    "few-slow-calls-open-nothing",
    "Slow calls below the declared share of them do not open the breaker.",
    _few_slow,
    needs=[phases.FEW_SLOW, phases.AFTER_FEW_SLOW],
    tests=["breaker.rate.slow_ratio"],
    depends_on=[CALLS_IN_TIME_ARE_NOT_SLOW],
    premises=[soon(phases.AFTER_FEW_SLOW, phases.FEW_SLOW)],
)
SLOW_CALLS_OPEN = wire_check(
    "slow-calls-open",
    "The declared share of slow calls opens the breaker, although they succeed.",
    _slow,
    needs=[phases.PROLONGED, phases.AFTER_PROLONGED],
    tests=["breaker.rate.slow_s", "breaker.rate.slow_ratio"],
    depends_on=[CALLS_IN_TIME_ARE_NOT_SLOW],
)
