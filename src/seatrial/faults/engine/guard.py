"""Who may speak to the control port: programs on this machine, and no web page."""

import base64
import ipaddress
import itertools
import os
import struct
import time
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_COUNT = itertools.count(int.from_bytes(os.urandom(3)))
_MACHINE = os.urandom(5)


class Guard:
    """Refuses foreign names (DNS rebinding) and anything that a web page sent; tidies paths."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        app: ASGIApp = self._app
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            path = clean(scope["path"])
            if not is_loopback(headers.get("Host", "")):
                app = Response("this host name is not served here; use 127.0.0.1\n", 403)
            elif "Origin" in headers or headers.get("Sec-Fetch-Site", "none") != "none":
                app = Response("requests of web pages are not served\n", 403)
            elif path != scope["path"]:
                app = _moved(path, scope)
        await app(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine's loopback."""
    name, _, port = host.rpartition(":")
    names = (host, name) if port.isdecimal() and not host.startswith("::") else (host,)
    return any(map(_names_loopback, names))


def _names_loopback(name: str) -> bool:
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def clean(path: str) -> str:
    """A path without "//", "." and ".."; a slash at the end stays."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    tidy = "/" + "/".join(kept)
    return tidy + "/" if path.endswith("/") and kept else tidy


def _moved(path: str, scope: Scope) -> Response:
    query = scope["query_string"].decode("latin-1")
    location = quote(path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
    return Response(None, 301, {"Location": location})


def request_id() -> str:
    """An id of twenty characters in order of time, like the real server's."""
    now, count = int(time.time()), next(_COUNT) & 0xFFFFFF
    raw = struct.pack(">I", now & 0xFFFFFFFF) + _MACHINE + count.to_bytes(3)
    return base64.b32hexencode(raw).decode().rstrip("=").lower()
