"""One connection through a proxy: two sockets and a link each way."""

import asyncio
import random
import socket
import struct
from typing import Protocol

from seatrial.faults.engine.journal import End, Entry
from seatrial.faults.engine.link import Link
from seatrial.faults.engine.named import NamedToxic, Stream

_READ_BYTES = 262144
_WRITE_BUFFER_BYTES = 64 * 1024
_LINGER_RESET = struct.pack("ii", 1, 0)


class _Reading:
    """One buffer for all, since the loop fills it and hands it over in one go.

    So a connection costs no memory of its own for reading, and most data is never copied.
    """

    buffer = memoryview(bytearray(_READ_BYTES))

    @classmethod
    def renew(cls) -> None:
        """Leave the buffer to a transport that couldn't send all of it yet."""
        cls.buffer = memoryview(bytearray(_READ_BYTES))


class Peer(asyncio.BufferedProtocol):
    """One side: reads into the link that leads away from it, writes what the other link brings."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.connection: Connection | None = None
        self.reads: Link | None = None
        self.writes: Link | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; nothing is read before there is a place for it."""
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        transport.set_write_buffer_limits(high=_WRITE_BUFFER_BYTES)
        self.transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        """The shared buffer."""
        return _Reading.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Pass on what was read."""
        if self.reads is not None:
            data = _Reading.buffer[:nbytes]
            if nbytes < _WRITE_BUFFER_BYTES:  # not worth the buffer, should somebody keep it
                self.reads.feed(bytes(data))
            else:
                self.reads.feed(data)
                if self.reads.is_writing:
                    _Reading.renew()

    def eof_received(self) -> bool:
        """The peer sends no more; the link decides when to close, so the transport stays open."""
        self._ended()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        self._ended()
        if self.connection is not None:
            self.connection.lost(self)

    def pause_writing(self) -> None:
        """The peer reads too slowly."""
        if self.writes is not None:
            self.writes.congest(True)

    def resume_writing(self) -> None:
        """The peer caught up."""
        if self.writes is not None:
            self.writes.congest(False)

    def _ended(self) -> None:
        if self.connection is not None:
            self.connection.peer_ended(self)
        if self.reads is not None:
            self.reads.feed_end()


class Host(Protocol):
    """The proxy that a connection belongs to."""

    def forget(self, connection: "Connection") -> None:
        """Both sockets are closed."""

    def allowance(self) -> int:
        """How many bytes the stages of one link may hold."""

    def chance(self, number: int, stream: Stream) -> random.Random:
        """The generator of one direction of a connection."""


class Connection:
    """A client and a server, and the two links between them."""

    def __init__(self, host: Host, client: Peer, entry: Entry) -> None:
        self.client = client
        self.server: Peer | None = None
        self.entry = entry
        self._host = host
        self._now = asyncio.get_running_loop().time
        self.links: dict[Stream, Link] = {
            "upstream": Link(self, "upstream", lambda: host.chance(entry.number, "upstream")),
            "downstream": Link(self, "downstream", lambda: host.chance(entry.number, "downstream")),
        }
        client.connection = self

    def open(self, server: Peer, toxics: dict[Stream, list[NamedToxic]]) -> None:
        """Connect the two sides; data flows from now on."""
        self.server = server
        server.connection = self
        self.entry.connected_s = self._now()
        client_side, server_side = self.client.transport, server.transport
        if client_side is None or server_side is None:  # one is gone already
            self._abort()
            return
        up, down = self.links["upstream"], self.links["downstream"]
        self.client.reads = server.writes = up
        server.reads = self.client.writes = down
        up.open(client_side, server_side, toxics["upstream"])
        down.open(server_side, client_side, toxics["downstream"])
        client_side.resume_reading()
        server_side.resume_reading()

    def refuse(self) -> None:
        """Nobody listens upstream: the client sees its connection closed."""
        self._note_end("refused")
        if self.client.transport is not None:
            self.client.transport.close()

    def stop(self) -> None:
        """Close both sockets now, whatever is on its way."""
        self._note_end("stopped")
        self._abort()

    def reset(self) -> None:
        """Close both sockets with a TCP reset."""
        self._note_end("reset")
        for peer in self._peers():
            sock = peer.transport.get_extra_info("socket") if peer.transport else None
            if sock is not None and sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
        self._abort()

    def _abort(self) -> None:
        for link in self.links.values():
            link.drop()
        for peer in self._peers():
            if peer.transport is not None:
                peer.transport.abort()

    # What the peers and the links say.

    def peer_ended(self, peer: Peer) -> None:
        """A peer closed, or its socket is gone."""
        self._note_end("client" if peer is self.client else "upstream")

    def link_ended(self, link: Link) -> None:
        """The destination is being closed, so nothing comes from it any more."""
        self._note_end("toxic")
        self.links["downstream" if link.stream == "upstream" else "upstream"].feed_end()

    def worked(self, link: Link, toxic: NamedToxic, working: bool) -> None:
        """A toxic began or ceased to work on a link."""
        self.entry.worked(toxic, working, self._now())

    def allowance(self) -> int:
        """How many bytes the stages of one link may hold."""
        return self._host.allowance()

    def lost(self, peer: Peer) -> None:
        """A socket is closed; when both are, the connection is over."""
        peer.transport = None
        if all(other.transport is None for other in self._peers()):
            self.measure()
            self.entry.closed_s = self._now()
            for link in self.links.values():
                link.drop()
            self._host.forget(self)

    def measure(self) -> None:
        """Bring the journal's counts of bytes up to date."""
        up, down = self.links["upstream"], self.links["downstream"]
        self.entry.upstream_received, self.entry.upstream_sent = up.received_bytes, up.sent_bytes
        self.entry.downstream_received = down.received_bytes
        self.entry.downstream_sent = down.sent_bytes

    def _peers(self) -> list[Peer]:
        return [self.client] if self.server is None else [self.client, self.server]

    def _note_end(self, end: End) -> None:
        if self.entry.end is None:
            self.entry.end = end
