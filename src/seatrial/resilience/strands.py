"""The policies' strands: what each of them does to a call that nothing hinders.

`weave` says how to read them. They are the hot paths of this package, and all of them: what isn't
here is a method that is only called when something is out of the ordinary.

Counters that are counted here are floats: adding to one costs half as much as to a large int, and
they are exact up to 2**53.
"""

from __future__ import annotations

BREAKER = """
period_ = breaker_.period
ticket_ = 0
if period_.alert:
    ticket_ = period_.admit()
    if ticket_ < 0:
        raise breaker_.refusal(operation_)
    period_ = breaker_.period  # an open one may have let the call through as a probe
try:
    INNER
except BaseException as error:
    breaker_.settle(period_, ticket_, error, operation_)
    raise
if period_.alert:
    period_.success(ticket_)
"""
"""A closed period without failures has nothing to learn from a success, and isn't told of it."""

WATCHING_BREAKER = """
period_ = breaker_.period
now_ = clock_()
if now_ < period_.calm_until:
    ticket_ = period_.granted = period_.granted + 1
    period_.running[ticket_] = now_
else:
    ticket_ = period_.admit()
    if ticket_ < 0:
        raise breaker_.refusal(operation_)
    period_ = breaker_.period
try:
    INNER
except BaseException as error:
    breaker_.settle(period_, ticket_, error, operation_)
    raise
if period_.alert or clock_() >= period_.calm_until:
    period_.success(ticket_)
elif period_.running.pop(ticket_, None) is not None and period_.unseen:
    period_.unseen -= 1
"""
"""As `admit` and `success` of `Watched`, while there is nothing bad in its ring."""

RETRY = """
now_ = clock_()
try:
    INNER
except Exception as error:
    result = await again_(error, now_, ARGUMENTS)
"""

RETRY_IN_BUDGET = """
now_ = clock_()
if now_ >= budget_.turn_at_s:
    budget_.turn(now_)
budget_.calls += 1.0
try:
    INNER
except Exception as error:
    result = await again_(error, now_, ARGUMENTS)
"""

RETRY_TIMED = "result = await timed_(ARGUMENTS)"
"""A timer costs more than all else together; the rest is a method."""

CACHE = """
entry_ = find_(KEY)
now_ = clock_()
if entry_ is not None and now_ < entry_.fresh_until and cache_.trusted:
    cache_.hits += 1.0
    touch_(KEY)
    TELL_HIT
    ANSWER entry_.value
else:
    if entry_ is None:
        entry_ = entries_[KEY]
    else:
        touch_(KEY)
    if entry_.flight is None:
        entry_.flight = alone_
        cache_.loads += 1.0
        try:
            INNER
        except BaseException as error:
            result = cache_.fail(KEY, entry_, error, now_).value
        else:
            if PLAIN:
                entry_.flight = None
                entry_.value = result
                entry_.fresh_until = now_ + ttl_s_
            else:
                result = cache_.keep(KEY, entry_, result, now_).value
    else:
        result = (await cache_.share(KEY, entry_, inner_, ARGUMENTS)).value
"""
"""As `Cache.get`, but for the value alone."""

PLAIN = "result is not None and entry_.flight is alone_ and not listeners_"
"""A load that brought something, and that nobody waits for, has overtaken, or listens to."""


def cache_strand(*, versioned: bool, tell_hits: bool) -> str:
    """The cache's strand; a version is compared in `keep`, and a hit that must be told is rare."""
    text = CACHE.replace("PLAIN", "False" if versioned else PLAIN)
    if tell_hits:
        return text.replace("TELL_HIT", 'cache_.tell_read(KEY, entry_.seen_as("cache"))')
    return text.replace("    TELL_HIT\n", "")
