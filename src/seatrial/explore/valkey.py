"""Valkey's protocol, RESP: a command is an array of words, and each has one answer."""

import re

from seatrial.explore.store_messages import StoreCommand, StoreMessage

_HOUSEKEEPING = re.compile(
    "ACL|AUTH|CLIENT|CLUSTER|COMMAND|CONFIG|ECHO|FUNCTION|HELLO|INFO|LATENCY|PING|QUIT|READONLY"
    "|READWRITE|RESET|ROLE|SCRIPT|SELECT|TIME|UNWATCH|WAIT|WATCH|XGROUP|XINFO"
)
_POLLS = re.compile("BL?MPOP|B[LR]POP|BLMOVE|BRPOPLPUSH|BZ.*|XAUTOCLAIM|XPENDING|XREAD(GROUP)?")
"""How often these are sent depends on the time."""
_READS = re.compile(
    "(EVAL|EVALSHA|FCALL)_RO|EXISTS|GET|GETBIT|GETRANGE|KEYS|MGET|P?TTL|STRLEN|TYPE|[HSZ]?SCAN"
    "|H(EXISTS|GET|GETALL|KEYS|LEN|MGET|VALS)|L(INDEX|LEN|RANGE)|S(CARD|ISMEMBER|MEMBERS)"
    "|X(LEN|RANGE|REVRANGE)|Z(CARD|COUNT|RANGE|RANGEBYSCORE|RANK|REVRANGE|SCORE)"
)
_SCRIPTS = re.compile("(EVAL|EVALSHA|FCALL)(_RO)?")
"""Their keys come after a script and the number of keys."""
_UNASKED = re.compile("MONITOR|[PS]?SUBSCRIBE|P?SYNC")
"""From these on the server says what nobody asked for."""
_LONGEST_LINE = 24
"""Of one that holds a number."""
_SIZED, _SIMPLE = b"$=!", b"+-:_,#("
_CHILDREN = {b"*": 1, b"~": 1, b">": 1, b"%": 2, b"|": 2}


class ValkeyDialogue:
    """A `StoreDialogue` with Valkey or Redis."""

    def __init__(self) -> None:
        """Begin with a new connection."""
        self._unread, self._answers = bytearray(), bytearray()
        self._opaque = False
        self._transaction: dict[StoreCommand, None] | None = None
        self._skip = self._open = 0
        """Bytes of a string, and values of an answer, that are still to come."""
        self._pushed = False

    def sent(self, data: bytes) -> list[StoreMessage]:
        """Return the messages that are whole with what the client sent now."""
        self._unread += data
        found = []
        while self._unread:
            try:
                cut = None if self._opaque else _words(self._unread)
            except ValueError:
                self._opaque = True
            if self._opaque:
                found.append(StoreMessage(bytes(self._unread)))
                self._unread.clear()
            elif cut is None:
                break
            else:
                words, end = cut
                command = self._command(words)
                found.append(StoreMessage(bytes(self._unread[:end]), command, bool(words)))
                del self._unread[:end]
        return found

    def answered(self, data: bytes) -> int:
        """Return the number of answers that are whole with what the server sent now."""
        self._answers += data
        whole = 0
        try:
            while not self._opaque and (self._skip or self._begins_value()):
                skipped = min(self._skip, len(self._answers))
                del self._answers[:skipped]
                self._skip -= skipped
                if self._skip:
                    break
                whole += not (self._open or self._pushed)
        except ValueError:
            self._opaque = True
        return whole

    def _begins_value(self) -> bool:
        """Read the line that begins a value, if it is whole.

        Raises:
            ValueError: nothing begins so.
        """
        line, end, _ = self._answers.partition(b"\r\n")
        if not end:
            return False
        del self._answers[: len(line) + 2]
        kind = bytes(line[:1])
        if not self._open:
            self._open, self._pushed = 1, kind == b">"
        self._open -= 1
        if kind in _SIZED:
            size = int(line[1:])
            self._skip = size + 2 if size >= 0 else 0
        elif kind in _CHILDREN:
            self._open += max(0, int(line[1:])) * _CHILDREN[kind]
            self._open += kind == b"|"  # it stands before the value that it's about
        elif kind not in _SIMPLE:
            raise ValueError(line)
        return True

    def _command(self, words: list[bytes]) -> StoreCommand | None:
        """Return the use that a command is; a transaction is one, at its end."""
        verb, *rest = [word.decode("utf-8", "replace") for word in words] or [""]
        verb = verb.upper()
        if verb == "MULTI":
            self._transaction = {}
        elif verb in ("DISCARD", "EXEC"):
            done, self._transaction = self._transaction, None
            if done and verb == "EXEC":
                whole = ", ".join(one.operation for one in done)
                return StoreCommand(f"EXEC {whole}", any(one.changes for one in done))
        elif _UNASKED.fullmatch(verb) or (verb == "CLIENT" and rest[0:1] == ["REPLY"]):
            self._opaque = True
        elif not (_HOUSEKEEPING.fullmatch(verb) or _POLLS.fullmatch(verb)):
            keys = rest[2:] if _SCRIPTS.fullmatch(verb) else rest
            command = StoreCommand(" ".join([verb, *keys[:1]]), not _READS.fullmatch(verb))
            if self._transaction is None:
                return command
            self._transaction[command] = None
        return None


def _words(unread: bytearray) -> tuple[list[bytes], int] | None:
    """Return the words of the first command and where it ends; None: it isn't whole.

    Raises:
        ValueError: it isn't a command.
    """
    if (head := _number(unread, 0, b"*")) is None:
        return None
    count, at = head
    words = []
    for _ in range(count):
        if (head := _number(unread, at, b"$")) is None:
            return None
        size, at = head
        if len(unread) < at + size + 2:
            return None
        words.append(bytes(unread[at : at + size]))
        at += size + 2
    return words, at


def _number(unread: bytearray, at: int, kind: bytes) -> tuple[int, int] | None:
    """Return the number in a line of this kind, and where the line ends; None: it isn't whole.

    Raises:
        ValueError: it isn't such a line.
    """
    line, end, _ = unread[at : at + _LONGEST_LINE].partition(b"\r\n")
    if (line and line[:1] != kind) or (not end and len(line) == _LONGEST_LINE):
        raise ValueError(line)
    if not end:
        return None
    if (number := int(line[1:])) < 0:
        raise ValueError(line)
    return number, at + len(line) + 2
