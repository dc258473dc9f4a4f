"""The tap's own HTTP for clients of httpx: it takes a third of what httpx's takes."""

import httpx

from seatrial.tap.parsing import MalformedAnswer
from seatrial.tap.provider import Broken, ProviderAddress, ProviderConnection, Unreachable

_PORT = 80


class PlainTransport(httpx.AsyncBaseTransport):
    """Sends each request, whose content is in memory, over a connection of its own without TLS."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the whole answer.

        Raises:
            httpx.TransportError: there is none.
        """
        address = ProviderAddress(request.url.host, request.url.port or _PORT)
        try:
            connection = await ProviderConnection.open(address, lambda: None)
        except Unreachable as error:
            raise httpx.ConnectError(str(error)) from error
        try:
            connection.expect(request.method, lambda *_: None)
            connection.send(_head(request) + request.content)
            answer = await connection.response()
            parts = []
            while part := await answer.body.read():
                parts.append(part)
        except Broken as broken:
            how = "was reset" if broken.reset else "ended"
            raise httpx.ReadError(f"the connection {how} before the answer did") from broken
        except MalformedAnswer as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        finally:
            connection.transport.abort()
        return httpx.Response(
            answer.status,
            headers=answer.headers.pairs,
            content=b"".join(parts),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": answer.reason},
        )


def _head(request: httpx.Request) -> bytes:
    lines = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    lines += [b"%s: %s" % pair for pair in request.headers.raw]
    return b"\r\n".join([*lines, b"", b""])
