"""The journal: what reached the tap, in the order in which it came, bounded.

A request is written down when its head has come, and its answer before the last byte of it is sent:
whatever a consumer was answered can be read here.
"""

import hashlib
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, field
from itertools import islice

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from seatrial.results import Model
from seatrial.tap.message import Headers

PAGE_ENTRIES = 10_000
"""The most entries that are read at once: reading them stops the tap meanwhile."""

LIMIT_BYTES = 64 * 1024 * 1024
"""The size of all text that is kept: paths, ids, headers."""

_NONE: dict[str, str] = {}
SENSITIVE = frozenset(("authorization", "proxy-authorization", "cookie", "set-cookie"))
"""Headers whose value is never written down, even when their name is asked for."""
_KEY = secrets.token_bytes(16)


def redacted(value: bytes) -> str:
    """Return what is written down for a value: within one process, equal values look equal."""
    return f"[redacted {hashlib.blake2b(value, key=_KEY, digest_size=4).hexdigest()}]"


@dataclass(slots=True, kw_only=True)
class JournalEntry:
    """One request as the tap saw it. Times are `time.monotonic()` seconds.

    The tap writes it on while the request is under way; whoever reads a journal has a copy.
    """

    __pydantic_config__ = ConfigDict(
        extra="forbid", alias_generator=to_camel, use_attribute_docstrings=True
    )

    id: int
    """From 1, in the order of arrival; ids have no gaps."""
    connection: int
    """The consumer's connection, from 1 in the order of acceptance."""
    method: str
    path: str
    """Raw, without the query."""
    query: str
    """Raw, without the question mark."""
    trace_id: str | None = None
    """`x-trace-id`."""
    idempotency_key: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    """Those that the tap was asked to write down, by lower-case name."""
    attempt: int | None = None
    """Its number among those with this method, path, query and trace id; None without the last."""
    in_flight: int
    """Requests under way at its arrival, itself included."""
    arrived_s: float
    """When its head was complete."""
    held_s: float | None = None
    """When a barrier let it go, None if none held it."""
    answered_s: float | None = None
    """When the last byte of a whole answer was about to be sent."""
    aborted_s: float | None = None
    """When the consumer went away before it had a whole answer."""
    ended_s: float | None = None
    """When the tap was through with it, in whatever way; None while it is under way."""
    status: int | None = None
    """The status that the consumer was answered; None if no head was sent."""
    provider_status: int | None = None
    """The status that the provider answered; None if it wasn't asked, or didn't answer."""
    fault: str | None = None
    """The action that was applied to it."""
    rule: int | None = None
    """The place of the rule that applied it, from 0."""
    error: str | None = None
    """Why the tap couldn't do its work: "provider refused the connection", for one."""
    request_bytes: int = 0
    """Of its body, as far as it has come."""
    answer_bytes: int = 0
    """Of the answer's body, as far as it was sent."""

    @property
    def pending(self) -> bool:
        """True while it is under way."""
        return self.ended_s is None

    @property
    def aborted(self) -> bool:
        """True if the consumer went away before it had a whole answer."""
        return self.aborted_s is not None

    @property
    def size_bytes(self) -> int:
        """The length of what its consumer chose."""
        texts = (self.path, self.query, self.trace_id, self.idempotency_key, *self.headers.values())
        return sum(len(text) for text in texts if text)


class JournalPage(Model):
    """A part of the journal."""

    entries: tuple[JournalEntry, ...]
    next: int
    """For the next `since`: entries that are still under way come again."""
    more: bool
    """True if there are entries after these already."""
    dropped: int
    """The oldest entries that no longer fitted."""
    in_flight: int
    """Requests under way now."""
    malformed: int
    """Messages that may not be passed on; they are not among the entries."""


class RequestJournal:
    """JournalEntrys, the oldest dropped when there are too many.

    Args:
        clock: `time.monotonic`, or a test's own.
        limit: how many are kept.
        headers: names of headers to write down; those of `SENSITIVE` are redacted.
        redact: further headers whose value is never written down.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        limit: int = 100_000,
        headers: Iterable[str] = (),
        redact: Iterable[str] = (),
    ) -> None:
        self._clock = clock
        self._limit = limit
        self._redact = SENSITIVE | {name.lower() for name in redact}
        self._wanted = {name.lower().encode(): name.lower() for name in headers}
        self._records: deque[JournalEntry] = deque()
        # By hash: a target may be long, and its count outlives its entry.
        self._attempts: OrderedDict[int, int] = OrderedDict()
        self._last_id = 0
        self._size_bytes = 0
        self.dropped = 0
        self.in_flight = 0
        self.malformed = 0

    def arrive(self, connection: int, method: str, target: bytes, headers: Headers) -> JournalEntry:
        """Write down a request whose head has come."""
        path, _, query = target.decode("latin-1").partition("?")
        self._last_id += 1
        self.in_flight += 1
        record = JournalEntry(
            id=self._last_id,
            connection=connection,
            method=method,
            path=path,
            query=query,
            trace_id=self._known("x-trace-id", headers),
            idempotency_key=self._known("idempotency-key", headers),
            headers=self._pick(headers) if self._wanted else _NONE,
            attempt=None,
            in_flight=self.in_flight,
            arrived_s=self._clock(),
        )
        record.attempt = self._attempt(record)
        self._keep(record)
        return record

    def answered(self, record: JournalEntry) -> None:
        """The last byte of a whole answer goes out next."""
        if record.ended_s is None:
            self.ended(record)
            record.answered_s = record.ended_s

    def aborted(self, record: JournalEntry) -> None:
        """The consumer has gone away."""
        if record.ended_s is None:
            self.ended(record)
            record.aborted_s = record.ended_s

    def ended(self, record: JournalEntry) -> None:
        """The tap is through with it."""
        if record.ended_s is None:
            record.ended_s = self._clock()
            self.in_flight -= 1

    def page(self, since: int = 0, limit: int = PAGE_ENTRIES) -> JournalPage:
        """Entries with an id over `since`, as they stand now: the first `limit` of them."""
        start = max(0, since - self._last_id + len(self._records))
        records = list(islice(self._records, start, start + limit))
        last = records[-1].id if records else max(since, self._last_id)
        pending = next((record.id for record in records if record.ended_s is None), None)
        return JournalPage.model_construct(
            entries=tuple(copy(record) for record in records),
            next=last if pending is None else pending - 1,
            more=last < self._last_id,
            dropped=self.dropped,
            in_flight=self.in_flight,
            malformed=self.malformed,
        )

    def clear(self) -> None:
        """Forget all entries and counts; ids go on, and requests under way stay counted."""
        self._records.clear()
        self._attempts.clear()
        self._size_bytes = 0
        self.dropped = 0
        self.malformed = 0

    def _keep(self, record: JournalEntry) -> None:
        self._records.append(record)
        self._size_bytes += record.size_bytes
        while len(self._records) > self._limit or self._size_bytes > LIMIT_BYTES:
            self._size_bytes -= self._records.popleft().size_bytes
            self.dropped += 1

    def _pick(self, headers: Headers) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, shown in self._wanted.items():
            value = headers.get(name)
            if value is not None:
                found[shown] = self._shown(shown, value)
        return found

    def _known(self, name: str, headers: Headers) -> str | None:
        value = headers.get(name.encode())
        return None if value is None else self._shown(name, value)

    def _shown(self, name: str, value: bytes) -> str:
        return redacted(value) if name in self._redact else value.decode("latin-1")

    def _attempt(self, record: JournalEntry) -> int | None:
        if record.trace_id is None:
            return None
        key = hash((record.method, record.path, record.query, record.trace_id))
        count = self._attempts.pop(key, 0) + 1
        self._attempts[key] = count
        if len(self._attempts) > self._limit:
            self._attempts.popitem(last=False)
        return count
