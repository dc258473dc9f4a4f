"""Stands in for `datetime.datetime`, whose `now` doesn't ask `time.time`.

Only the class is another one: whatever it makes is a plain `datetime`, so that databases, encoders
and C extensions see what they know. The class passes for the real one in `isinstance`, `==` and
dicts; `type(x) is datetime` keeps the two apart.
"""

from datetime import UTC, tzinfo
from datetime import datetime as RealDatetime  # noqa: N812 - its stand-in has the usual name
from typing import Any, Self

from seatrial.simulation.clock import wall


class _PassesForReal(type):
    """The metaclass of the stand-in, and of what an application derives from it."""

    def __instancecheck__(cls, instance: object) -> bool:
        if cls is VirtualDatetime:
            return isinstance(instance, RealDatetime)
        return super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        if cls is VirtualDatetime:
            return issubclass(subclass, RealDatetime)
        return super().__subclasscheck__(subclass)

    def __eq__(cls, other: object) -> bool:
        return other is cls or (cls is VirtualDatetime and other is RealDatetime)

    def __hash__(cls) -> int:
        return hash(RealDatetime) if cls is VirtualDatetime else super().__hash__()


class VirtualDatetime(RealDatetime, metaclass=_PassesForReal):
    """A `datetime` whose `now`, `utcnow` and `today` follow this thread's clock."""

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """Make a plain one, unless a class was derived."""
        made: Any = RealDatetime if cls is VirtualDatetime else cls
        new: Self = RealDatetime.__new__(made, *args, **options)
        return new

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """Return the virtual time."""
        return cls.fromtimestamp(wall(), tz)

    @classmethod
    def utcnow(cls) -> Self:
        """Return the virtual time in UTC, without a zone."""
        return cls.fromtimestamp(wall(), UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Self:
        """Return the virtual time where this machine is, without a zone."""
        return cls.fromtimestamp(wall())


def restore(*state: Any) -> RealDatetime:
    """Make a datetime of what was pickled."""
    return RealDatetime(*state)  # noqa: DTZ001 - its zone is in the state


def reduce_for_pickle(value: RealDatetime) -> tuple[Any, ...]:
    """Return how to pickle a datetime: by name, pickle would find the stand-in and refuse."""
    return (restore, value.__reduce__()[1])
