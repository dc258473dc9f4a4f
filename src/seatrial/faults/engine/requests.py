"""Tidy paths and request ids, as the real server has them."""

import base64
import itertools
import os
import struct
import time
from urllib.parse import quote

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_COUNT = itertools.count(int.from_bytes(os.urandom(3)))
_MACHINE = os.urandom(5)


class TidyPaths:
    """Send requests whose path isn't tidy to the one that is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        app: ASGIApp = self._app
        if scope["type"] == "http" and (path := clean(scope["path"])) != scope["path"]:
            app = _moved(path, scope)
        await app(scope, receive, send)


def clean(path: str) -> str:
    """Return a path without "//", "." and ".."; a slash at the end stays."""
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
    """Make an id of twenty characters in order of time, like the real server's."""
    now, count = int(time.time()), next(_COUNT) & 0xFFFFFF
    raw = struct.pack(">I", now & 0xFFFFFFFF) + _MACHINE + count.to_bytes(3)
    return base64.b32hexencode(raw).decode().rstrip("=").lower()
