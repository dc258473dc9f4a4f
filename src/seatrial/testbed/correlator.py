"""What reached the wire, tied to the calls that caused it."""

from collections.abc import Iterable, Sequence

from seatrial.checks import Attempt, Call
from seatrial.config import DeclaredPolicy
from seatrial.tap import JournalEntry
from seatrial.testbed.upstream import Upstream

TRACE_ID = "x-trace-id"
TRACE_PARENT = "traceparent"


class Correlator:
    """Reads the tap's journal for one edge."""

    def __init__(self, upstream: Upstream, policy: DeclaredPolicy) -> None:
        """Take the requests to look for, and the headers that carry what must stay the same."""
        self._upstream = upstream
        self._trace = policy.trace.header.lower() if policy.trace else TRACE_ID
        self._key = policy.idempotency.header.lower() if policy.idempotency else None

    @staticmethod
    def headers(policy: DeclaredPolicy) -> tuple[str, ...]:
        """Return the headers that a tap must write down, besides those that it always does."""
        declared = (
            policy.trace.header if policy.trace else TRACE_ID,
            policy.idempotency.header if policy.idempotency else "Idempotency-Key",
        )
        known = (TRACE_ID, "idempotency-key")
        return tuple(name for name in declared if name.lower() not in known)

    def attempts(
        self, journal: Iterable[JournalEntry], calls: Sequence[Call]
    ) -> tuple[tuple[Attempt, ...], tuple[Attempt, ...]]:
        """Return the requests of these calls, and those that can't be tied to one; by arrival.

        A request that doesn't say its entity belongs to the call whose trace id it carries, else
        to the only call that was under way; where there were several, it can't be tied.
        """
        by_trace = {call.trace_id: call for call in calls if call.trace_id}
        found, unattributed = [], []
        for entry in journal:
            entity = named = self._upstream.entity_of(entry)
            trace_id = self._trace_id(entry)
            if entity == "":
                call = by_trace.get(trace_id or "") or _only_one(calls, entry.arrived_s)
                entity = call.entity if call else None
            is_untied = named == "" and entity is None
            if entity is not None:
                found.append(self._attempt(entry, entity, trace_id))
            elif is_untied:
                unattributed.append(self._attempt(entry, "", trace_id))
        return tuple(found), tuple(unattributed)

    def _attempt(self, entry: JournalEntry, entity: str, trace_id: str | None) -> Attempt:
        return Attempt(
            entity,
            entry.arrived_s,
            entry.answered_s,
            entry.status,
            entry.fault,
            method=entry.method,
            connection=entry.connection,
            ended_s=entry.ended_s,
            given_up_s=entry.aborted_s,
            trace_id=trace_id,
            key=entry.headers.get(self._key or "", entry.idempotency_key),
            error=entry.error,
            path=f"{entry.path}?{entry.query}" if entry.query else entry.path,
        )

    def _trace_id(self, entry: JournalEntry) -> str | None:
        if self._trace == TRACE_ID:
            return entry.trace_id
        value = entry.headers.get(self._trace)
        if value is not None and self._trace == TRACE_PARENT:
            return value.split("-")[1] if value.count("-") >= 3 else None
        return value


def trace_headers(trace_id: str, policy: DeclaredPolicy) -> dict[str, str]:
    """Return the headers that carry a call's trace id to a consumer: ours, and the declared one."""
    headers = {TRACE_ID: trace_id}
    if policy.trace is not None:
        name = policy.trace.header.lower()
        value = f"00-{trace_id}-{trace_id[:16]}-01" if name == TRACE_PARENT else trace_id
        headers[name] = value
    return headers


def _only_one(calls: Sequence[Call], moment_s: float) -> Call | None:
    under_way = [call for call in calls if call.started_s <= moment_s <= call.ended_s]
    return under_way[0] if len({call.entity for call in under_way}) == 1 else None
