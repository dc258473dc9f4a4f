"""A server that costs next to nothing and can stand still at known times; a process of its own.

`python -m benchmarks._load_target [FREEZE_S EVERY_S]`: with the two, it doesn't move for the first
FREEZE_S of each EVERY_S, counted from the `epochS` in its listening line.
"""

import asyncio
import json
import sys
import time

BODY = b'{"user":{"id":"u-1","version":1},"source":"cache"}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(BODY)
) + BODY


class Idle(asyncio.Protocol):
    """Answers each request at once and looks at none."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer."""
        self._transport.write(ANSWER * data.count(b"\r\n\r\n"))


async def _freeze(epoch_s: float, freeze_s: float, every_s: float) -> None:
    number = 1
    while True:
        start_s = epoch_s + number * every_s
        await asyncio.sleep(max(0.0, start_s - time.monotonic()))
        time.sleep(max(0.0, start_s + freeze_s - time.monotonic()))  # noqa: ASYNC251 - the point
        number += 1


async def serve(words: list[str]) -> None:
    """Serve until ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Idle, "127.0.0.1", 0, backlog=2048)
    epoch_s = time.monotonic()
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(json.dumps({"event": "listening", "data": {"url": url, "epochS": epoch_s}}), flush=True)
    freezer = asyncio.create_task(_freeze(epoch_s, *map(float, words))) if words else None
    await server.serve_forever()
    del freezer


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1:]))
