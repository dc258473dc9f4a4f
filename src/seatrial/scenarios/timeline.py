"""Evidence as a picture: calls, what reached the wire, faults, and the declared open time."""

from collections.abc import Callable

from seatrial.checks import Evidence, phases
from seatrial.results import Span, Timeline


def timeline(evidence: Evidence, title: str) -> Timeline:
    """The evidence on one clock that begins with its first event."""
    starts = [call.started_s for call in evidence.calls]
    starts += [fault.started_s for fault in evidence.faults]
    zero_s = min(starts, default=0.0)

    def span(lane: str, label: str, start_s: float, end_s: float, outcome: str = "") -> Span:
        return Span(
            lane=lane,
            label=label,
            start_s=round(start_s - zero_s, 4),
            end_s=round(end_s - zero_s, 4),
            outcome=outcome,
        )

    spans = [
        span("faults", fault.name, fault.started_s, fault.ended_s) for fault in evidence.faults
    ]
    spans += _declared_open(evidence, span_of=span)
    spans += [
        span(
            "calls",
            f"{call.phase}: {call.status or call.detail}",
            call.started_s,
            call.ended_s,
            call.outcome,
        )
        for call in evidence.calls
    ]
    spans += [
        span(
            "wire",
            attempt.fault or attempt.entity,
            attempt.arrived_s,
            attempt.answered_s or attempt.arrived_s,
            str(attempt.status or "no answer"),
        )
        for attempt in evidence.attempts
    ]
    return Timeline(title=title, spans=tuple(spans))


def _declared_open(evidence: Evidence, span_of: Callable[..., Span]) -> list[Span]:
    failing = evidence.calls_in(phases.FAILING)
    breaker = evidence.policy.breaker
    if not failing or breaker is None:
        return []
    began_s = failing[-1].ended_s
    return [span_of("declared", "open", began_s, began_s + breaker.open_s)]
