"""Request bodies: how large, and what counts as JSON."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stubs.web.problems import Problem, invalid_fields

_MODEL = TypeVar("_MODEL", bound=BaseModel)

LARGEST_BODY = 1024 * 1024
# A gateway turns an answer that came before the body was read into a 502, so a
# body that is too large is read and thrown away, up to here.
LARGEST_DRAINED = 8 * 1024 * 1024
DEEPEST_JSON = 100
_LONGEST_INTEGER = 1000


class BodyLimitMiddleware:
    """Reads a request's body before the application sees it; over 1 MiB is 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            # What may still be coming would be taken for the next request.
            problem = Problem(
                413,
                f"The body is larger than {LARGEST_BODY} bytes.",
                headers={"connection": "close"},
            )
            await problem.response()(scope, receive, send)
            return
        given = False

        async def receive_again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, receive_again, send)


def _has_body(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            return True
    return False


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None when it is too large."""
    parts: list[bytes] = []
    size = 0
    while size <= LARGEST_DRAINED:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        size += len(message.get("body", b""))
        if size <= LARGEST_BODY:
            parts.append(message.get("body", b""))
        else:
            parts.clear()
        if not message.get("more_body", False):
            break
    return b"".join(parts) if size <= LARGEST_BODY else None


def parse_json(raw: bytes) -> Any:
    """A JSON document.

    Raises:
        Problem: 400 when it isn't one: no body, bad UTF-8, NaN, nested over 100 levels.
    """
    if not raw:
        raise Problem(400, "The body is empty; it should be JSON.")
    try:
        document = json.loads(
            raw.decode("utf-8"), parse_constant=_refuse_constant, parse_int=_integer
        )
    except UnicodeDecodeError:
        raise Problem(400, "The body isn't UTF-8.") from None
    except RecursionError:
        raise Problem(400, _TOO_DEEP) from None
    except ValueError as error:
        raise Problem(400, f"The body isn't JSON: {error}.") from None
    _refuse_depth(document)
    return document


_TOO_DEEP = f"The body is nested deeper than {DEEPEST_JSON} levels."


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} isn't a JSON number")


def _integer(digits: str) -> int | float:
    """An integer; one too long for Python to convert is infinite, which no field accepts."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float("inf")


def _refuse_depth(document: Any) -> None:
    level = [document]
    for _ in range(DEEPEST_JSON):
        level = [child for each in level for child in _children(each)]
        if not level:
            return
    raise Problem(400, _TOO_DEEP)


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def json_body(model: type[_MODEL]) -> Callable[[Request], Awaitable[_MODEL]]:
    """A FastAPI dependency: the request's body as this model, whatever its content type says.

    It raises `Problem` 400 for what isn't JSON, and 422 for what breaks the schema.
    """

    async def parsed(request: Request) -> _MODEL:
        document = parse_json(await request.body())
        try:
            return model.model_validate(document)
        except ValidationError as error:
            raise invalid_fields(error) from None

    return parsed
