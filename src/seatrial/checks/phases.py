"""The parts that a scenario is made of, as values that scenarios and checks share.

A scenario makes each call in a phase; a check reads the calls of the phases that it names. A
project declares its own where none of these fits: `REBALANCED = ScenarioPhase("rebalanced", "…")`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ScenarioPhase:
    """A part of a scenario. Two of one name are the same phase."""

    name: str
    """As timelines and messages show it."""
    meaning: str = field(default="", compare=False)
    """What the calls in it meet."""

    def __str__(self) -> str:
        return self.name


PhaseNeed = ScenarioPhase | frozenset[ScenarioPhase]
"""A phase that a check can't do without, or several of which it needs one."""


def any_of(*phases: ScenarioPhase) -> frozenset[ScenarioPhase]:
    """Need one of these phases."""
    return frozenset(phases)


def flattened(needs: Iterable[PhaseNeed]) -> frozenset[ScenarioPhase]:
    """Return all phases that are named by any of these needs."""
    return frozenset(
        phase
        for need in needs
        for phase in (need if isinstance(need, frozenset) else frozenset((need,)))
    )


# Of the harness itself: every scenario may enter these.
REACH = ScenarioPhase("reach", "the call that proves the consumer to be on the wire")
SETTLING = ScenarioPhase("settling", "calls until a consumer that runs already is well again")
LOOKING = ScenarioPhase("looking", "calls until a change at the provider is shown")

# A provider that is down, and an open breaker.
BELOW = ScenarioPhase("below", "a call after one failure too few to open the breaker")
NEARLY = ScenarioPhase("nearly", "failures, one too few to open the breaker")
FAILING = ScenarioPhase("failing", "the failures that open the breaker")
OPEN = ScenarioPhase("open", "calls right after the breaker has opened")
WAITING = ScenarioPhase("waiting", "calls until the open time may be over")
BURST = ScenarioPhase("burst", "a concurrent batch as soon as the open time is over")
PROBING = ScenarioPhase("probing", "calls one by one once the open time is over")
LAST = ScenarioPhase("last", "a concurrent batch before the success that closes the breaker")
CLOSED = ScenarioPhase("closed", "a concurrent batch after that success")
MIXTURE = ScenarioPhase("mixture", "good calls, then failures, fewer than the declared rate")
BELOW_RATE = ScenarioPhase("below-rate", "a call after that mixture")
FORGETTING = ScenarioPhase("forgetting", "good calls, by which that mixture leaves the window")
MIXTURE_AGAIN = ScenarioPhase("mixture-again", "as many failures as in that mixture")
BELOW_AGAIN = ScenarioPhase("below-again", "a call after these")
TURNS = ScenarioPhase("turns", "failures and good calls by turns, more than the declared rate")
ABOVE_RATE = ScenarioPhase("above-rate", "calls after these")
FAILED_PROBE = ScenarioPhase("failed-probe", "a probe that fails")
REOPENED = ScenarioPhase("reopened", "calls right after a probe that failed")
LATE = ScenarioPhase("late", "a call that is in flight while the breaker opens")
LATE_AFTER = ScenarioPhase("late-after", "calls after the late one has ended")
FAILED_AGAIN = ScenarioPhase("failed-again", "failures after it closed again, one too few")
FAILED_LAST = ScenarioPhase("failed-last", "the failure that was missing from these")
RESETS = ScenarioPhase("resets", "a call after failures, a success and failures, each too few")
UNKNOWN = ScenarioPhase("unknown", "calls about what doesn't exist, enough to open the breaker")
CANCELLED = ScenarioPhase("cancelled", "calls whose callers go away, enough to open the breaker")
AFTER = ScenarioPhase("after", "a call after those that must not count as failures")
REFUSED_OFTEN = ScenarioPhase("refused-often", "as many refusals as failures open the breaker")
AFTER_REFUSALS = ScenarioPhase("after-refusals", "a call right after these")
NEUTRAL_PROBE = ScenarioPhase("neutral-probe", "all probes end without saying well or ill")
AFTER_NEUTRAL_PROBE = ScenarioPhase("after-neutral-probe", "a call right after these probes")
ILL_PROBE = ScenarioPhase("ill-probe", "all probes fail")
AFTER_ILL_PROBE = ScenarioPhase("after-ill-probe", "a call after their open time")
SHARED_AFTER = ScenarioPhase("shared-after", "a call right after a failure that many shared")
RECOVERING = ScenarioPhase("recovering", "calls that close the breaker again")
RECOVERED = ScenarioPhase("recovered", "calls after every fault was removed")
DEPENDENCY_DOWN = ScenarioPhase("dependency-down", "calls while a part is down that none needs")

# Answers.
HUNG = ScenarioPhase("hung", "no answer ever comes")
OUTLASTING = ScenarioPhase("outlasting", "the provider asks for waits longer than a call may take")
ASKED_LATE = ScenarioPhase("asked-late", "a Retry-After that no longer fits the call's deadline")
NO_ROOM = ScenarioPhase("no-room", "a failure so late that not every wait fits the deadline")
CUT = ScenarioPhase("cut", "an attempt hangs that the call's deadline cuts, enough to open it")
AFTER_CUT = ScenarioPhase("after-cut", "calls right after these, all being well")
DRIPPING = ScenarioPhase("dripping", "the head comes at once, the body a few bytes at a time")
SLOW = ScenarioPhase("slow", "answers come well within an attempt's time")
GARBAGE = ScenarioPhase("garbage", "every attempt is answered 200 with what isn't whole JSON")
BROKEN_SCHEMA = ScenarioPhase("broken-schema", "with JSON that lacks what is required")
FAILED = ScenarioPhase("failed", "every attempt is answered with a status that is a failure")
AGAIN = ScenarioPhase("again", "the same entity again, once all is well")
MIXED = ScenarioPhase("mixed", "a concurrent batch, each call about another entity")
MIXED_AGAIN = ScenarioPhase("mixed-again", "some of these entities again, one by one")
LOST = ScenarioPhase("lost", "the first answer is lost after the work was done")

# The cache.
COLD = ScenarioPhase("cold", "the first call about each entity")
WARM = ScenarioPhase("warm", "a further one, well within its time to live")
EXPIRED = ScenarioPhase("expired", "a further one, after its time to live")
MISSING = ScenarioPhase("missing", "a call about an entity that doesn't exist")
MISSING_LATER = ScenarioPhase("missing-later", "and again, after the time to live of a 404")
FLOWING = ScenarioPhase("flowing", "lookups after a cut, while changes of others come steadily")
HIT_WHILE_OPEN = ScenarioPhase("hit-while-open", "a fresh entry while the breaker is open")
STALE = ScenarioPhase("stale", "an expired entry while the provider is down")
GONE = ScenarioPhase("gone", "an expired entry that was since said to be missing, while it is down")
TOO_OLD = ScenarioPhase("too-old", "an entry that is too old even to be stale")
STAMPEDE = ScenarioPhase("stampede", "a concurrent batch about one entity that is not cached")
MANY_WAITERS = ScenarioPhase(
    "many-waiters", "a concurrent batch about one entity, more than may wait for it"
)
LOADER = ScenarioPhase("loader", "the first call about an entity, whose caller then goes away")
WAITERS = ScenarioPhase("waiters", "further calls about it, that wait for the same answer")
FAILED_STAMPEDE = ScenarioPhase("failed-stampede", "the same, and the provider fails")

# A breaker that opens by a rate.
TOO_FEW = ScenarioPhase("too-few", "failures, too few calls for any rate to open the breaker")
AFTER_TOO_FEW = ScenarioPhase("after-too-few", "the failure that makes them enough")
AT_MINIMUM = ScenarioPhase("at-minimum", "a call right after that failure")
FILLING = ScenarioPhase("filling", "good calls that must have left the window")
FEW_SLOW = ScenarioPhase("few-slow", "quick calls, then slow ones, fewer than the declared rate")
AFTER_FEW_SLOW = ScenarioPhase("after-few-slow", "a call right after these")
IN_TIME = ScenarioPhase("in-time", "calls that take long, and are not slow as declared")
AFTER_IN_TIME = ScenarioPhase("after-in-time", "a call right after these")
PROLONGED = ScenarioPhase("prolonged", "good calls that are slow as declared")
AFTER_PROLONGED = ScenarioPhase("after-prolonged", "a call right after these")

# A limit of concurrent requests.
OVER_LIMIT = ScenarioPhase("over-limit", "a concurrent batch of more calls than declared")

FILLING = ScenarioPhase("filling", "the first call about more entities than may be kept")
CROWD = ScenarioPhase("crowd", "two callers of each of more entities than may be kept, all at once")
CROWD_AGAIN = ScenarioPhase("crowd-again", "each of these entities again, within its time to live")
REFILLING = ScenarioPhase("refilling", "each of these entities again, within its time to live")

# The retry.
BEFORE = ScenarioPhase("before", "good calls that fill the retry budget")
RETRIED = ScenarioPhase("retried", "all declared attempts of each call fail but the last")
EXHAUSTED = ScenarioPhase("exhausted", "all attempts fail")
REFUSED = ScenarioPhase("refused", "the provider answers that the request is wrong")
ASKED = ScenarioPhase("asked", "429 with a Retry-After that is worth waiting for")
ASKED_BY_DATE = ScenarioPhase("asked-by-date", "the same, the Retry-After being a date")
ASKED_BY_503 = ScenarioPhase("asked-by-503", "the same, with 503 in the place of 429")
ASKED_TOO_LONG = ScenarioPhase("asked-too-long", "the same, too long to be waited for")
BETWEEN = ScenarioPhase("between", "a good call between failures, so that no breaker opens")
BUDGETED = ScenarioPhase("budgeted", "failures whose retries exceed the budget")
STORM = ScenarioPhase("storm", "a concurrent batch of which every attempt fails")

OPENING = any_of(FAILING, STORM)
"""One of the phases whose failures open the breaker."""
HARNESS = frozenset((REACH, SETTLING, LOOKING))
