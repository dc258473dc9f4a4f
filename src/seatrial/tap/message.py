"""HTTP/1.1 messages as the tap passes them on: as they came, without what belongs to one hop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from seatrial.tap.stream import Stream

HOP_BY_HOP = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"transfer-encoding", b"upgrade")
)
"""Names that concern one connection alone (RFC 9110, 7.6.1); `http2-settings` comes with an upgrade
and is named by the `Connection` header."""

_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}

BODILESS = frozenset((204, 304))

ANSWER_BYTES = 8 * 1024 * 1024
"""The longest answer that an action can change."""

Fields = dict[str, str | tuple[str, ...]]
FieldMap = Mapping[str, str | tuple[str, ...]]
"""Header fields by lower-case name; one that comes several times has all of its values."""


class Headers:
    """Header fields as they came, with a look-up by lower-case name."""

    __slots__ = ("_first", "_repeated", "pairs")

    def __init__(self) -> None:
        self.pairs: list[tuple[bytes, bytes]] = []
        """Name and value, in order and as they were spelled."""
        self._first: dict[bytes, bytes] = {}
        self._repeated: set[bytes] = set()

    def add(self, name: bytes, value: bytes) -> None:
        """Take the next one in."""
        self.pairs.append((name, value))
        lower = name.lower()
        if lower in self._first:
            self._repeated.add(lower)
        else:
            self._first[lower] = value

    def __contains__(self, name: bytes) -> bool:
        return name in self._first

    def get(self, name: bytes) -> bytes | None:
        """Return the first value of a name, or None."""
        return self._first.get(name)

    def all(self, name: bytes) -> list[bytes]:
        """Return all values of a name."""
        if name in self._repeated:
            return [value for key, value in self.pairs if key.lower() == name]
        first = self._first.get(name)
        return [] if first is None else [first]

    def lines(self) -> list[bytes]:
        """Return the header lines that go on to the next hop."""
        if HOP_BY_HOP.isdisjoint(self._first):
            return [b"%s: %s\r\n" % pair for pair in self.pairs]
        drop = HOP_BY_HOP | self._named_by_connection()
        return [b"%s: %s\r\n" % pair for pair in self.pairs if pair[0].lower() not in drop]

    def _named_by_connection(self) -> set[bytes]:
        named = b",".join(self.all(b"connection")).split(b",")
        # Content-Length frames the body: a peer can't have it dropped by naming it here.
        return {name.strip().lower() for name in named} - {b"content-length", b"host"}


class Refused(Exception):  # noqa: N818 - what the tap does, not a fault of its own
    """A request that the tap doesn't pass on: it answers `status` and closes.

    Args:
        status: what the consumer is answered.
        reason: one sentence for its author.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(slots=True)
class IncomingRequest:
    """One request, complete up to the end of its head."""

    method: str
    target: bytes
    """The request target, raw."""
    headers: Headers
    body: Stream
    old: bool
    """True for HTTP/1.0: its answer can't be chunked and ends with the connection."""
    keep_alive: bool
    chunked: bool
    upgrade: bytes = b""
    """The protocol that it asks to change to."""

    def head(self, host: bytes) -> bytes:
        """Return the head for the next hop: names, order and spelling kept, `Host` too.

        Args:
            host: what `Host` says where the request has none (HTTP/1.0).
        """
        lines = [b"%s %s HTTP/1.1\r\n" % (self.method.encode(), self.target)]
        if b"host" not in self.headers:
            lines.append(b"host: %s\r\n" % host)
        lines += self.headers.lines()
        if self.chunked:
            lines.append(b"transfer-encoding: chunked\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)


@dataclass(slots=True)
class IncomingResponse:
    """The provider's answer, complete up to the end of its head."""

    status: int
    reason: bytes
    headers: Headers
    body: Stream
    keep_alive: bool
    length: int | None
    """The body's length; None when it is chunked or ends with the connection."""
    chunked: bool
    codings: bytes = b""
    """The transfer codings below the chunks: "gzip" of "gzip, chunked"."""

    def head(self, *, chunked: bool, close: bool) -> bytes:
        """Return the head for the consumer, framed as asked."""
        codings = [coding for coding in (self.codings, b"chunked" if chunked else b"") if coding]
        return response_head(
            self.status, self.reason, self.headers.lines(), codings=codings, close=close
        )


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    """A whole answer, kept in memory."""

    status: int
    headers: FieldMap
    """Without those that frame the body."""
    body: bytes


def response_head(
    status: int,
    reason: bytes,
    lines: list[bytes],
    *,
    codings: Sequence[bytes] = (),
    close: bool = False,
) -> bytes:
    """Return a status line, header lines and what the tap's own framing adds."""
    parts = [b"HTTP/1.1 %d %s\r\n" % (status, reason), *lines]
    if codings:
        parts.append(b"transfer-encoding: %s\r\n" % b", ".join(codings))
    if close:
        parts.append(b"connection: close\r\n")
    parts.append(b"\r\n")
    return b"".join(parts)


def phrase(status: int) -> bytes:
    """Return the usual reason phrase of a status; b"" if it has none."""
    return _PHRASES.get(status, b"")


def chunk(data: bytes) -> bytes:
    """Return one chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def last_chunk(trailers: list[tuple[bytes, bytes]]) -> bytes:
    """Return the end of a chunked body, with the trailers that came."""
    return b"".join((b"0\r\n", *(b"%s: %s\r\n" % pair for pair in trailers), b"\r\n"))


def sayable(text: str) -> str:
    """Return a sentence as a header's value may hold it."""
    return "".join(char if " " <= char <= "~" else "?" for char in text)
