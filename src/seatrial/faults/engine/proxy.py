"""A proxy: a listening socket, its connections, and the toxics on them."""

import asyncio
import random
import socket
from typing import Any

from seatrial.faults.engine.addresses import (
    Address,
    AddressError,
    bind,
    bound_address,
    port_number,
    resolve,
    split,
)
from seatrial.faults.engine.connection import Connection, Peer
from seatrial.faults.engine.journal import Journal
from seatrial.faults.engine.named import STREAMS, NamedToxic, Stream

_BACKLOG = 4096


class Surroundings:
    """What all proxies of an engine share: the journal, the seed, the budget of memory."""

    MEMORY_BYTES = 256 * 1024 * 1024
    """What the stages of all links together may hold."""
    LINK_BYTES = 32 * 1024 * 1024
    LEAST_BYTES = 64 * 1024

    def __init__(self, journal: Journal, seed: int) -> None:
        self.journal = journal
        self.seed = seed
        self.connections = 0

    def allowance(self) -> int:
        """How many bytes one link may hold, so that many connections can't exhaust the memory."""
        share = self.MEMORY_BYTES // max(1, 2 * self.connections)
        return min(max(share, self.LEAST_BYTES), self.LINK_BYTES)


class Proxy:
    """Forwards connections from `listen` to `upstream` through its toxics."""

    def __init__(self, surroundings: Surroundings, name: str, listen: str, upstream: str) -> None:
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.enabled = False
        self.toxics: dict[Stream, list[NamedToxic]] = {stream: [] for stream in STREAMS}
        self._surroundings = surroundings
        self._retired = False
        self._bound: Address | None = None
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._dials: set[asyncio.Task[None]] = set()
        self._accepted = 0

    def as_json(self) -> dict[str, Any]:
        """As it stands in the API; the empty "Logger" is there because the real server has it."""
        return {
            "name": self.name,
            "listen": self.listen,
            "upstream": self.upstream,
            "enabled": self.enabled,
            "Logger": {},
            "toxics": [toxic.as_json() for toxic in self.all_toxics()],
        }

    # Listening.

    async def start(self) -> None:
        """Listen; nothing happens when it already does.

        Raises:
            AddressError: it can't listen there.
        """
        if self.enabled:
            return
        try:
            address = await resolve(self.listen)
        except AddressError as error:
            raise AddressError(f"listen tcp: {error}") from None
        if not self.enabled and not self._retired:
            await self._listen(bind(address, _BACKLOG))

    async def _listen(self, listener: socket.socket) -> None:
        self.enabled = True
        self._bound = bound_address(listener)
        self.listen = str(self._bound)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(  # doesn't suspend with a socket at hand
            lambda: _Accepting(self), sock=listener, backlog=_BACKLOG, start_serving=False
        )
        await self._server.start_serving()

    def stop(self) -> None:
        """Stop listening and close every connection; nothing happens when it is stopped."""
        self.enabled = False
        if self._server is not None:
            self._server.close()
            self._server = None
        for dial in list(self._dials):
            dial.cancel()
        for connection in list(self._connections):
            connection.stop()

    def retire(self) -> None:
        """Stop for good, also when it is just starting."""
        self._retired = True
        self.stop()

    async def update(self, listen: str, upstream: str, enabled: bool) -> None:
        """Change where it listens, where it leads, and whether it runs.

        Raises:
            AddressError: the new address is wrong (nothing changed) or can't be listened on (it
                is stopped, and has the new address).
        """
        if not self.leads(await resolve(listen), upstream):
            self.stop()
            self.listen, self.upstream = listen, upstream
        if enabled:
            await self.start()
        else:
            self.stop()

    def leads(self, wanted: Address, upstream: str) -> bool:
        """Whether it already listens there and leads there; any free port is the one it has."""
        if upstream != self.upstream:
            return False
        if self._bound is not None and self.listen == str(self._bound):
            return wanted.asks_for(self._bound)
        return str(wanted) == self.listen

    # Toxics.

    def all_toxics(self) -> list[NamedToxic]:
        """Those of both directions, upstream first, in the order in which they were added."""
        return [toxic for stream in STREAMS for toxic in self.toxics[stream]]

    def toxic(self, name: str) -> NamedToxic | None:
        """The toxic of that name."""
        return next((toxic for toxic in self.all_toxics() if toxic.name == name), None)

    def add_toxic(self, toxic: NamedToxic) -> None:
        """Put it at the end of its chain, on open connections too."""
        self.toxics[toxic.stream].append(toxic)
        for connection in self._open():
            connection.links[toxic.stream].add(toxic)

    def update_toxic(self, old: NamedToxic, new: NamedToxic) -> None:
        """Replace a toxic in its place, on open connections too."""
        chain = self.toxics[old.stream]
        chain[chain.index(old)] = new
        for connection in self._open():
            connection.links[old.stream].update(old, new)

    def remove_toxic(self, toxic: NamedToxic) -> None:
        """Take a toxic out, on open connections too."""
        self.toxics[toxic.stream].remove(toxic)
        for connection in self._open():
            connection.links[toxic.stream].remove(toxic)

    def measure(self) -> None:
        """Bring the journal's counts of bytes up to date."""
        for connection in self._connections:
            connection.measure()

    # Connections.

    def accepted(self, client: Peer) -> None:
        """A client connected: note it, and connect it to the upstream."""
        assert client.transport is not None
        self._accepted += 1
        self._surroundings.connections += 1
        loop = asyncio.get_running_loop()
        name = client.transport.get_extra_info("peername") or ("", 0)
        address = str(Address(str(name[0]), int(name[1])))
        entry = self._surroundings.journal.begin(self.name, self._accepted, address, loop.time())
        connection = Connection(self, client, entry)
        self._connections.add(connection)
        dial = loop.create_task(self._dial(connection))
        self._dials.add(dial)
        dial.add_done_callback(self._dials.discard)

    async def _dial(self, connection: Connection) -> None:
        server = Peer()
        try:
            host, port = split(self.upstream)
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: server, host or "localhost", port_number(port))
        except (OSError, UnicodeError):
            connection.refuse()
            return
        connection.open(server, self.toxics)

    def forget(self, connection: Connection) -> None:
        """Both of its sockets are closed."""
        if connection in self._connections:
            self._connections.discard(connection)
            self._surroundings.connections -= 1

    def allowance(self) -> int:
        """How many bytes one link may hold."""
        return self._surroundings.allowance()

    def chance(self, number: int, stream: Stream) -> random.Random:
        """A generator that depends on the seed, the proxy's name and the connection's number."""
        return random.Random(f"{self._surroundings.seed}/{self.name}/{number}/{stream}")  # noqa: S311

    def recount(self) -> None:
        """Count connections from the beginning, as after a new seed."""
        self._accepted = 0

    def _open(self) -> list[Connection]:
        return [connection for connection in self._connections if connection.server is not None]


class _Accepting(Peer):
    """A client's side, which makes itself known to the proxy."""

    def __init__(self, proxy: Proxy) -> None:
        super().__init__()
        self._proxy = proxy

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._proxy.enabled:
            self._proxy.accepted(self)
        else:  # it was accepted while the proxy stopped
            transport.close()
