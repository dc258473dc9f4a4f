"""The parts of a toxic, and what it may ask of the connection that it works on."""

import random
from asyncio import TimerHandle
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import ClassVar, NamedTuple, Protocol, TypeVar, get_type_hints

from seatrial.errors import UsageError
from seatrial.registry import Registry

CHUNK_BYTES = 32 * 1024
"""The size that Toxiproxy reads at once: the most that one draw of chance or one stamp covers."""


Data = bytes | memoryview
"""Some of the stream. It is only good for as long as the call that brings it: who keeps it copies
it, as `Item` does."""

T = TypeVar("T", bound="Toxic")


ALL_BYTES = 2**63
"""For a stage that needs to see nothing."""


class Item(NamedTuple):
    """A piece of the stream that is kept for later."""

    data: bytes
    stamp_s: float
    """The time when it was received, plus what earlier stages delayed it; on the loop's clock."""


class Receiver(Protocol):
    """The taker of what a stage lets through: the next stage, or the other peer."""

    def push(self, data: Data, stamp_s: float) -> None:
        """Take data."""

    def end(self) -> None:
        """Take the end of the stream; called once, and nothing follows."""


class Flow(Protocol):
    """One direction of one connection, as a stage sees it."""

    def now(self) -> float:
        """Return the loop's monotonic time, in seconds."""

    def call_at(self, when_s: float, callback: Callable[[], None]) -> TimerHandle:
        """Call back at a time of that clock."""

    def hold(self, size: int) -> None:
        """Count bytes that a stage keeps back (negative: lets go); too many stop the reading."""

    def reset(self) -> None:
        """Close both sides at once with a TCP reset."""

    @property
    def chance(self) -> random.Random:
        """This direction's own seeded generator."""


class Stage:
    """A toxic at work on one direction of one connection; by itself it lets everything through.

    Stages are called by the reading side and by their own timers, never concurrently.
    """

    def __init__(self, flow: Flow, following: Receiver) -> None:
        self.flow = flow
        self.following = following
        self.finished = False
        """True once the end was passed on."""

    def push(self, data: Data, stamp_s: float) -> None:
        """Take data from the stage before."""
        self.following.push(data, stamp_s)

    def end(self) -> None:
        """Take the end of the stream, which is behind all data."""
        self.finish()

    def finish(self) -> None:
        """Pass the end of the stream on, once."""
        if not self.finished:
            self.finished = True
            self.following.end()

    def unseen_bytes(self) -> int:
        """Return how many of the bytes to come may pass without being shown to it."""
        return 0

    def passed(self, count: int) -> None:
        """Count bytes that passed without being shown to it."""

    def halt(self) -> tuple[list[Item], bool]:
        """Stop working: cancel timers and hand back what is held, and whether the end is held too.

        What is in work may be passed on instead; nothing is lost. The stage isn't used again.
        """
        return [], False

    def removed(self) -> None:
        """Act on the toxic's removal, after `halt` and once what was held went on."""


@dataclass(frozen=True)
class Toxic:
    """A toxic's attributes, a frozen dataclass; every connection gets a stage of its own."""

    TYPE: ClassVar[str]
    GO_NAME: ClassVar[str]
    """Its name in messages; by default the class's."""
    GO_INT: ClassVar[str] = "int64"

    @property
    def chunked(self) -> bool:
        """True if data must come in chunks of the size that the real server reads."""
        return False

    def stage(self, flow: Flow, following: Receiver, memory: dict[str, int]) -> Stage:
        """Return a stage with these attributes.

        Args:
            flow: the direction of the connection that it works on.
            following: where what it lets through goes.
            memory: what outlives changes of the attributes on this connection.
        """
        raise NotImplementedError

    def problem(self) -> str | None:
        """Return why these attributes make no sense; None if they do."""
        return None


TOXICS: Registry[type[Toxic]] = Registry("toxic")
"""All toxics by the name of their type."""


def toxic(name: str) -> Callable[[type[T]], type[T]]:
    """Register a toxic, a frozen dataclass, under its type's name in the API.

    Raises:
        UsageError: the name is taken, or its fields can't be attributes in the API.
    """

    def register(cls: type[T]) -> type[T]:
        cls.TYPE = name
        if "GO_NAME" not in vars(cls):
            cls.GO_NAME = cls.__name__
        _check_attributes(cls)
        TOXICS.register(name, cls)
        return cls

    return register


def attribute_types(cls: type[Toxic]) -> dict[str, type]:
    """Return the type of each attribute, by its name in the API."""
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}


def _check_attributes(cls: type[Toxic]) -> None:
    where = f"the toxic {cls.TYPE!r} ({cls.__module__}.{cls.__qualname__})"
    if "__dataclass_fields__" not in vars(cls):
        raise UsageError(f"{where} isn't a dataclass; put @dataclass(frozen=True) below @toxic")
    for field in fields(cls):
        found = attribute_types(cls)[field.name]
        if found not in (int, float, str, bool):
            raise UsageError(f"{where}: {field.name} must be an int, float, str or bool")
        if field.default is MISSING:
            raise UsageError(f"{where}: {field.name} needs a default, as clients may leave it out")
