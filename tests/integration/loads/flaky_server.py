"""A server that breaks its connections in chosen ways, and counts every request that it got.

`drop` closes without a byte, `cut` closes and `reset` resets in the middle of the body, `redirect`
sends the client to another path; GET /seen says how many requests there were, without itself.
"""

import argparse
import asyncio
import itertools
import json
import socket
import struct
import sys

BODY = b"hello, world"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n"


class Flaky:
    """Breaks some of its answers."""

    def __init__(self, breaks: str, of_ten: int) -> None:
        self.breaks = breaks
        self.of_ten = of_ten
        self.seen = 0
        self._turn = itertools.count()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until it is broken."""
        try:
            while await self._answer(await _request(reader), writer):
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async def _answer(self, path: bytes, writer: asyncio.StreamWriter) -> bool:
        if path == b"/seen":
            writer.write(HEAD % 20 + json.dumps({"seen": self.seen}).ljust(20).encode())
            return True
        self.seen += 1
        if path == b"/elsewhere" or next(self._turn) % 10 >= self.of_ten:
            writer.write(HEAD % len(BODY) + BODY)
            return True
        if self.breaks == "redirect":
            writer.write(b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n")
            return True
        if self.breaks in {"cut", "reset"}:
            writer.write(HEAD % len(BODY) + BODY[:5])
            await writer.drain()
            await asyncio.sleep(0.01)
        if self.breaks == "reset":
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))
    return head.split(b" ", 2)[1]


async def _main(options: argparse.Namespace) -> None:
    flaky = Flaky(options.breaks, options.of_ten)
    server = await asyncio.start_server(flaky.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    sys.stdout.write(json.dumps({"event": "listening", "data": {"url": url}}) + "\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("breaks", choices=["drop", "cut", "reset", "redirect"])
    parser.add_argument("--of-ten", type=int, default=3, help="how many of ten requests")
    asyncio.run(_main(parser.parse_args()))
