"""Bare routes that answer with a card, each by another serialiser; for `benchmarks.services`.

`python -m benchmarks._bare uvicorn|granian [card]` serves them, or the marketplace itself, on
`PORT` of loopback.
"""

import sys
from typing import Any

import msgspec
from fastapi import FastAPI
from starlette.responses import Response

from stubs.marketplace import SERVICE, Card, CardUser, MarketplaceSettings, create_app
from stubs.settings import Environment
from stubs.tracing import LineWriter, Tracer
from stubs.web import open_listener

_USER = {"id": "u-1", "role": "va", "name": "Ada Lovelace", "version": 1}
_BYTES = b'{"user":{"id":"u-1","role":"va","name":"Ada Lovelace","version":1},"source":"cache"}'


# Made so, the type checker needs no msgspec, which only the benchmarks' group brings.
_User = msgspec.defstruct("User", [("id", str), ("role", str), ("name", str), ("version", int)])
_Card = msgspec.defstruct("Card", [("user", _User), ("source", str)])


def bare() -> FastAPI:
    """The routes; nothing stands around them."""
    app = FastAPI(openapi_url=None)
    encode = msgspec.json.Encoder().encode

    @app.get("/bytes/{user_id}")
    async def as_bytes(user_id: str) -> Response:
        return Response(_BYTES, media_type="application/json")

    @app.get("/msgspec/{user_id}")
    async def by_msgspec(user_id: str) -> Response:
        card = _Card(_User(user_id, "va", "Ada Lovelace", 1), "cache")
        return Response(encode(card), media_type="application/json")

    @app.get("/pydantic/{user_id}")
    async def by_pydantic(user_id: str) -> Response:
        card = Card(user=CardUser(**{**_USER, "id": user_id}), source="cache")
        return Response(card.model_dump_json(by_alias=True), media_type="application/json")

    @app.get("/framework/{user_id}")
    async def by_framework(user_id: str) -> Card:
        return Card(user=CardUser(**{**_USER, "id": user_id}), source="cache")

    return app


def _card() -> FastAPI:
    environment = Environment()
    return create_app(MarketplaceSettings.read(environment), Tracer(SERVICE, LineWriter()))


def _uvicorn(app: Any) -> None:
    import asyncio

    import uvicorn

    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
    with open_listener(Environment()) as listener:
        asyncio.run(uvicorn.Server(config).serve([listener]))


def _granian(app: Any) -> None:
    import asyncio

    from granian.constants import Interfaces
    from granian.server.embed import Server

    port = Environment().whole("PORT", 0, low=1, high=65535)
    server = Server(
        app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_access=False
    )
    asyncio.run(server.serve())


if __name__ == "__main__":
    app = _card() if sys.argv[2:] == ["card"] else bare()
    {"uvicorn": _uvicorn, "granian": _granian}[sys.argv[1]](app)
