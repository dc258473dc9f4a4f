"""A server of cards for the load's own tests: a TTL cache with defects to choose, as a process.

GET /users/{id}/card answers as the marketplace does, from a made-up origin; GET /upstream says how
often that was asked. With --freeze-s it stands still at known times, counted from the `epochS` in
its listening line.
"""

import argparse
import asyncio
import json
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import uvicorn

Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]


class Cards:
    """Cards behind a TTL cache."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.upstream = 0
        self._expires_s: dict[str, float] = {}
        self._flights: dict[str, asyncio.Task[None]] = {}
        self._requests = 0

    async def source(self, key: str) -> str:
        """Where the card comes from, once it is there."""
        if self._expires_s.get(key, 0.0) > time.monotonic():
            await asyncio.sleep(self.options.hit_s)
            return "cache"
        if not self.options.single_flight:
            await self._fetch(key)
            return "origin"
        if key not in self._flights:
            self._flights[key] = asyncio.create_task(self._fetch(key))
        await self._flights[key]
        return "origin"

    async def _fetch(self, key: str) -> None:
        self.upstream += 1
        await asyncio.sleep(self.options.origin_s)
        self._expires_s[key] = time.monotonic() + self.options.ttl_s
        self._flights.pop(key, None)

    def fails(self) -> bool:
        """Return True if this request is one that fails, every N-th."""
        self._requests += 1
        every = self.options.fail_every
        return bool(every) and self._requests % every == 0

    async def __call__(self, scope: dict[str, Any], receive: object, send: Send) -> None:
        """Answer one request."""
        words = scope["path"].strip("/").split("/")
        if words == ["upstream"]:
            await _answer(send, 200, {"calls": self.upstream})
        elif self.fails():
            await _answer(send, 503, {})
        else:
            source = await self.source(words[1])
            await _answer(send, 200, {"user": {"id": words[1]}, "source": source})


async def _answer(send: Send, status: int, body: dict[str, Any]) -> None:
    text = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(text))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


async def _freeze(epoch_s: float, freeze_s: float, every_s: float) -> None:
    """Block the whole loop for `freeze_s` at the beginning of each `every_s`, on schedule."""
    number = 1
    while True:
        start_s = epoch_s + number * every_s
        await asyncio.sleep(max(0.0, start_s - time.monotonic()))
        time.sleep(max(0.0, start_s + freeze_s - time.monotonic()))  # noqa: ASYNC251 - the point
        number += 1


async def _serve(options: argparse.Namespace) -> None:
    # With the protocol named, asyncio sets TCP_NODELAY; without, answers wait 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    config = uvicorn.Config(Cards(options), lifespan="off", log_level="warning", access_log=False)
    epoch_s = time.monotonic()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    line = {"event": "listening", "data": {"url": url, "epochS": epoch_s}}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    if options.freeze_s:
        freezer = asyncio.create_task(_freeze(epoch_s, options.freeze_s, options.freeze_every_s))
        freezer.add_done_callback(lambda task: task.cancelled())
    await uvicorn.Server(config).serve(sockets=[listener])


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ttl-s", type=float, default=1.0, help="0 is no cache")
    parser.add_argument("--origin-s", type=float, default=0.02)
    parser.add_argument("--hit-s", type=float, default=0.0)
    parser.add_argument("--fail-every", type=int, default=0)
    parser.add_argument("--no-single-flight", dest="single_flight", action="store_false")
    parser.add_argument("--freeze-s", type=float, default=0.0)
    parser.add_argument("--freeze-every-s", type=float, default=2.0)
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
