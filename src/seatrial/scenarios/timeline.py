"""Evidence as a picture: calls, what reached the wire, faults, and the declared open time."""

from typing import Literal

from seatrial.checks import SHOWN, Attempt, Call, Evidence, phases
from seatrial.results import Span, Timeline

Meaning = Literal["good", "degraded", "missing", "refused", "failed"]
_MISSING, _CLIENT_ERROR, _SERVER_ERROR = 404, 400, 500


def zero_s(evidence: Evidence) -> float:
    """Return the moment of the first event, at which a picture's clock begins."""
    starts = [call.started_s for call in evidence.calls]
    starts += [fault.started_s for fault in evidence.faults]
    return min(starts, default=0.0)


def timeline(evidence: Evidence, title: str) -> Timeline:
    """The evidence on one clock that begins with its first event."""
    began_s = zero_s(evidence)

    def span(
        lane: str,
        label: str,
        start_s: float,
        end_s: float,
        outcome: str = "",
        meaning: Meaning | Literal[""] = "",
    ) -> Span:
        return Span(
            lane=lane,
            label=label,
            start_s=round(start_s - began_s, 4),
            end_s=round(end_s - began_s, 4),
            outcome=outcome,
            meaning=meaning,
        )

    calls = [
        span(
            "calls",
            f"{call.phase}: {call.status or call.detail}",
            call.started_s,
            call.ended_s,
            call.outcome,
            _meaning_of_call(call),
        )
        for call in evidence.calls
    ]
    wire = [
        span(
            "wire",
            attempt.fault or attempt.entity,
            attempt.arrived_s,
            attempt.answered_s or attempt.arrived_s,
            str(attempt.status or "no answer"),
            _meaning_of_attempt(attempt, evidence),
        )
        for attempt in evidence.attempts
    ]
    faults = [
        span("faults", fault.text or fault.name, fault.started_s, fault.ended_s)
        for fault in evidence.faults
    ]
    opened = [span("declared", "open", *times) for times in _declared_open_s(evidence)]
    return Timeline(title=title, spans=(*faults, *opened, *calls, *wire))


def _meaning_of_call(call: Call) -> Meaning:
    if call.outcome in SHOWN:
        return "good"
    if call.outcome in ("stale", "degraded"):
        return "degraded"
    if call.outcome == "missing":
        return "missing"
    is_refused = call.outcome == "other" and _is_client_error(call.status)
    return "refused" if is_refused else "failed"


def _meaning_of_attempt(attempt: Attempt, evidence: Evidence) -> Meaning:
    """Return how the declared policy takes an answer of the provider."""
    failures = evidence.policy.failures
    failing = failures.status if failures else [evidence.policy.failing_status]
    if attempt.status is None or attempt.status in failing or attempt.status >= _SERVER_ERROR:
        return "failed"
    if attempt.status == _MISSING:
        return "missing"
    return "refused" if _is_client_error(attempt.status) else "good"


def _is_client_error(status: int | None) -> bool:
    return status is not None and _CLIENT_ERROR <= status < _SERVER_ERROR


def _declared_open_s(evidence: Evidence) -> list[tuple[float, float]]:
    failing = evidence.calls_in(phases.FAILING)
    breaker = evidence.policy.breaker
    if not failing or breaker is None:
        return []
    began_s = failing[-1].ended_s
    return [(began_s, began_s + breaker.open_s)]
