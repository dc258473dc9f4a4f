"""Handing entries to a handler, in the trace of their event; what it can't handle goes aside."""

from collections.abc import Awaitable, Callable

from stubs.events.log import EventLog, LogEntry
from stubs.events.messages import BadEvent, UserEvent, parse_user_event
from stubs.tracing import Tracer, traced

_MOST_DELIVERIES = 5  # an event that ends whoever handles it must end somewhere, too

Handle = Callable[[UserEvent], Awaitable[None]]
"""Does what an event calls for; raises `BadEvent` for one that can never be handled."""


class Delivery:
    """Delivers the entries of one stream.

    Args:
        log: where what can't be handled is put aside.
        stream: the stream's name.
        handle: is given each event.
        tracer: where it is written what was put aside.
        attempts: how often an event is handed to the handler before it is put aside.
        no_fault: errors of the handler that aren't the event's fault: they go through to the
            reader, who reads the entry again.
    """

    def __init__(
        self,
        log: EventLog,
        stream: str,
        handle: Handle,
        tracer: Tracer,
        attempts: int,
        no_fault: tuple[type[Exception], ...] = (),
    ) -> None:
        self._log = log
        self._stream = stream
        self._handle = handle
        self._tracer = tracer
        self._attempts = attempts
        self._through: tuple[type[Exception], ...] = (BadEvent, *no_fault)
        self.handled = 0
        self.dead = 0

    async def deliver(self, entry: LogEntry) -> bool:
        """Handle an entry; false when it was put aside.

        Raises:
            Exception: of those that aren't the event's fault.
        """
        try:
            event = _parse(entry)
            with traced(event.trace_id):
                await self._attempt(event)
        except BadEvent as bad:
            await self._log.put_aside(self._stream, entry, str(bad))
            self.dead += 1
            self._tracer.event("event_dead", id=entry.id, reason=str(bad))
            return False
        self.handled += 1
        return True

    async def _attempt(self, event: UserEvent) -> None:
        for left in reversed(range(self._attempts)):
            try:
                return await self._handle(event)
            except self._through:
                raise
            except Exception as error:
                if not left:
                    raise BadEvent(
                        f"it wasn't handled after {self._attempts} attempts: {error}"
                    ) from error
        return None


def _parse(entry: LogEntry) -> UserEvent:
    if entry.deliveries > _MOST_DELIVERIES:
        raise BadEvent(f"it wasn't handled after {_MOST_DELIVERIES} deliveries")
    return parse_user_event(entry.message)
