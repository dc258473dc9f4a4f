"""A consumer of aiohttp on both sides: a timeout of the whole, answers that are renewed behind."""

import asyncio
import json
import os
import socket
import time
from typing import Any

import aiohttp
from aiohttp import web

from tests.inference.numbers import Numbers


class Failed(Exception):  # noqa: N818 - what happened
    """There is no thing to give."""


class Client:
    """Asks once; what is kept and no longer fresh is given, and asked for again behind it."""

    def __init__(self, numbers: Numbers) -> None:
        """Begin empty."""
        self._numbers = numbers
        self._kept: dict[str, tuple[Any, float]] = {}
        self._renewals: dict[str, asyncio.Task[Any]] = {}

    async def thing(self, name: str, trace: str) -> Any:
        """Return the thing, None where there is none."""
        value, since_s = self._kept.get(name, (None, 0.0))
        age_s = time.monotonic() - since_s
        ttl_s = self._numbers.ttl_s or 0.0
        if value is not None and age_s < ttl_s:
            return value
        if value is not None and age_s < ttl_s + self._numbers.revalidate_s:
            if name not in self._renewals:
                self._renewals[name] = asyncio.create_task(self._renew(name, trace))
            return value
        return await self._load(name, trace)

    async def _renew(self, name: str, trace: str) -> None:
        try:
            await self._load(name, trace)
        except Failed:
            pass
        finally:
            del self._renewals[name]

    async def _load(self, name: str, trace: str) -> Any:
        try:
            async with self._session().get(f"/things/{name}", headers={"x-trace-id": trace}) as got:
                if got.status == 404:
                    return None
                if got.status >= 400:
                    raise Failed(str(got.status))
                value = json.loads(await got.text())
                assert isinstance(value["id"], str)
        except (aiohttp.ClientError, TimeoutError, ValueError, TypeError, KeyError) as error:
            raise Failed(type(error).__name__) from error
        if self._numbers.ttl_s:
            self._kept[name] = (value, time.monotonic())
        return value

    def _session(self) -> aiohttp.ClientSession:
        if not hasattr(self, "_made"):
            timeout = aiohttp.ClientTimeout(total=self._numbers.attempt_timeout_s)
            self._made = aiohttp.ClientSession(os.environ["THINGS_URL"], timeout=timeout)
        return self._made


async def main() -> None:
    """Serve."""
    client = Client(Numbers.from_env())

    async def answer(request: web.Request) -> web.Response:
        trace = request.headers.get("x-trace-id", "")
        try:
            value = await client.thing(request.match_info["name"], trace)
        except Failed as error:
            return web.json_response({"why": str(error)}, status=503)
        if value is None:
            return web.json_response({}, status=404)
        return web.json_response({"thing": value})

    async def health(_: web.Request) -> web.Response:
        return web.json_response({})

    app = web.Application()
    app.router.add_get("/thing/{name}", answer)
    app.router.add_get("/health/live", health)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(os.environ["PORT"])))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    print(json.dumps({"event": "listening", "data": {"url": url}}), flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
