"""The promise about requests at the same time: a bulkhead."""

from seatrial.checks import phases
from seatrial.checks.batches import at_once
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import Evidence
from seatrial.checks.finding import Finding
from seatrial.checks.premises import together
from seatrial.config import DeclaredConcurrency


@where_declared("limit of concurrent requests", lambda policy: policy.concurrency)
def _caps(evidence: Evidence, declared: DeclaredConcurrency) -> Finding:
    calls, limit = evidence.calls_in(phases.OVER_LIMIT), declared.max_requests
    if len(calls) <= limit:
        return Finding.undecided(
            f"declared, not tested: {limit} requests are more than the {len(calls)} calls that "
            "are made at once"
        )
    batch = evidence.batch(phases.OVER_LIMIT)
    sent = evidence.sent_during(calls)
    # A request that was given up has made room for another one: it isn't counted.
    reached = at_once([one for one in sent if batch is None or one.arrived_s < batch.released_s])
    if reached > limit:
        return Finding.failed(
            f"{reached} of {len(calls)} calls at once had a request at the provider at the same "
            f"time; {limit} are declared",
            shown_by=evidence.last_that_reached(calls),
        )
    if reached < limit:
        return Finding.retryable_undecided(
            f"only {reached} requests were at the provider at the same time, fewer than the "
            f"{limit} that are declared"
        )
    return Finding.passed(
        f"of {len(calls)} calls at once no more than {limit} had a request at the provider"
    )


CAPS_CONCURRENCY = wire_check(
    "caps-concurrency",
    "No more requests at the same time reach the provider than declared.",
    _caps,
    needs=[phases.OVER_LIMIT],
    tests=["concurrency.max_requests"],
    premises=[together(phases.OVER_LIMIT)],
)
