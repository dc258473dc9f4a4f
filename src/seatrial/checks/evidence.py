"""What was seen: the calls that a scenario made, what reached the provider, and the faults.

All times are seconds on one monotonic clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NoReturn, Self

from seatrial.checks.phases import ScenarioPhase
from seatrial.config import DeclaredPolicy
from seatrial.errors import UsageError
from seatrial.results import HttpExchange

_TIE = "the edge's upstream has no {id}, and they carried none of the calls' trace ids"
Outcome = Literal["good", "cached", "stale", "degraded", "failed", "missing", "other"]
"""As the edge declares its answers; "other" is none of them."""
SHOWN: frozenset[Outcome] = frozenset(("good", "cached"))
"""Answers that claim to be fresh."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the consumer, which makes it call its provider about one entity."""

    entity: str
    """What it asks for; what reaches the wire is tied to the call by it."""
    phase: ScenarioPhase
    """The part of the scenario that it belongs to."""
    started_s: float
    ended_s: float
    outcome: Outcome
    status: int | None
    """None when the consumer gave no answer."""
    detail: str = ""
    trace_id: str = ""
    """The trace id that was sent with it."""
    shown: str | None = None
    """The entity that the answer says it is about; None where it doesn't say."""
    cancelled: bool = False
    """The caller went away before it had an answer."""
    retry_after: str | None = None
    """As the answer says it."""
    http: HttpExchange | None = field(default=None, compare=False)
    """The request and its answer, for a reader."""

    @property
    def took_s(self) -> float:
        """How long its caller waited."""
        return self.ended_s - self.started_s

    @property
    def ending(self) -> str:
        """When it ended, in words that don't take our own patience for an answer's time."""
        if self.status is None and not self.cancelled:
            return f"had no answer within {self.took_s:.2f} s, when its caller gave up"
        return f"took {self.took_s:.2f} s"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that reached the provider's side of the wire."""

    entity: str
    arrived_s: float
    answered_s: float | None
    """None when it got no answer."""
    status: int | None
    fault: str | None = None
    """What was done to it on purpose."""
    method: str = "GET"
    connection: int = 0
    """The consumer's connection that it came on."""
    ended_s: float | None = None
    """When the tap was through with it, in whatever way."""
    given_up_s: float | None = None
    """When the consumer went away before it had a whole answer."""
    trace_id: str | None = None
    key: str | None = None
    """Its idempotency key."""
    error: str | None = None
    """Why the tap answered in the provider's place, or could not apply its fault."""
    path: str = ""
    """With its query."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that was in force for a while."""

    name: str
    started_s: float
    ended_s: float
    text: str = ""
    """The name with its values: "latency delay 0.5 s"."""
    hides: bool = False
    """No request reaches the tap meanwhile, so that none is seen, whoever sends one."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a cached entity at the provider, and when the consumer first showed it."""

    entity: str
    kind: Literal["changed", "removed"]
    committed_s: float
    shown_s: float | None
    """None when it was not shown for as long as anybody looked."""


@dataclass(frozen=True, slots=True)
class ConcurrentBatch:
    """Calls of one phase that were in flight together, made so by a hold."""

    phase: ScenarioPhase
    released_s: float
    """When what was held was let go."""
    whole: bool
    """Whether all of them had been seen by then: held, or answered without being held."""


class Unseen(Exception):  # noqa: N818 - what a check met, not an error of anybody
    """What a check counts can't be counted: it says why in a sentence."""


class _Incomplete(tuple[Attempt, ...]):
    """The requests of a journal with a gap: whoever reads them learns that they can't be counted.

    So no check can forget to ask whether there is one.
    """

    gap: int

    @classmethod
    def lacking(cls, gap: int) -> Self:
        """Stand for a journal that lacks this many."""
        found = cls()
        found.gap = gap
        return found

    def __iter__(self) -> NoReturn:
        raise Unseen(f"the tap's journal lacks {self.gap} requests, so none can be counted")

    def __len__(self) -> NoReturn:
        iter(self)


@dataclass(frozen=True)
class Evidence:
    """All of one scenario, and the policy that it is judged by."""

    policy: DeclaredPolicy
    calls: tuple[Call, ...]
    attempts: tuple[Attempt, ...]
    """The requests that could be tied to a call."""
    faults: tuple[Fault, ...] = ()
    changes: tuple[Change, ...] = ()
    batches: tuple[ConcurrentBatch, ...] = ()
    answers: frozenset[Outcome] = frozenset(("good", "failed", "missing"))
    """The kinds of answers that the edge declares, and that can so be distinguished."""
    shows_entity: bool = False
    """Whether the edge declares where an answer says what it is about."""
    facts: Mapping[str, float] = field(default_factory=dict)
    """What a scenario counted besides, by name."""
    journal_gap: int = 0
    """Requests that the tap saw and dropped: with any, what is absent may have been there."""
    unattributed: tuple[Attempt, ...] = ()
    """Requests of these calls, or of others, that could not be tied to one; their entity is ""."""
    cpu_waits: tuple[tuple[float, float], ...] = ()
    """Moments, and how long the consumer had waited for a processor, and we, in all by then."""
    readable: frozenset[ScenarioPhase] | None = None
    """The phases that the check in hand declares; None: all."""
    reader: str = ""
    """The id of that check."""

    def limited_to(self, readable: frozenset[ScenarioPhase], reader: str) -> "Evidence":
        """Return the same evidence for one check, which may ask for the phases it declares.

        Where the journal has a gap, its requests can't be read.
        """
        limited = replace(self, readable=readable, reader=reader)
        if not self.journal_gap:
            return limited
        incomplete = _Incomplete.lacking(self.journal_gap)
        return replace(limited, attempts=incomplete, unattributed=incomplete)

    @property
    def down_outcome(self) -> Outcome:
        """What the consumer answers while its provider is down, as it declares."""
        return "degraded" if "degraded" in self.answers else "failed"

    @property
    def hit_outcome(self) -> Outcome:
        """How an answer from the cache looks."""
        return "cached" if "cached" in self.answers else "good"

    def waited_s(self, began_s: float, ended_s: float) -> float:
        """Return how long the consumer, and we who call it, waited for a processor, seconds."""
        before = [waited_s for at_s, waited_s in self.cpu_waits if at_s <= began_s]
        after = [waited_s for at_s, waited_s in self.cpu_waits if at_s >= ended_s]
        if not self.cpu_waits:
            return 0.0
        first_s = before[-1] if before else self.cpu_waits[0][1]
        last_s = after[0] if after else self.cpu_waits[-1][1]
        return max(0.0, last_s - first_s)

    def batch(self, phase: ScenarioPhase) -> ConcurrentBatch | None:
        """The batch of a phase, if one was made."""
        self._declares(phase)
        return next((batch for batch in self.batches if batch.phase == phase), None)

    def reached(self, phase: ScenarioPhase) -> int:
        """Return how many calls of a batch had reached the wire before it was let go.

        Calls, not attempts: a probe that is tried again is still one probe. What is held is one
        request of each call, so that requests that can't be tied to a call count as one each.
        """
        batch, calls = self.batch(phase), self.calls_in(phase)
        until_s = batch.released_s if batch else float("inf")
        tied = sum(
            any(attempt.arrived_s < until_s for attempt in self.known_attempts_of(call))
            for call in calls
        )
        return tied + sum(one.arrived_s < until_s for one in self._untied_during(calls))

    def calls_in(self, *phases: ScenarioPhase) -> tuple[Call, ...]:
        """Return the calls of these phases, in the order in which they were started.

        Raises:
            UsageError: the check in hand doesn't declare that it reads one of them.
        """
        self._declares(*phases)
        return tuple(call for call in self.calls if call.phase in phases)

    def call_of(self, shown_by: Call | Attempt | None) -> Call | None:
        """Return the call itself, or the one that a request is known to be of."""
        if not isinstance(shown_by, Attempt):
            return shown_by
        before = [
            call
            for call in self.calls
            if call.entity == shown_by.entity and call.started_s <= shown_by.arrived_s
        ]
        return max(before, key=lambda call: call.started_s, default=None)

    def hidden_by(self, call: Call) -> Fault | None:
        """The fault that kept this call's requests from the tap, if there was one."""
        return next(
            (
                fault
                for fault in self.faults
                if fault.hides and fault.started_s < call.ended_s and call.started_s < fault.ended_s
            ),
            None,
        )

    @property
    def mixed_up(self) -> str | None:
        """Say that callers were answered about what others had asked for; None where none was."""
        asked = {call.entity for call in self.calls}
        for call in self.calls:
            remembered = call.outcome in ("cached", "stale")
            another = call.shown != call.entity and call.shown in asked
            if another and (remembered or call.outcome in SHOWN):
                return f"who asked for {call.entity} was shown {call.shown} ({call.phase})"
            # An event may overtake the answer to a request: it is then served in its place.
            overtaken = call.outcome == "cached" and self.known_attempts_of([call])
            if remembered and not overtaken and self._is_first(call):
                return (
                    f"{call.entity} came from memory when it was first asked for ({call.phase}): "
                    "it is another's, or was kept from another consumer"
                )
        return None

    def _is_first(self, call: Call) -> bool:
        """Return True if nobody else had asked for its entity before it was answered."""
        return not any(
            other.entity == call.entity and other.started_s < call.ended_s
            for other in self.calls
            if other is not call
        )

    def _declares(self, *phases: ScenarioPhase) -> None:
        for phase in phases:
            if self.readable is not None and phase not in self.readable:
                raise UsageError(
                    f"the check {self.reader} reads the phase {phase!s}, which it doesn't declare; "
                    "name it in its needs=[…] or reads=[…]"
                )

    def attempts_of(self, calls: Call | Iterable[Call]) -> tuple[Attempt, ...]:
        """Return what reached the wire because of these calls, by arrival.

        Raises:
            Unseen: more of them may have, so that nothing is absent; the check is undecided.
        """
        calls = (calls,) if isinstance(calls, Call) else tuple(calls)
        unclear = sum(not self.is_clear(call) for call in calls)
        if unclear:
            raise Unseen(
                f"requests of {unclear} of {len(calls)} calls can't be tied to them: {_TIE}"
            )
        return self.known_attempts_of(calls)

    def is_clear(self, call: Call) -> bool:
        """Return whether all requests of a call are known to be its own."""
        if not self.unattributed:
            return True
        later = [other.started_s for other in self.calls if other.started_s > call.ended_s]
        until_s = min(later, default=float("inf"))
        return not any(call.started_s <= one.arrived_s < until_s for one in self.unattributed)

    def last_that_reached(self, calls: Sequence[Call]) -> Call | None:
        """Return the last of these calls of which a request reached the provider."""
        return next((one for one in reversed(calls) if self.known_attempts_of(one)), None)

    def sent_during(self, calls: Sequence[Call]) -> tuple[Attempt, ...]:
        """Return all requests of these calls, and those untied that came while they were made.

        For totals: it doesn't matter which of the calls sent what.
        """
        found = (*self.known_attempts_of(calls), *self._untied_during(calls))
        return tuple(sorted(found, key=lambda attempt: attempt.arrived_s))

    def _untied_during(self, calls: Sequence[Call]) -> tuple[Attempt, ...]:
        first_s = min((call.started_s for call in calls), default=float("inf"))
        last_s = max((call.ended_s for call in calls), default=0.0)
        return tuple(one for one in self.unattributed if first_s <= one.arrived_s <= last_s)

    def known_attempts_of(self, calls: Call | Iterable[Call]) -> tuple[Attempt, ...]:
        """Return those requests that are known to be of these calls; there may be more.

        Tied by entity, and where an entity is asked for again, by the time of the next call too.
        """
        found = [
            attempt
            for call in ([calls] if isinstance(calls, Call) else calls)
            for attempt in self.attempts
            if attempt.entity == call.entity
            and call.started_s <= attempt.arrived_s < self._next_start_s(call)
        ]
        return tuple(sorted(found, key=lambda attempt: attempt.arrived_s))

    def _next_start_s(self, call: Call) -> float:
        later = (
            other.started_s
            for other in self.calls
            if other.entity == call.entity and other.started_s > call.started_s
        )
        return min(later, default=float("inf"))
