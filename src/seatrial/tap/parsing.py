"""Bytes to messages: httptools on both sides, with the limits that it leaves to its user."""

from collections.abc import Callable

import httptools

from seatrial.tap.message import BODILESS, Headers, IncomingRequest, IncomingResponse, Refused
from seatrial.tap.stream import Pausable, Stream

HEAD_BYTES = 64 * 1024
"""The most that a peer may send without finishing a head, a chunk's line or the trailers."""


_CONTROLS = bytes((*range(9), *range(10, 32), 127))
"""Bytes that have no place in a reason phrase."""


class MalformedAnswer(Exception):  # noqa: N818 - the provider's answer, not a fault of the tap
    """An answer of the provider that isn't HTTP/1.1."""


class _Reader:
    """The common part of requests and responses."""

    def __init__(self, source: Pausable) -> None:
        self._source = source
        self._headers = Headers()
        self._body: Stream | None = None
        self._silent_bytes = 0
        """Bytes since the parser last got somewhere."""

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._body is None:
            self._headers.add(name, value)
        else:
            self._body.trailers.append((name, value))

    def on_body(self, data: bytes) -> None:
        self._silent_bytes = 0
        if self._body is not None:
            self._body.feed(data)

    def on_message_complete(self) -> None:
        self._silent_bytes = 0
        if self._body is not None:
            body, self._body = self._body, None
            body.finish()


class RequestReader(_Reader):
    """Makes requests of a consumer's bytes.

    Args:
        begin: is given each request at the end of its head.
        source: is paused while too much of a body waits.
    """

    def __init__(self, begin: Callable[[IncomingRequest], None], source: Pausable) -> None:
        super().__init__(source)
        self._begin = begin
        self._parser = _request_parser(self)
        self._target = b""
        self._refused: Refused | None = None
        self._chunked = False
        self._length = 0
        self._carrying_on = False
        self._in_head = False

    @property
    def in_head(self) -> bool:
        """True while a head has begun and isn't complete."""
        return self._in_head

    def feed(self, data: bytes) -> None:
        """Take bytes in.

        Raises:
            Refused: they aren't a request that may be passed on; feed nothing more.
        """
        self._silent_bytes += len(data)
        try:
            while data:
                data = self._step(data)
        except httptools.HttpParserError as error:
            raise self._fail(self._refused or Refused(400, f"not HTTP/1.1: {error}")) from error
        if self._silent_bytes > HEAD_BYTES:
            raise self._fail(Refused(431, f"a head or a chunk's line of over {HEAD_BYTES} bytes"))

    def _fail(self, refused: Refused) -> Refused:
        if self._body is not None:
            self._body.fail(refused)
        return refused

    def _step(self, data: bytes) -> bytes:
        """Parse as far as it goes; returns what is left after a declined upgrade."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline_upgrade()
            return data[upgrade.args[0] :]
        return b""

    def _decline_upgrade(self) -> None:
        """Go on in HTTP/1.1 where a consumer offered another protocol (Java's client offers h2c).

        The parser stops after such a head and takes its body for the other protocol, so that a new
        parser has to know of the body.
        """
        self._parser = _request_parser(self)
        if self._body is None:
            return
        framing = b"content-length: %d" % self._length
        if self._chunked:
            framing = b"transfer-encoding: chunked"
        self._carrying_on = True
        self._parser.feed_data(b"POST / HTTP/1.1\r\nhost: tap\r\n" + framing + b"\r\n\r\n")
        self._carrying_on = False

    def on_message_begin(self) -> None:
        """Take the first byte of a request."""
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        if not self._carrying_on:
            self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header or a trailer."""
        if not self._carrying_on:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Take the end of a head."""
        self._silent_bytes = 0
        self._in_head = False
        if self._carrying_on:
            return
        try:
            self._begin(self._request())
        except Refused as refused:
            self._refused = refused
            raise
        finally:
            self._headers, self._target = Headers(), b""

    def on_message_complete(self) -> None:
        """Take the end of a request."""
        # After a declined upgrade the parser calls the message complete, before its body has come.
        if self._parser.should_upgrade() and (self._chunked or self._length):
            return
        super().on_message_complete()

    def _request(self) -> IncomingRequest:
        method = self._parser.get_method().decode()
        version = self._parser.get_http_version()
        self._check(method, version)
        self._body = Stream(self._source)
        return IncomingRequest(
            method=method,
            target=self._target,
            headers=self._headers,
            body=self._body,
            old=version == "1.0",
            keep_alive=version == "1.1" and self._parser.should_keep_alive(),
            chunked=self._chunked,
            upgrade=self._upgrade(),
        )

    def _upgrade(self) -> bytes:
        asked = self._headers.get(b"upgrade") if self._parser.should_upgrade() else None
        return (asked or b"").strip().lower()

    def _check(self, method: str, version: str) -> None:
        hosts = self._headers.all(b"host")
        codings = self._headers.all(b"transfer-encoding")
        lengths = self._headers.all(b"content-length")
        self._chunked = bool(codings)
        self._length = int(lengths[0]) if lengths else 0
        if version not in ("1.0", "1.1"):
            raise Refused(505, f"HTTP/{version}; the tap speaks HTTP/1.1")
        if method == "CONNECT":
            raise Refused(501, "CONNECT; the tap serves one provider, it isn't a forward proxy")
        if len(hosts) > 1 or (version == "1.1" and not hosts):
            raise Refused(400, f"{len(hosts)} Host headers where there must be one")
        if codings and (version == "1.0" or lengths):
            raise Refused(400, "a Transfer-Encoding that doesn't say where the body ends")
        if codings and [coding.lower() for coding in codings] != [b"chunked"]:
            raise Refused(501, "a Transfer-Encoding other than chunked")


class ResponseReader(_Reader):
    """Makes responses of a provider's bytes.

    Args:
        begin: is given each final response at the end of its head.
        informational: is given the status and headers of each 1xx.
        source: is paused while too much of a body waits.
    """

    def __init__(
        self,
        begin: Callable[[IncomingResponse], None],
        informational: Callable[[int, bytes, Headers], None],
        source: Pausable,
    ) -> None:
        super().__init__(source)
        self._begin = begin
        self._informational = informational
        self._parser = _response_parser(self)
        self._reason = b""
        self._method: str | None = None
        self._spent = False
        self._endless = False
        self._bad: MalformedAnswer | None = None

    def expect(self, method: str) -> None:
        """Say what the next response answers: one to HEAD has no body, whatever its head says."""
        self._method = method

    @property
    def idle(self) -> bool:
        """True if nothing is expected and nothing under way."""
        return self._method is None and self._body is None

    def feed(self, data: bytes) -> None:
        """Take bytes in.

        Raises:
            MalformedAnswer: they aren't a response, or one that nobody asked for.
        """
        self._silent_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            reason = f"the provider's answer isn't HTTP/1.1: {error}"
            raise self._bad or MalformedAnswer(reason) from error
        if self._silent_bytes > HEAD_BYTES:
            raise MalformedAnswer(
                f"the provider's answer has a head or a chunk's line of over {HEAD_BYTES} bytes"
            )
        if self._spent:
            # The parser waits for a body that a response to HEAD doesn't have.
            self._parser, self._spent = _response_parser(self), False

    def finish(self) -> None:
        """Take the connection's orderly end: it completes a body without a length."""
        if self._endless:
            self.on_message_complete()

    def fail(self, error: Exception) -> None:
        """Take the connection's break."""
        if self._body is not None:
            self._body.fail(error)

    def on_status(self, reason: bytes) -> None:
        """Take a part of the reason phrase."""
        self._reason += reason

    def on_headers_complete(self) -> None:
        """Take the end of a head."""
        self._silent_bytes = 0
        status = self._parser.get_status_code()
        headers, self._headers = self._headers, Headers()
        reason, self._reason = self._reason.translate(None, _CONTROLS), b""
        if self._spent or self._method is None:
            self._bad = MalformedAnswer("the provider sent an answer that nobody asked for")
            raise self._bad
        if status == 101:
            self._bad = MalformedAnswer("the provider changes to a protocol that nobody asked for")
            raise self._bad
        if status < 200:
            self._informational(status, reason, headers)
            return
        self._respond(status, reason, headers)

    def _respond(self, status: int, reason: bytes, headers: Headers) -> None:
        bodiless = self._method == "HEAD" or status in BODILESS
        length = headers.get(b"content-length")
        codings = [
            coding.strip().lower()
            for value in headers.all(b"transfer-encoding")
            for coding in value.split(b",")
        ]
        chunked = codings[-1:] == [b"chunked"]
        length = None if codings else length
        self._endless = not bodiless and not chunked and length is None
        body = Stream(self._source)
        response = IncomingResponse(
            status=status,
            reason=reason,
            headers=headers,
            body=body,
            keep_alive=not self._endless and self._parser.should_keep_alive(),
            length=0 if bodiless else None if length is None else int(length),
            chunked=chunked,
            codings=b", ".join(codings[:-1] if chunked else codings),
        )
        self._method = None
        if bodiless:
            body.complete = True
            self._spent = True
        else:
            self._body = body
        self._begin(response)


def _request_parser(reader: RequestReader) -> httptools.HttpRequestParser:
    parser = httptools.HttpRequestParser(reader)
    _lenient(parser)
    return parser


def _response_parser(reader: ResponseReader) -> httptools.HttpResponseParser:
    parser = httptools.HttpResponseParser(reader)
    _lenient(parser)
    return parser


def _lenient(parser: httptools.HttpRequestParser | httptools.HttpResponseParser) -> None:
    """Take blanks after a chunk's size, as nginx, Node and Go do; they aren't passed on."""
    parser.set_dangerous_leniencies(lenient_spaces_after_chunk_size=True)
