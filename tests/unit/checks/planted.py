"""Planted evidence: what a right consumer's wire looks like, to be broken in one place."""

from dataclasses import replace
from typing import Any, Self

from seatrial.checks import (
    Attempt,
    Call,
    Change,
    ConcurrentBatch,
    Evidence,
    Outcome,
)
from seatrial.checks.phases import (
    BURST,
    CLOSED,
    FAILING,
    LAST,
    OPEN,
    PROBING,
    WAITING,
    ScenarioPhase,
)
from seatrial.config import (
    DeclaredBreaker,
    DeclaredBudget,
    DeclaredCache,
    DeclaredFailures,
    DeclaredIdempotency,
    DeclaredPolicy,
    DeclaredRetry,
    DeclaredTrace,
)

POLICY = DeclaredPolicy(
    retry=DeclaredRetry(
        attempts=3,
        backoff_s=0.1,
        jitter="full",
        attempt_timeout_s=1.0,
        deadline_s=4.0,
        retry_after_cap_s=3.0,
        retry_after_dates=True,
        retry_after_with_503=True,
        budget=DeclaredBudget(ratio=0.2, floor_per_s=1.0, window_s=10.0),
    ),
    breaker=DeclaredBreaker(failures=5, open_s=2.0, successes=3, probes=3),
    cache=DeclaredCache(
        ttl_s=3.0,
        fresh_within_s=2.0,
        missing_ttl_s=1.0,
        single_flight=True,
        stale_if_error_s=1.0,
        serves_while_open=True,
    ),
    failures=DeclaredFailures(),
    idempotency=DeclaredIdempotency(),
    trace=DeclaredTrace(),
    answers_within_s=4.5,
)
OPEN_UNTIL_S = 2.9
"""When the open time of a tripped planted is over, at the earliest."""
STATUS: dict[str, int] = {"failed": 503, "missing": 404, "other": 500}


class PlantedEvidence:
    """Writes evidence down, call after call; times are seconds."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._calls: list[Call] = []
        self._attempts: list[Attempt] = []
        self._changes: list[Change] = []
        self._untied: list[Attempt] = []
        self._batches: list[ConcurrentBatch] = []

    def call(
        self,
        phase: ScenarioPhase,
        at_s: float,
        *sent_s: float,
        outcome: Outcome = "good",
        status: int | None = None,
        took_s: float | None = None,
        entity: str | None = None,
        tries: dict[str, Any] | None = None,
        **seen: Any,
    ) -> Self:
        """Add a call, and the moments at which its attempts arrived; each is answered in 1 ms.

        Args:
            phase: its part of the planted.
            at_s: when it began.
            sent_s: when its attempts arrived.
            outcome: how it was answered.
            status: with which status; by default one that fits.
            took_s: how long it took; by default until its last attempt was answered.
            entity: what it is about; by default something new.
            tries: fields of its attempts.
            seen: further fields of the call.
        """
        entity = entity or f"u{len(self._calls)}"
        ended_s = at_s + took_s if took_s is not None else max([at_s, *sent_s]) + 0.01
        status = STATUS.get(outcome, 200) if status is None else status
        trace_id = f"t{len(self._calls)}"
        call = Call(entity, phase, at_s, ended_s, outcome, status, trace_id=trace_id)
        self._calls.append(replace(call, **seen))
        for sent in sent_s:
            attempt = Attempt(
                entity, sent, sent + 0.001, 200, trace_id=trace_id, key=f"k-{trace_id}"
            )
            self._attempts.append(replace(attempt, **(tries or {})))
        return self

    def good(self, phase: ScenarioPhase, count: int, at_s: float) -> Self:
        """Add calls that each sent one attempt and were answered well."""
        for _ in range(count):
            self.call(phase, at_s, at_s + 0.002)
        return self

    def failing(self, phase: ScenarioPhase, count: int, at_s: float) -> Self:
        """Add calls that each sent one attempt and were answered 503."""
        for _ in range(count):
            self.call(phase, at_s, at_s + 0.002, outcome="failed")
        return self

    def silent(
        self, phase: ScenarioPhase, count: int, at_s: float, outcome: Outcome = "failed"
    ) -> Self:
        """Add calls that sent nothing."""
        for _ in range(count):
            self.call(phase, at_s, outcome=outcome)
        return self

    def batch(self, phase: ScenarioPhase, released_s: float, *, whole: bool = True) -> Self:
        """Say that the calls of a phase were in flight together until then."""
        self._batches.append(ConcurrentBatch(phase, released_s, whole))
        return self

    def untied(self, count: int, at_s: float, **seen: Any) -> Self:
        """Add requests that can't be tied to a call."""
        attempt = replace(Attempt("", at_s, at_s + 0.001, 503, method="POST"), **seen)
        self._untied += [attempt] * count
        return self

    def change(self, shown_s: float | None) -> Self:
        """Add a change at 10 s, and when it was shown."""
        self._changes.append(Change("u0", "changed", 10.0, shown_s))
        return self

    def tripped(self) -> Self:
        """Add the failures that trip the breaker, the last from 0.9 s on."""
        for number in range(5):
            at_s = 0.5 + number / 10
            self.call(FAILING, at_s, at_s, took_s=0.01, outcome="failed")
        return self

    def opened(self) -> Self:
        """Add a right breaker's trip and the calls that then send nothing."""
        return self.tripped().silent(OPEN, 12, 1.0)

    def recovered(self) -> Self:
        """Add what a right breaker does after its open time: probes, a capped burst, closed."""
        self.opened().silent(WAITING, 1, 2.0)
        self.failing(BURST, 3, 3.2).silent(BURST, 5, 3.2).batch(BURST, 3.3)
        self.good(PROBING, 2, 5.5).good(LAST, 3, 5.6).silent(LAST, 5, 5.6)
        return self.batch(LAST, 5.7).good(CLOSED, 8, 5.8).batch(CLOSED, 5.9)

    def evidence(self, policy: DeclaredPolicy = POLICY, **seen: Any) -> Evidence:
        """What was written down."""
        seen.setdefault("answers", frozenset(("good", "cached", "stale", "failed", "missing")))
        return Evidence(
            policy,
            tuple(self._calls),
            tuple(self._attempts),
            changes=tuple(self._changes),
            unattributed=tuple(self._untied),
            batches=tuple(self._batches),
            **seen,
        )


def without(part: str, **changes: Any) -> DeclaredPolicy:
    """The usual policy with a part left out, or with changes in that part."""
    found = getattr(POLICY, part)
    new = found.model_copy(update=changes) if changes else None
    return POLICY.model_copy(update={part: new})
