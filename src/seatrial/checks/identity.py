"""What must stay the same on the way: the key, the trace id, the entity."""

from dataclasses import replace

from seatrial.checks import phases
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import SHOWN, Attempt, Call, Evidence
from seatrial.checks.finding import Finding
from seatrial.checks.premises import together
from seatrial.checks.refusals import NEVER_REPEATS_UNSAFE
from seatrial.config import DeclaredIdempotency, DeclaredRetry, DeclaredTrace


def _sent(evidence: Evidence) -> dict[Call, tuple[Attempt, ...]]:
    """Calls about an entity of their own, and what each sent."""
    asked = [call.entity for call in evidence.calls]
    sent = {
        call: evidence.attempts_of(call)
        for call in evidence.calls
        if evidence.is_clear(call) and asked.count(call.entity) == 1 and not call.cancelled
    }
    return {call: attempts for call, attempts in sent.items() if attempts}


@where_declared("idempotency key", lambda policy: policy.idempotency)
def _same_key(evidence: Evidence, idempotency: DeclaredIdempotency) -> Finding:
    sent = _sent(evidence)
    name = idempotency.header
    keyless = [call for call, tries in sent.items() if any(one.key is None for one in tries)]
    if keyless:
        return Finding.failed(
            f"{len(keyless)} of {len(sent)} calls sent no {name}", shown_by=keyless[0]
        )
    changed = [call for call, tries in sent.items() if len({one.key for one in tries}) > 1]
    if changed:
        return Finding.failed(
            f"{len(changed)} of {len(sent)} calls sent another {name} when they tried again",
            shown_by=changed[0],
        )
    repeated = [tries for tries in sent.values() if len(tries) > 1]
    if not repeated:
        return Finding.undecided("no call was tried again")
    first_of: dict[str | None, Call] = {}
    shared = [
        (first, call)
        for call, tries in sent.items()
        if (first := first_of.setdefault(tries[0].key, call)) is not call
    ]
    if shared:
        first, call = shared[0]
        return Finding.failed(
            f"calls about different entities, {first.entity} and {call.entity}, shared one {name}",
            shown_by=call,
        )
    return Finding.passed(f"each of {len(repeated)} calls kept its {name} on every attempt")


@where_declared("trace header", lambda policy: policy.trace)
def _same_trace(evidence: Evidence, trace: DeclaredTrace) -> Finding:
    sent = _sent(evidence)
    if not sent:
        return Finding.undecided("no attempt was seen")
    lost = [one for call, tries in sent.items() for one in tries if one.trace_id != call.trace_id]
    if lost:
        count = sum(map(len, sent.values()))
        none = sum(one.trace_id is None for one in lost)
        return Finding.failed(
            f"{len(lost)} of {count} attempts did not carry their call's {trace.header} "
            f"({none} carried none)",
            shown_by=lost[0],
        )
    return Finding.passed(
        f"all {sum(map(len, sent.values()))} attempts of {len(sent)} calls carried their "
        f"call's {trace.header}"
    )


def _right_entity(evidence: Evidence) -> Finding:
    if evidence.mixed_up and not evidence.shows_entity:
        return Finding.failed(evidence.mixed_up)
    if not evidence.shows_entity:
        return Finding.skipped("good.entity doesn't declare where an answer holds its entity")
    answered = [
        call
        for call in evidence.calls
        if call.shown is not None and (call.outcome in SHOWN or call.outcome == "stale")
    ]
    wrong = [call for call in answered if call.shown != call.entity]
    if wrong:
        first = wrong[0]
        return Finding.failed(
            f"{len(wrong)} of {len(answered)} callers were answered about another entity: who "
            f"asked for {first.entity} was shown {first.shown} ({first.phase})",
            shown_by=first,
        )
    if len([call for call in evidence.calls_in(phases.MIXED) if call in answered]) < 2:
        return Finding.undecided("no two callers were answered about different entities")
    return Finding.passed(f"each of {len(answered)} callers was shown what it asked for")


@where_declared("retry with a key", lambda p: p.retry if p.idempotency else None)
def _hides_lost(evidence: Evidence, retry: DeclaredRetry) -> Finding:
    calls = evidence.calls_in(phases.LOST)
    if retry.attempts < 2 or not evidence.attempts_of(calls):
        return Finding.undecided("no answer was lost on a call that may be tried again")
    if any(len({one.key for one in evidence.attempts_of(call)}) > 1 for call in calls):
        return Finding.undecided("under another key it is another request, which is lost again")
    noticed = [call for call in calls if call.outcome not in SHOWN]
    if noticed:
        return Finding.failed(
            f"{len(noticed)} of {len(calls)} callers were refused although the provider had done "
            f"what it was asked to: the consumer said {noticed[0].status}",
            shown_by=noticed[0],
        )
    return Finding.passed(f"{len(calls)} lost answers were asked for again, and given")


SAME_KEY_ON_EVERY_ATTEMPT = wire_check(
    "same-key-on-every-attempt",
    "All attempts of a call carry one idempotency key, and no other call carries it.",
    _same_key,
    tests=["idempotency.header"],
    depends_on=[NEVER_REPEATS_UNSAFE],
)
HIDES_LOST_ANSWERS = wire_check(
    "hides-lost-answers",
    "An answer that was lost after the work was done is asked for again, under the same key.",
    _hides_lost,
    needs=[phases.LOST],
    depends_on=[NEVER_REPEATS_UNSAFE],
)
TRACE_ON_EVERY_ATTEMPT = wire_check(
    "trace-on-every-attempt",
    "Every attempt carries the trace id of the request that caused it.",
    _same_trace,
    tests=["trace.header"],
)
RIGHT_ENTITY = wire_check(
    "right-entity",
    "Every caller is answered about what it asked for, also at once with others, and from memory.",
    _right_entity,
    needs=[phases.MIXED],
    premises=[replace(together(phases.MIXED), of_passing_alone=True)],
)
