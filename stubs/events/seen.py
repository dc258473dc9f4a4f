"""Memory of what was handled: events by their id, users by their newest version."""

from collections import OrderedDict

from stubs.events.messages import UserEvent


class Seen:
    """Bounded memory that makes "at least once, in any order" into "once, in order".

    A deleted user's version stays here as its tombstone: a late update doesn't revive it.

    Args:
        most: how many events, and how many users, are remembered; the oldest go first.
    """

    def __init__(self, most: int = 50_000) -> None:
        self._most = most
        self._events: OrderedDict[str, None] = OrderedDict()
        self._versions: OrderedDict[str, int] = OrderedDict()

    def before(self, event: UserEvent) -> bool:
        """Return whether this event, or a newer one of its user, was handled."""
        newest = self._versions.get(event.user_id)
        return event.event_id in self._events or (newest is not None and event.version <= newest)

    def add(self, event: UserEvent) -> None:
        """Remember an event that was handled."""
        self._events[event.event_id] = None
        self._versions[event.user_id] = event.version
        self._versions.move_to_end(event.user_id)
        for memory in (self._events, self._versions):
            if len(memory) > self._most:
                memory.popitem(last=False)
