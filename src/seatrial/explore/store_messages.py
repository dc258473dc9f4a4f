"""What a client says to a store, read from the bytes of its connection, however these are split."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoreCommand:
    """A use of a store."""

    operation: str
    """Such as `GET card:17` or `INSERT orders`."""
    changes: bool
    """Whether it's done for good once the server has it: then a lost answer leaves a doubt."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The faults that may happen to it, the mildest first."""
        return ("reset", "answer-lost", "hang") if self.changes else ("reset", "hang")


@dataclass(frozen=True, slots=True)
class StoreMessage:
    """A whole message of a client."""

    data: bytes
    command: StoreCommand | None = None
    """None: it's no use, as a handshake, or is part of one."""
    is_answered: bool = False
    """Whether the server answers it by itself."""


class StoreDialogue(Protocol):
    """One connection's protocol. What isn't understood passes as it is, from there on."""

    def sent(self, data: bytes) -> list[StoreMessage]:
        """Return the messages that are whole with what the client sent now."""
        ...

    def answered(self, data: bytes) -> int:
        """Return the number of answers that are whole with what the server sent now."""
        ...
