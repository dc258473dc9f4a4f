"""What many callers of one entity make of it."""

from collections import Counter
from collections.abc import Collection, Sequence
from math import inf

from seatrial.checks import phases
from seatrial.checks.cache import MOST_ENTRIES
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import SHOWN, Attempt, Call, Evidence
from seatrial.checks.finding import Finding
from seatrial.checks.phases import ScenarioPhase
from seatrial.checks.premises import together
from seatrial.config import DeclaredCache, DeclaredPolicy


def _single_flight(policy: DeclaredPolicy) -> DeclaredCache | None:
    return policy.cache if policy.cache and policy.cache.single_flight else None


def _attempts(evidence: Evidence, phase: ScenarioPhase) -> list[Attempt]:
    """What was sent about the entity of a batch, whoever of it caused it."""
    calls = evidence.calls_in(phase)
    entities = {call.entity for call in calls}
    tied = [attempt for attempt in evidence.attempts if attempt.entity in entities]
    return tied + [one for one in evidence.sent_during(calls) if not one.entity]


@where_declared("single flight", _single_flight)
def _one_request(evidence: Evidence, _: DeclaredCache) -> Finding:
    calls = evidence.calls_in(phases.STAMPEDE)
    sent = _attempts(evidence, phases.STAMPEDE)
    if len(calls) < 2 or not sent:
        return Finding.undecided("no two callers asked for one entity at once")
    if len(sent) > 1 and sum(one.given_up_s is None for one in sent) <= 1:
        return Finding.retryable_undecided(
            f"{len(sent) - 1} attempts of the one request were given up: it was held too long"
        )
    if len(sent) > 1 and (at_once(sent) > 1 or len(sent) >= len(calls)):
        return Finding.failed(
            f"{len(calls)} callers at once about one entity sent {len(sent)} requests",
            shown_by=sent[-1],
        )
    # One after the other: attempts that were given up as their answers came, or callers whom the
    # consumer heard only after the load had ended.
    if len(sent) > 1:
        return Finding.retryable_undecided(
            f"{len(calls)} callers sent {len(sent)} requests, one after the other: they may be "
            "attempts of one load, or loads of callers who came after it"
        )
    lost = [call for call in calls if call.outcome not in SHOWN]
    if lost:
        return Finding.failed(
            f"{len(lost)} of {len(calls)} callers at once went without the one answer: "
            f"the consumer said {lost[0].status}",
            shown_by=lost[0],
        )
    return Finding.passed(f"{len(calls)} callers at once about one entity sent one request")


@where_declared("single flight", _single_flight)
def _one_each(evidence: Evidence, cache: DeclaredCache) -> Finding:
    if (cache.max_entries or inf) > MOST_ENTRIES:
        return Finding.skipped(f"only a cache of up to {MOST_ENTRIES} entries is filled")
    calls = evidence.calls_in(phases.CROWD)
    entities = Counter(call.entity for call in calls)
    if not calls or min(entities.values()) < 2:
        return Finding.undecided("no two callers asked for each entity of a full cache")
    for entity in entities:
        sent = [attempt for attempt in evidence.attempts if attempt.entity == entity]
        if not sent:
            return Finding.undecided("requests about one of these entities can't be told apart")
        if (count := at_once(sent)) > 1:
            return Finding.failed(
                f"{entities[entity]} callers at once about one entity sent {count} requests "
                "together, while the cache was full of others",
                shown_by=sent[-1],
            )
    together = _most({call.entity: (call.started_s, call.ended_s) for call in calls}.values())
    if together < (cache.max_entries or 0):
        return Finding.retryable_undecided(
            f"callers of no more than {together} entities waited together: the cache of "
            f"{cache.max_entries} was not full of what they wait for"
        )
    return Finding.passed(
        f"in a full cache no two of {len(calls)} callers sent two requests about one entity at once"
    )


@where_declared("single flight", _single_flight)
def _one_failure(evidence: Evidence, _: DeclaredCache) -> Finding:
    calls = evidence.calls_in(phases.FAILED_STAMPEDE)
    sent = _attempts(evidence, phases.FAILED_STAMPEDE)
    if len(calls) < 2 or not sent:
        return Finding.undecided("no two callers asked for one entity whose provider fails")
    retry = evidence.policy.retry
    most = (
        retry.attempts if retry and evidence.policy.retries(evidence.policy.failing_status) else 1
    )
    # Who comes after the first call has failed makes another one, which is right: one after the
    # other. Those who waited for it and then ask on their own ask at once, or one each.
    if len(sent) > most and (at_once(sent) > 1 or len(sent) >= most * len(calls)):
        return Finding.failed(
            f"{len(calls)} callers at once about one entity sent {len(sent)} requests, "
            f"{at_once(sent)} of them together, to a provider that fails; one call's {most} are "
            "declared",
            shown_by=sent[-1],
        )
    if len(sent) > most:
        return Finding.retryable_undecided(
            f"{len(calls)} callers sent {len(sent)} requests, one after the other: some may have "
            "come only after the first call had failed"
        )
    served = [call for call in calls if call.outcome in SHOWN]
    if served:
        return Finding.failed(
            f"{len(served)} callers were answered well by a provider that fails", shown_by=served[0]
        )
    others = [call for call in calls if call.outcome != evidence.down_outcome]
    if others and len(others) < len(calls):
        return Finding.failed(
            f"{len(others)} of {len(calls)} callers who shared one failure were not answered as "
            f"declared, as the others were: the consumer said {others[0].status or 'nothing'}",
            shown_by=others[0],
        )
    return Finding.passed(
        f"{len(calls)} callers at once about one entity shared the failure of one call"
    )


@where_declared("single flight", _single_flight)
def _outlive(evidence: Evidence, _: DeclaredCache) -> Finding:
    waiters = evidence.calls_in(phases.WAITERS)
    sent = _attempts(evidence, phases.LOADER)
    if not waiters or not sent or at_once(sent) > 1:
        return Finding.undecided("nobody waited for the answer to another one's request")
    lost = [call for call in waiters if call.outcome not in SHOWN]
    if lost:
        return Finding.failed(
            f"the caller whose request was under way went away, and {len(lost)} of "
            f"{len(waiters)} others who waited for its answer were not answered well: the consumer "
            f"said {lost[0].status or 'nothing'}",
            shown_by=lost[0],
        )
    return Finding.passed(
        f"the caller whose request was under way went away, and {len(waiters)} others who waited "
        "for its answer were answered"
    )


def _waiters(policy: DeclaredPolicy) -> int | None:
    return policy.cache.max_waiters if policy.cache else None


@where_declared("bound on waiters", _waiters)
def _few_wait(evidence: Evidence, most: int) -> Finding:
    calls, batch = evidence.calls_in(phases.MANY_WAITERS), evidence.batch(phases.MANY_WAITERS)
    if batch is None or len(calls) <= most + 1:
        return Finding.undecided(
            f"declared, not tested: {most} callers are more than the {len(calls)} that come at once"
        )
    if at_once(_attempts(evidence, phases.MANY_WAITERS)) != 1:
        return Finding.undecided("no one request was made for all of them")
    refused = [call for call in calls if call.ended_s < batch.released_s]
    waited = len(calls) - 1 - len(refused)  # one makes the request
    if waited > most and _came_late(evidence, calls, batch.released_s):
        return Finding.retryable_undecided(
            "the machine was too busy for all callers to be there before the answer"
        )
    if waited > most:
        return Finding.failed(
            f"{waited} of {len(calls)} callers at once waited for the request of another one; "
            f"{most} are declared",
            shown_by=max(calls, key=lambda call: call.ended_s),
        )
    if waited < most:
        return Finding.retryable_undecided(
            f"only {waited} callers waited for the request of another one, fewer than the {most} "
            "that are declared"
        )
    others = [call for call in refused if call.outcome != evidence.down_outcome]
    if others:
        return Finding.failed(
            f"{len(others)} of {len(refused)} callers beyond those who may wait were not answered "
            f"as declared: the consumer said {others[0].status or 'nothing'}",
            shown_by=others[0],
        )
    return Finding.passed(
        f"of {len(calls)} callers at once {waited} waited for the request of another one, and "
        f"{len(refused)} were refused"
    )


def _came_late(evidence: Evidence, calls: Sequence[Call], released_s: float) -> bool:
    """Return True if the consumer may have heard of a caller only as the request ended."""
    began_s = max(call.started_s for call in calls)
    return evidence.waited_s(began_s, released_s) > (released_s - began_s) / 2


def at_once(sent: list[Attempt]) -> int:
    """Return how many of these requests were at the provider at the same time, at most."""
    # When one was given up is seen late: the next one may be there by then.
    return _most(
        [
            (one.arrived_s, one.answered_s or one.ended_s or inf)
            for one in sent
            if one.given_up_s is None
        ]
    )


def _most(terms: Collection[tuple[float, float]]) -> int:
    """Return how many of these, each from a beginning to an end, there were at the same time."""
    return max(
        (sum(began_s <= now_s < ended_s for began_s, ended_s in terms) for now_s, _ in terms),
        default=0,
    )


SINGLE_FLIGHT = wire_check(
    "single-flight",
    "Many callers at once about one entity make one request.",
    _one_request,
    needs=[phases.STAMPEDE],
    tests=["cache.single_flight"],
    premises=[together(phases.STAMPEDE)],
)
SINGLE_FLIGHT_IN_FULL_CACHE = wire_check(
    "single-flight-in-full-cache",
    "Callers of one entity share a request, however many others the cache must keep meanwhile.",
    _one_each,
    needs=[phases.CROWD],
    tests=["cache.single_flight"],
)
WAITERS_SHARE_FAILURE = wire_check(
    "waiters-share-failure",
    "Where that request fails, it has failed for all of them: none asks on its own.",
    _one_failure,
    needs=[phases.FAILED_STAMPEDE],
    tests=["cache.single_flight"],
    depends_on=[SINGLE_FLIGHT],
    premises=[together(phases.FAILED_STAMPEDE)],
)
WAITERS_OUTLIVE_LOADER = wire_check(
    "waiters-outlive-loader",
    "Who waits for the answer to another one's call gets it, although that caller goes away.",
    _outlive,
    needs=[phases.LOADER, phases.WAITERS],
    tests=["cache.single_flight"],
)
CAPS_WAITERS = wire_check(
    "caps-waiters",
    "No more callers than declared wait for the request that another one makes.",
    _few_wait,
    needs=[phases.MANY_WAITERS],
    tests=["cache.max_waiters"],
    premises=[together(phases.MANY_WAITERS)],
)
