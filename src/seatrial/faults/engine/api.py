"""The engine's HTTP API: Toxiproxy's, answer for answer, and a few routes that it lacks.

Routes of our own: `GET /connections` and `GET /proxies/{proxy}/connections` (the journal; `after`
leaves out all entries up to that id), `GET /seed`, `POST /seed`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from seatrial.faults.engine import SPEAKS, VERSION
from seatrial.faults.engine.bodies import ApiError, seed_body
from seatrial.faults.engine.engine import EngineState
from seatrial.faults.engine.gocompat import gojson
from seatrial.faults.engine.named import NamedToxic
from seatrial.faults.engine.proxy import EngineProxy
from seatrial.faults.engine.requests import TidyPaths, request_id
from seatrial.loopback import LoopbackGuard

_BODY_BYTES = 1024 * 1024
_BODY_S = 15.0
_JSON = "application/json"
_TEXT = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}

Handler = Callable[[Request], Awaitable[Response]]


def application(engine: EngineState) -> LoopbackGuard:
    """Return the API as an ASGI application."""
    api = _Api(engine)
    toxics, toxic = "/proxies/{proxy}/toxics", "/proxies/{proxy}/toxics/{toxic}"
    routes = [
        _route("/version", "GET", api.version),
        _route("/proxies", "GET", api.proxies),
        _route("/proxies", "POST", api.create),
        _route("/populate", "POST", api.populate),
        _route("/reset", "POST", api.reset),
        _route("/proxies/{proxy}", "GET", api.show),
        _route("/proxies/{proxy}", "PATCH POST", api.update),
        _route("/proxies/{proxy}", "DELETE", api.delete),
        _route(toxics, "GET", api.toxics),
        _route(toxics, "POST", api.add_toxic),
        _route(toxic, "GET", api.toxic),
        _route(toxic, "PATCH POST", api.update_toxic),
        _route(toxic, "DELETE", api.remove_toxic),
        _route("/connections", "GET", api.connections),
        _route("/proxies/{proxy}/connections", "GET", api.connections),
        _route("/seed", "GET", api.seed),
        _route("/seed", "POST", api.reseed),
    ]
    app = Starlette(routes=routes, exception_handlers={404: _not_found, 405: _wrong_method})
    app.router.redirect_slashes = False
    return LoopbackGuard(TidyPaths(app))


def _route(path: str, methods: str, handler: Handler) -> Route:
    route = Route(path, _answer(handler), methods=methods.split())
    assert route.methods is not None
    route.methods.discard("HEAD")  # Starlette adds it to GET, and Toxiproxy has none
    return route


def _answer(handler: Handler) -> Handler:
    """Wrap a route: no browsers, errors as JSON, an id on the answer."""

    async def answer(request: Request) -> Response:
        try:
            if request.headers.get("User-Agent", "").startswith("Mozilla/"):
                response = Response("User agent not allowed\n", 403, _TEXT)
            else:
                response = await handler(request)
        except ApiError as error:
            body = gojson.encode(error.as_json()) + b"\n"
            response = Response(body, error.status, _TEXT)
        response.headers["X-Toxiproxy-Request-Id"] = request_id()
        return response

    return answer


async def _not_found(request: Request, error: Exception) -> Response:
    return Response("404 page not found\n", 404, _TEXT)


async def _wrong_method(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return Response(None, 405)


async def _body(request: Request) -> bytes:
    """Read the request's body.

    Raises:
        ApiError: it is too long, or doesn't arrive.
    """
    body = b""
    try:
        async with asyncio.timeout(_BODY_S):
            async for part in request.stream():
                body += part
                if len(body) > _BODY_BYTES:
                    raise ApiError(413, f"bad request body: longer than {_BODY_BYTES} bytes")
    except TimeoutError:
        raise ApiError(408, f"bad request body: not complete after {_BODY_S:g} s") from None
    except ClientDisconnect:
        raise ApiError(400, "bad request body: unexpected EOF") from None
    return body


def _json(value: Any, status: int = 200) -> Response:
    return Response(gojson.encode(value), status, media_type=_JSON)


class _Api:
    """A method for each route."""

    def __init__(self, engine: EngineState) -> None:
        self._engine = engine

    async def version(self, request: Request) -> Response:
        said = f'{{"version": "{SPEAKS}", "engine": "seatrial", "engineVersion": "{VERSION}"}}\n'
        return Response(said, headers={"Content-Type": f"{_JSON};charset=utf-8"})

    async def proxies(self, request: Request) -> Response:
        return _json(self._engine.proxies())

    async def create(self, request: Request) -> Response:
        proxy = await self._engine.create(await _body(request))
        return _json(proxy.as_json(), 201)

    async def populate(self, request: Request) -> Response:
        done: list[EngineProxy] = []
        try:
            done, error = await self._engine.populate(await _body(request))
        except ApiError as wrong:
            error = wrong
        answer = error.as_json() if error else {}
        answer["proxies"] = [proxy.as_json() for proxy in done] or None
        return _json(answer, error.status if error else 201)

    async def reset(self, request: Request) -> Response:
        await self._engine.reset()
        return Response(None, 204)

    async def show(self, request: Request) -> Response:
        return _json(self._engine.proxy(_proxy(request)).as_json())

    async def update(self, request: Request) -> Response:
        self._engine.proxy(_proxy(request))
        proxy = await self._engine.update(_proxy(request), await _body(request))
        return _json(proxy.as_json())

    async def delete(self, request: Request) -> Response:
        self._engine.delete(_proxy(request))
        return Response(None, 204)

    async def toxics(self, request: Request) -> Response:
        toxics = self._engine.proxy(_proxy(request)).all_toxics()
        return _json([toxic.as_json() for toxic in toxics])

    async def toxic(self, request: Request) -> Response:
        return _toxic(self._engine.toxic(_proxy(request), request.path_params["toxic"]))

    async def add_toxic(self, request: Request) -> Response:
        self._engine.proxy(_proxy(request))
        return _toxic(self._engine.add_toxic(_proxy(request), await _body(request)))

    async def update_toxic(self, request: Request) -> Response:
        names = _proxy(request), request.path_params["toxic"]
        self._engine.toxic(*names)
        return _toxic(self._engine.update_toxic(*names, await _body(request)))

    async def remove_toxic(self, request: Request) -> Response:
        self._engine.remove_toxic(_proxy(request), request.path_params["toxic"])
        return Response(None, 204)

    async def connections(self, request: Request) -> Response:
        proxy = request.path_params.get("proxy")
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            raise ApiError(400, f"after must be a connection's id, not {after!r}")
        entries, forgotten = self._engine.connections(proxy, int(after))
        answer = {
            "now_s": asyncio.get_running_loop().time(),
            "forgotten": forgotten,
            "connections": [entry.as_json() for entry in entries],
        }
        return _json(answer)

    async def seed(self, request: Request) -> Response:
        return _json({"seed": self._engine.seed})

    async def reseed(self, request: Request) -> Response:
        self._engine.reseed(seed_body(await _body(request)))
        return _json({"seed": self._engine.seed})


def _proxy(request: Request) -> str:
    name: str = request.path_params["proxy"]
    return name


def _toxic(toxic: NamedToxic) -> Response:
    return _json(toxic.as_json())
