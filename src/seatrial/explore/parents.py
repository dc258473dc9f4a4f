"""What a run's requests were: the journey's own and those of services, each with its parent."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from seatrial.explore.model import JOURNEY, Call, Point
from seatrial.explore.naming import Aliases, content_of
from seatrial.explore.system import Step
from seatrial.explore.watch import SeenCall, Watch

Operation = tuple[str, str]
"""An edge, and method and route of requests on it."""


@dataclass(frozen=True)
class _Sent:
    """A request of either kind. Times are `time.monotonic()` seconds."""

    consumer: str
    provider: str
    started_s: float
    ended_s: float | None
    trace_id: str | None
    what: Step | SeenCall
    given_up: bool
    """Nobody waits for its answer any more, and its provider may still be at work on it."""

    @property
    def operation(self) -> Operation | None:
        """What it asks for; None of the journey's own."""
        call = self.what
        return (call.edge.name, call.point.operation) if isinstance(call, SeenCall) else None

    def around(self, other: "_Sent") -> bool:
        """Return True if the other one was sent by this one's provider, while it was under way."""
        return (
            self.provider == other.consumer
            and self is not other
            and self.started_s <= other.started_s
            and (self.ended_s is None or other.started_s <= self.ended_s)
        )


def calls_of(
    watch: Watch, steps: Sequence[Step], background: Collection[Operation] = ()
) -> tuple[Call, ...]:
    """Return the requests of a run in the order in which they were sent.

    A request's parent is the one during which its consumer sent it, or else one to that consumer
    that was given up before. Where several were under way,
    it is that whose trace id came with it; where that decides nothing, and for what a service sends
    in the background, it has none, and the journey stands for it. A consumer that only handed on
    the provider's address, in a link, isn't the one that sent it: that is whoever got the link.

    Args:
        watch: of the run.
        steps: of the journey.
        background: what has no parent, also where a service happens to send it just before it
            answers.
    """
    sent = [
        _Sent(JOURNEY, step.service, step.started_s, step.ended_s, step.trace_id, step, step.late)
        for step in steps
    ]
    for call in watch.calls:
        entry, edge = call.entry, call.edge
        sent.append(
            _Sent(
                edge.consumer,
                edge.provider,
                entry.arrived_s,
                entry.ended_s,
                entry.trace_id,
                call,
                entry.aborted,
            )
        )
    sent.sort(key=lambda one: one.started_s)
    sent = [_with_sender(one, sent) for one in sent]
    return tuple(
        _call(one, None if one.operation in background else _parent(one, sent), watch)
        for one in sent
    )


def with_recovery(calls: tuple[Call, ...], recovery: tuple[Call, ...]) -> tuple[Call, ...]:
    """Return a run's calls, and after them those of a try to go through the journey again.

    Ordinals go on: a service is a function of its history, and knows of no recovery.
    """
    ordinals = Counter(_unnumbered(one.point) for one in calls)
    found = list(calls)
    for one in recovery:
        ordinals[_unnumbered(one.point)] += 1
        found.append(
            replace(
                one,
                point=replace(one.point, ordinal=ordinals[_unnumbered(one.point)]),
                parent=None if one.parent is None else one.parent + len(calls),
                recovery=True,
            )
        )
    return tuple(found)


def _unnumbered(point: Point) -> Point:
    return replace(point, ordinal=0)


def _with_sender(one: _Sent, sent: Sequence[_Sent]) -> _Sent:
    """Return a request with who sent it, where its declared consumer had no reason to."""
    if not isinstance(one.what, SeenCall) or any(other.around(one) for other in sent):
        return one
    link = re.compile(rb"https?://[^/\s\"]+" + re.escape(one.what.entry.path).encode())
    givers = [
        other.consumer
        for other in sent
        if isinstance(other.what, SeenCall)
        and other.provider == one.consumer
        and other.ended_s is not None
        and other.ended_s <= one.started_s
        and link.search(other.what.answer)
    ]
    return replace(one, consumer=givers[-1]) if givers else one


def _parent(one: _Sent, sent: Sequence[_Sent]) -> int | None:
    found = [place for place, other in enumerate(sent) if other.around(one)] or [
        place
        for place, other in enumerate(sent)
        if other.given_up and other.provider == one.consumer and other.started_s <= one.started_s
    ]
    if len(found) > 1 and one.trace_id is not None:
        found = [place for place in found if sent[place].trace_id == one.trace_id] or found
    return found[0] if len(found) == 1 else None


def _call(one: _Sent, parent: int | None, watch: Watch) -> Call:
    if isinstance(one.what, SeenCall):
        call = one.what
        return Call(
            point=call.point,
            consumer=one.consumer,
            provider=one.provider,
            parent=parent,
            request=call.request,
            answer=watch.answer(call),
            fault=call.injected,
        )
    step, aliases = one.what, watch.aliases
    assert step.point is not None
    asked = f"{step.point.operation} {step.point.about} {aliases.canonical(step.request)}"
    return Call(
        point=step.point,
        consumer=JOURNEY,
        provider=one.provider,
        parent=None,
        request=asked.rstrip(),
        answer=answer_of(step, aliases),
        fault=next((fault.kind for fault in watch.struck if fault.point == step.point), None),
    )


def answer_of(step: Step, aliases: Aliases) -> str:
    """Return the signature of what the journey was answered."""
    if step.status is None:
        return "late" if step.late else "none"
    return f"{step.status} {aliases.canonical(content_of(step.body))}".rstrip()
