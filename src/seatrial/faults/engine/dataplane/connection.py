"""One connection through a proxy: two sockets and a link each way."""

import asyncio
import random
import socket
from typing import Literal, Protocol

from seatrial.faults.engine.dataplane.link import Link
from seatrial.faults.engine.dataplane.sockets import Socket
from seatrial.faults.engine.journal import End, Entry
from seatrial.faults.engine.named import NamedToxic, Stream
from seatrial.faults.engine.routes import Ends


class Peer:
    """One side: it reads into one link, and writes what the other link brings."""

    def __init__(self, sock: socket.socket, connection: "ProxiedConnection") -> None:
        self.socket: Socket | None = Socket(sock, self)
        self._connection = connection
        self._reads: Link | None = None
        self._writes: Link | None = None

    def join(self, reads: Link, writes: Link) -> None:
        """Give it the links that it belongs to."""
        self._reads, self._writes = reads, writes

    # Called by the socket.

    def received(self, data: memoryview) -> None:
        """Pass on what was read."""
        assert self._reads is not None
        self._reads.feed(data)

    def spliceable(self) -> tuple[Socket, int] | None:
        """Return where the next data may go unseen."""
        assert self._reads is not None
        return self._reads.spliceable()

    def spliced(self, count: int) -> None:
        """Count what went there unseen."""
        assert self._reads is not None
        self._reads.passed(count)

    def received_end(self) -> None:
        """End the link's input; the link decides when to close, so the socket stays open."""
        self._connection.peer_ended(self)
        if self._reads is not None:
            self._reads.feed_end()

    def congested(self, congested: bool) -> None:
        """Stop the link that leads here, or let it go on."""
        if self._writes is not None:
            self._writes.congest(congested)

    def lost(self) -> None:
        """End this side, as its socket is closed."""
        self.received_end()
        self._connection.lost(self)


class Host(Protocol):
    """The proxy that a connection belongs to."""

    def forget(self, connection: "ProxiedConnection") -> None:
        """Drop a connection whose sockets are both closed."""

    def allowance(self) -> int:
        """Return how many bytes the stages of one link may hold."""

    def chance(self, number: int, stream: Stream) -> random.Random:
        """Return the generator of one direction of a connection."""


class ProxiedConnection:
    """A client and a server, and the two links between them."""

    def __init__(self, host: Host, client: socket.socket, entry: Entry) -> None:
        self.entry = entry
        self.client = Peer(client, self)
        self.server: Peer | None = None
        self.way: Ends | None = None
        """The name by which the engine's routes know it."""
        self._host = host
        self._now = asyncio.get_running_loop().time
        self.links: dict[Stream, Link] = {
            "upstream": Link(self, "upstream", lambda: host.chance(entry.number, "upstream")),
            "downstream": Link(self, "downstream", lambda: host.chance(entry.number, "downstream")),
        }

    def open(self, server: socket.socket, toxics: dict[Stream, list[NamedToxic]]) -> None:
        """Connect the two sides; data flows from now on."""
        self.server = Peer(server, self)
        self.entry.connected_s = self._now()
        client_side, server_side = self.client.socket, self.server.socket
        if client_side is None or server_side is None:  # one is gone already
            self._abort()
            return
        up, down = self.links["upstream"], self.links["downstream"]
        self.client.join(reads=up, writes=down)
        self.server.join(reads=down, writes=up)
        up.open(client_side, server_side, toxics["upstream"])
        down.open(server_side, client_side, toxics["downstream"])
        client_side.resume_reading()
        server_side.resume_reading()

    def refuse(self, why: Literal["refused", "loop"]) -> None:
        """Close the client's connection: nobody listens upstream, or the way leads back here."""
        self._note_end(why)
        if self.client.socket is not None:
            self.client.socket.close()

    def stop(self) -> None:
        """Close both sockets now, whatever is on its way."""
        self._note_end("stopped")
        self._abort()

    def reset(self) -> None:
        """Close both sockets with a TCP reset."""
        self._note_end("reset")
        self._drop()
        for peer in self._peers():
            if peer.socket is not None:
                peer.socket.reset()

    def _abort(self) -> None:
        self._drop()
        for peer in self._peers():
            if peer.socket is not None:
                peer.socket.abort()

    def _drop(self) -> None:
        for link in self.links.values():
            link.drop()

    # Called by the peers and the links.

    def peer_ended(self, peer: Peer) -> None:
        """Note that a peer closed, or that its socket is gone."""
        self._note_end("client" if peer is self.client else "upstream")

    def link_ended(self, link: Link) -> None:
        """End the other link, as its source is being closed."""
        self._note_end("toxic")
        self.links["downstream" if link.stream == "upstream" else "upstream"].feed_end()

    def worked(self, link: Link, toxic: NamedToxic, working: bool) -> None:
        """Note that a toxic began or ceased to work on a link."""
        self.entry.worked(toxic, working, self._now())

    def allowance(self) -> int:
        """Return how many bytes the stages of one link may hold."""
        return self._host.allowance()

    def lost(self, peer: Peer) -> None:
        """Note that a socket is closed; when both are, the connection is over."""
        peer.socket = None
        if all(other.socket is None for other in self._peers()):
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
