"""A service's own addresses as its caller sees them: a gateway takes a prefix off each path."""

import re

from starlette.requests import Request

# Traefik says what it took off, and drops what a caller says of it.
_HEADER = "x-forwarded-prefix"
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]{1,64}){1,8}", re.ASCII)


def public_path(request: Request, path: str) -> str:
    """The path by which the request's caller reaches `path` of this service.

    For `Location` and `Link`: an address without the prefix leads nowhere behind the gateway.
    """
    prefix = request.headers.get(_HEADER, "")
    return prefix + path if _PREFIX.fullmatch(prefix) else path
