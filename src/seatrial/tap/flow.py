"""Both sides of the tap: a connection that can be drained, paused and broken off."""

import asyncio
import contextlib
import socket
import struct

_LINGER_NONE = struct.pack("ii", 1, 0)


class FlowProtocol(asyncio.Protocol):
    """A connection whose writer can wait until the peer has read."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._drained: asyncio.Future[None] | None = None
        self._may_write = True
        self._pauses = 0
        self.lost = False
        """True once the connection is gone."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake a writer that waits: nobody reads any more."""
        self.lost = True
        self.resume_writing()

    def pause_writing(self) -> None:
        """Note that the peer reads too slowly."""
        self._may_write = False

    def resume_writing(self) -> None:
        """Note that the peer has caught up."""
        self._may_write = True
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    async def drain(self) -> None:
        """Wait until the peer has read most of what was written; at once when it has."""
        while not self._may_write and not self.lost:
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained

    def pause_reading(self) -> None:
        """Take nothing more from the peer until every pause has been resumed."""
        self._pauses += 1
        if self._pauses == 1 and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Take one pause back."""
        self._pauses -= 1
        if self._pauses == 0 and not self.transport.is_closing():
            self.transport.resume_reading()

    def reset(self) -> None:
        """End the connection with a TCP reset; what was not sent yet is lost."""
        sock = self.transport.get_extra_info("socket")
        # Without a linger of zero an aborted transport says FIN: to a peer, an orderly end.
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        self.transport.abort()
