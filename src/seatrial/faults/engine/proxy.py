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
    dial,
    resolve,
)
from seatrial.faults.engine.dataplane.connection import ProxiedConnection
from seatrial.faults.engine.journal import ConnectionJournal
from seatrial.faults.engine.named import STREAMS, NamedToxic, Stream
from seatrial.faults.engine.routes import Route, Routes
from seatrial.faults.orphans import own_name

_BACKLOG = 4096
_ACCEPTS = 64
_REST_S = 0.1


class Surroundings:
    """The things that all proxies of an engine share: the journal, the seed, the memory budget."""

    MEMORY_BYTES = 256 * 1024 * 1024
    """The most that the stages of all links together may hold."""
    LINK_BYTES = 32 * 1024 * 1024
    LEAST_BYTES = 64 * 1024

    def __init__(self, journal: ConnectionJournal, seed: int) -> None:
        self.journal = journal
        self.seed = seed
        self.routes = Routes()
        self.connections = 0

    def allowance(self) -> int:
        """Return how many bytes one link may hold: many connections can't exhaust the memory."""
        share = self.MEMORY_BYTES // max(1, 2 * self.connections)
        return min(max(share, self.LEAST_BYTES), self.LINK_BYTES)


class EngineProxy:
    """A way for connections from `listen` to `upstream` through its toxics."""

    def __init__(self, surroundings: Surroundings, name: str, listen: str, upstream: str) -> None:
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.enabled = False
        self.toxics: dict[Stream, list[NamedToxic]] = {stream: [] for stream in STREAMS}
        self._surroundings = surroundings
        self._retired = False
        self._bound: Address | None = None
        self._listener: socket.socket | None = None
        self._connections: set[ProxiedConnection] = set()
        self._dials: set[asyncio.Task[None]] = set()
        self._accepted = 0
        self._loops = False

    def as_json(self) -> dict[str, Any]:
        """Return it as the API shows it; the real server has the empty "Logger" too."""
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
            self._listen(bind(address, _BACKLOG))

    def _listen(self, listener: socket.socket) -> None:
        self.enabled = True
        self._bound = bound_address(listener)
        self.listen = str(self._bound)
        self._listener = listener
        asyncio.get_running_loop().add_reader(listener, self._accept)

    def stop(self) -> None:
        """Stop listening and close every connection; nothing happens when it is stopped."""
        self.enabled = False
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._listener = None
        for dialling in list(self._dials):
            dialling.cancel()
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
            self.listen, self.upstream, self._loops = listen, upstream, False
        if enabled:
            await self.start()
        else:
            self.stop()

    def leads(self, wanted: Address, upstream: str) -> bool:
        """Return whether it listens there and leads there; any free port is the one it has."""
        if upstream != self.upstream:
            return False
        if self._bound is not None and self.listen == str(self._bound):
            return wanted.asks_for(self._bound)
        return str(wanted) == self.listen

    # Toxics.

    def all_toxics(self) -> list[NamedToxic]:
        """Return those of both directions, upstream first, in the order they were added in."""
        return [toxic for stream in STREAMS for toxic in self.toxics[stream]]

    def toxic(self, name: str) -> NamedToxic | None:
        """Return the toxic of that name, or None."""
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

    def _accept(self) -> None:
        """Take the clients that wait, some at a time, so that others get their turn."""
        for _ in range(_ACCEPTS):
            if self._listener is None:
                return
            try:
                client, name = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._rest_from_accepting(error)
                return
            self._accepted_from(client, Address(str(name[0]), int(name[1])))

    def _rest_from_accepting(self, error: OSError) -> None:
        """Let some connections end first: no more files may be opened."""
        assert self._listener is not None
        loop, listener = asyncio.get_running_loop(), self._listener
        loop.call_exception_handler({"message": f"{self.name} can't accept", "exception": error})
        loop.remove_reader(listener)
        loop.call_later(_REST_S, self._accept_again, listener)

    def _accept_again(self, listener: socket.socket) -> None:
        if self._listener is listener:
            asyncio.get_running_loop().add_reader(listener, self._accept)

    def _accepted_from(self, client: socket.socket, address: Address) -> None:
        """Note a client that connected, and connect it to the upstream."""
        self._accepted += 1
        self._surroundings.connections += 1
        loop = asyncio.get_running_loop()
        entry = self._surroundings.journal.begin(
            self.name, self._accepted, str(address), loop.time()
        )
        connection = ProxiedConnection(self, client, entry)
        self._connections.add(connection)
        route = self._surroundings.routes.arrived(client)
        dialling = loop.create_task(self._dial(connection, route))
        self._dials.add(dialling)
        dialling.add_done_callback(self._dials.discard)

    async def _dial(self, connection: ProxiedConnection, route: Route) -> None:
        if self.name in route:
            self._report_loop(route)
            connection.refuse("loop")
            return
        routes = self._surroundings.routes

        def begun(server: socket.socket, place: tuple[str, int]) -> None:
            if connection.way is not None:  # another of the name's addresses
                routes.forget(connection.way)
            connection.way = routes.left(server, place, (*route, self.name))

        try:
            server = await dial(self.upstream, begun)
        except (OSError, UnicodeError):
            connection.refuse("refused")
            return
        connection.open(server, self.toxics)

    def _report_loop(self, route: Route) -> None:
        """Say once that this proxy leads back to itself: each connection would make another."""
        if not self._loops:
            self._loops = True
            way = " -> ".join((*route[route.index(self.name) :], self.name))
            message = f"the proxy {self.name} leads back to itself ({way}); change an upstream"
            asyncio.get_running_loop().call_exception_handler({"message": message})

    def forget(self, connection: ProxiedConnection) -> None:
        """Drop a connection whose sockets are both closed."""
        if connection.way is not None:
            self._surroundings.routes.forget(connection.way)
        if connection in self._connections:
            self._connections.discard(connection)
            self._surroundings.connections -= 1

    def allowance(self) -> int:
        """Return how many bytes one link may hold."""
        return self._surroundings.allowance()

    def chance(self, number: int, stream: Stream) -> random.Random:
        """Return a generator that depends on the seed, the proxy's name and the number."""
        name = own_name(self.name)  # the same in each run, or a seed would repeat nothing
        return random.Random(f"{self._surroundings.seed}/{name}/{number}/{stream}")  # noqa: S311

    def recount(self) -> None:
        """Count connections from the beginning, as after a new seed."""
        self._accepted = 0

    def _open(self) -> list[ProxiedConnection]:
        return [connection for connection in self._connections if connection.server is not None]
