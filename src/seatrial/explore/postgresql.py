"""PostgreSQL's frontend/backend protocol, version 3: a message is a type, a length and a body."""

import re
from math import inf

from seatrial.explore.store_messages import StoreCommand, StoreMessage

_TYPES = frozenset(b"BCDEFHPQSXcdfp")
_LONGEST_STARTUP = 10_000
"""As the server has it."""
_ASK_FOR_ENCRYPTION = (80877103, 80877104)  # by TLS, by GSSAPI
_VERSION = 3
_BEGINS = ("BEGIN", "START")
_ENDS = ("COMMIT", "END")
_CHANGES = re.compile(
    "ALTER|CALL|CREATE|DELETE|DO|DROP|EXECUTE|INSERT|MERGE|NOTIFY|REFRESH|TRUNCATE|UPDATE"
)
_READS = ("COPY", "FETCH", "LOCK", "SELECT", "TABLE")
"""COPY, since who loses its answer doesn't know what to send."""
_IGNORED = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
_VERB = re.compile(r"[\s(]*([A-Za-z]+)")
_WITH_CHANGE = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)
_TABLE = re.compile(
    r"\b(?:FROM|INTO|UPDATE|TABLE|COPY|LOCK|CALL|TRUNCATE)\s+"
    r"(?:(?:TABLE|ONLY|IF(?:\s+NOT)?\s+EXISTS)\s+)*"
    r'([\w."]+)(\(?)',
    re.IGNORECASE,
)
_FUNCTION = re.compile(r"\s*SELECT\s+([\w.]+)(\()", re.IGNORECASE)
_CATALOGUE = re.compile(
    r"\b(?:pg_\w+|information_schema|version\(|current_\w+|set_config)", re.IGNORECASE
)


class PostgresDialogue:
    """A `StoreDialogue` with PostgreSQL."""

    def __init__(self) -> None:
        """Begin with a new connection."""
        self._unread, self._answers = bytearray(), bytearray()
        self._opaque = self._has_started = self._asked_for_encryption = False
        self._statements: dict[bytes, str] = {}
        self._portals: dict[bytes, str] = {}
        self._in_transaction = self._changed = False
        self._skip = 0
        """Bytes of an answer's message that are still to come."""

    def sent(self, data: bytes) -> list[StoreMessage]:
        """Return the messages that are whole with what the client sent now."""
        self._unread += data
        found = []
        while self._unread and (length := self._whole()):
            message = bytes(self._unread[:length])
            del self._unread[:length]
            if self._opaque:
                found.append(StoreMessage(message))
            elif self._has_started:
                found.append(self._message(message))
            else:
                found.append(self._startup(message))
        return found

    def _whole(self) -> int:
        """Return the length of the first message, 0 where it isn't whole."""
        head = 1 if self._has_started else 0
        self._opaque = self._opaque or (self._has_started and self._unread[0] not in _TYPES)
        if not self._opaque and len(self._unread) < head + 4:
            return 0
        length = int.from_bytes(self._unread[head : head + 4])
        most = inf if self._has_started else _LONGEST_STARTUP
        self._opaque = self._opaque or not 4 <= length <= most
        if self._opaque:
            return len(self._unread)
        return head + length if len(self._unread) >= head + length else 0

    def _startup(self, data: bytes) -> StoreMessage:
        code = int.from_bytes(data[4:8])
        self._asked_for_encryption = code in _ASK_FOR_ENCRYPTION
        self._has_started = code >> 16 == _VERSION
        self._opaque = not (self._has_started or self._asked_for_encryption)
        return StoreMessage(data, is_answered=self._has_started)

    def _message(self, data: bytes) -> StoreMessage:
        kind, names = data[:1], [*data[5:].split(b"\0", 2), b""]
        command = None
        if kind == b"P":
            self._statements[names[0]] = names[1].decode("utf-8", "replace")
        elif kind == b"B":
            self._portals[names[0]] = self._statements.get(names[1], "")
        elif kind == b"E":
            command = self._use(self._portals.get(names[0], ""))
        elif kind == b"Q":
            command = self._use(names[0].decode("utf-8", "replace"))
        return StoreMessage(data, command, kind in (b"F", b"Q", b"S"))

    def _use(self, text: str) -> StoreCommand | None:
        """Return the use that statements are: within a transaction its end decides what is done."""
        found, changes = dict[str, None](), False
        for statement in _IGNORED.sub(" ", text).split(";"):
            verb = found_verb[1].upper() if (found_verb := _VERB.match(statement)) else ""
            if verb in _BEGINS:
                self._in_transaction, self._changed = True, False
            elif verb in _ENDS and self._changed:
                found["COMMIT"] = None
                changes, self._changed = True, False
            elif (use := _named(verb, statement)) is not None:
                found[use.operation] = None
                self._changed |= use.changes
                changes |= use.changes and not self._in_transaction
        return StoreCommand("; ".join(found), changes) if found else None

    def answered(self, data: bytes) -> int:
        """Return the number of answers that are whole with what the server sent now."""
        self._answers += data
        whole = 0
        while self._answers and not self._opaque:
            if self._skip:
                skipped = min(self._skip, len(self._answers))
                del self._answers[:skipped]
                self._skip -= skipped
            elif self._asked_for_encryption:
                self._asked_for_encryption = False
                del self._answers[:1]  # after a yes the client says what isn't understood
            elif len(self._answers) < (6 if self._answers[:1] == b"Z" else 5):
                break
            else:
                if self._answers[:1] == b"Z":  # ready for the next query
                    self._in_transaction = self._answers[5:6] != b"I"
                    whole += 1
                length = int.from_bytes(self._answers[1:5])
                self._opaque = length < 4
                self._skip = 1 + length
        return whole


def _named(verb: str, statement: str) -> StoreCommand | None:
    """Return a statement by its verb and its table; None where it only looks after the session."""
    if verb == "WITH":
        change = _WITH_CHANGE.search(statement)
        verb = change[0].upper() if change else "SELECT"
        statement = statement[change.start() :] if change else statement
    changes = _CHANGES.fullmatch(verb) is not None
    if not changes and (verb not in _READS or _CATALOGUE.search(statement)):
        return None
    found = _TABLE.search(statement) or _FUNCTION.match(statement)
    if found is None:
        return StoreCommand(verb, changes) if changes else None
    name = found[1].replace('"', "").removeprefix("public.")
    return StoreCommand(f"{verb} {name}", changes or (verb == "SELECT" and found[2] == "("))
