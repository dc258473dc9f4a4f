"""HTTP/1.1 messages as the tap passes them on: as they came, without what belongs to one hop."""

from dataclasses import dataclass
from http import HTTPStatus

from seatrial.tap.stream import Stream

Headers = list[tuple[bytes, bytes]]

HOP_BY_HOP = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"transfer-encoding", b"upgrade")
)
"""Names that concern one connection alone (RFC 9110, 7.6.1); `http2-settings` comes with an upgrade
and is named by the `Connection` header."""

_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}

BODILESS = frozenset((204, 304))


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
class Request:
    """One request, complete up to the end of its head."""

    method: str
    target: bytes
    """The request target, raw."""
    headers: Headers
    body: Stream
    old: bool
    """Whether it is HTTP/1.0: its answer can't be chunked and ends with the connection."""
    keep_alive: bool
    chunked: bool

    def head(self) -> bytes:
        """The head for the next hop: names, order and spelling kept, `Host` too."""
        lines = [b"%s %s HTTP/1.1\r\n" % (self.method.encode(), self.target)]
        lines += head_lines(self.headers)
        if self.chunked:
            lines.append(b"transfer-encoding: chunked\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)

    def header(self, name: bytes) -> str | None:
        """The first value of a header (`name` in lower case), or None."""
        for key, value in self.headers:
            if len(key) == len(name) and key.lower() == name:
                return value.decode("latin-1")
        return None


@dataclass(slots=True)
class Response:
    """The provider's answer, complete up to the end of its head."""

    status: int
    reason: bytes
    headers: Headers
    body: Stream
    keep_alive: bool
    length: int | None
    """The body's length; None when it is chunked or ends with the connection."""
    chunked: bool

    def head(self, *, chunked: bool, close: bool) -> bytes:
        """The head for the consumer, framed as asked."""
        return response_head(
            self.status, self.reason, head_lines(self.headers), chunked=chunked, close=close
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, kept in memory."""

    status: int
    headers: dict[str, str]
    """By lower-case name, without those that frame the body."""
    body: bytes


def head_lines(headers: Headers) -> list[bytes]:
    """The header lines that go on to the next hop."""
    drop = HOP_BY_HOP | _named_by_connection(headers)
    return [b"%s: %s\r\n" % pair for pair in headers if pair[0].lower() not in drop]


def response_head(
    status: int, reason: bytes, lines: list[bytes], *, chunked: bool = False, close: bool = False
) -> bytes:
    """A status line, header lines and what the tap's own framing adds."""
    parts = [b"HTTP/1.1 %d %s\r\n" % (status, reason), *lines]
    if chunked:
        parts.append(b"transfer-encoding: chunked\r\n")
    if close:
        parts.append(b"connection: close\r\n")
    parts.append(b"\r\n")
    return b"".join(parts)


def phrase(status: int) -> bytes:
    """The usual reason phrase of a status; none where there is no usual one."""
    return _PHRASES.get(status, b"")


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def last_chunk(trailers: Headers) -> bytes:
    """The end of a chunked body, with the trailers that came."""
    return b"".join((b"0\r\n", *(b"%s: %s\r\n" % pair for pair in trailers), b"\r\n"))


def _named_by_connection(headers: Headers) -> frozenset[bytes]:
    named: set[bytes] = set()
    for key, value in headers:
        if len(key) == 10 and key.lower() == b"connection":
            named.update(token.strip().lower() for token in value.split(b","))
    # Content-Length frames the body: a peer can't have it dropped by naming it here.
    return frozenset(named - {b"content-length", b"host"})
