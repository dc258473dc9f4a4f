"""Who is on this machine, and who may call a control port: one rule, used everywhere.

Loopback is `localhost` and the addresses that are loopback by number. A name of any other kind may
point anywhere, and elsewhere a moment later, so it never counts.

Control ports (the embedded engine's API, the tap's, a stub's states) are for programs on this
machine. Two kinds of requests reach them that a program here didn't mean to send, both from a
browser: a web page's requests to another origin, and those of a page whose own name was made to
point here (DNS rebinding). `LoopbackGuard` refuses both.
"""

import ipaddress
import json
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[Any, Any, Any], Awaitable[None]]

# RFC 9110, 7.2: Host = uri-host [ ":" port ]; of a host's forms those that can be loopback.
_HOST = re.compile(rb"(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z.-]+))(?::([0-9]{0,5}))?")
_MAX_PORT = 65535


def is_loopback(host: str) -> bool:
    """Return whether a host, without a port, is this machine's loopback."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def names_loopback(host_header: bytes) -> bool:
    """Return whether a Host header is well-formed and names loopback, at any port."""
    found = _HOST.fullmatch(host_header)
    if found is None or int(found[3] or 0) > _MAX_PORT:
        return False
    if found[1] is not None:
        return b":" in found[1] and is_loopback(found[1].decode("ascii"))
    return is_loopback(found[2].decode("ascii"))


def refusal(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return why a request with these headers isn't served on a control port; None if it is.

    Args:
        headers: names in lower case, as ASGI has them.
    """
    fields = tuple(headers)
    hosts = [value for name, value in fields if name == b"host"]
    if len(hosts) != 1:
        return f"a request needs one Host header, not {len(hosts)}; call it by 127.0.0.1"
    if not names_loopback(hosts[0]):
        shown = hosts[0][:80].decode("latin-1")
        return f"Host {shown!r} isn't served here; call it by 127.0.0.1 or localhost"
    return web_page_refusal(fields)


def web_page_refusal(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return why a browser's request for a page isn't served; None if it is no such request.

    Enough by itself where others than this machine may call, and only by POST: each POST of a
    page carries an Origin, whatever name the page was given.
    """
    for name, value in headers:
        if name == b"origin" or (name == b"sec-fetch-site" and value != b"none"):
            return "a web page's request isn't served: this address is for programs"
    return None


class LoopbackGuard:
    """An ASGI middleware that serves programs on this machine, and no web page; 403 otherwise."""

    def __init__(self, app: _App) -> None:
        """Guard an application.

        Args:
            app: gets the requests that are served, and what isn't a request.
        """
        self._app = app

    async def __call__(self, scope: Any, receive: _Receive, send: _Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        problem = refusal(scope["headers"])
        if problem is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})  # before it is accepted: the server says 403
        else:
            await _forbid(send, problem)


async def _forbid(send: _Send, problem: str) -> None:
    body = json.dumps({"detail": problem}).encode("ascii")
    length = str(len(body)).encode("ascii")
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
