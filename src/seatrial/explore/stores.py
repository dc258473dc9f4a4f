"""A service's ways to Valkey and PostgreSQL: each use of them is a point, as a request is."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from math import inf

from seatrial.config import Config
from seatrial.explore.postgresql import PostgresDialogue
from seatrial.explore.store_messages import StoreDialogue, StoreMessage
from seatrial.explore.valkey import ValkeyDialogue
from seatrial.explore.watch import SeenUse, Watch
from seatrial.system import SERVERS

_DIALOGUES: Mapping[str, Callable[[], StoreDialogue]] = {
    "redis": ValkeyDialogue,
    "postgres": PostgresDialogue,
}
"""By the placeholder that asks for the server."""
_CHUNK = 65_536
_SETTLES_S = 1.0
"""A service that uses its store all the time isn't waited for longer."""
_LINGER_NONE = struct.pack("ii", 1, 0)

Address = tuple[str, int]


def _anywhere(service: str, part: str) -> Address:
    del service, part
    return "127.0.0.1", 0


class StoreTaps:
    """The taps of a system, one for each service and store; they outlive its processes."""

    def __init__(self, config: Config) -> None:
        """Take what declares the services; nothing listens yet."""
        parts = {SERVERS.find(one).link: one for one in _DIALOGUES}
        self._taps = {
            (name, part): StoreTap(f"{part}:{name}", _DIALOGUES[placeholder])
            for name, service in config.services.items()
            for part, placeholder in parts.items()
            if service.uses(placeholder)
        }

    async def start(self, place: Callable[[str, str], Address] = _anywhere) -> None:
        """Listen.

        Args:
            place: of a service's and its part's name, where; port 0 is any free one.
        """
        for names, tap in self._taps.items():
            if not tap.address:  # else it's another try of a system that didn't start
                await tap.start(*place(*names))

    def override(self, service: str, part: str, address: str) -> str:
        """Lead a service's tap to this host:port, and return the tap's: an `AddressOverride`."""
        if (tap := self._taps.get((service, part))) is None:
            return address  # nobody here knows its protocol
        tap.lead_to(address)
        return tap.address

    def watch(self, watch: Watch | None) -> None:
        """Let a run's watch decide from now on; None: all passes, and what hangs ends."""
        for tap in self._taps.values():
            tap.listen_to(watch)

    async def settled(self, quiet_s: float) -> None:
        """Wait until nothing was used for a time, but no longer than a while."""
        until_s = time.monotonic() + _SETTLES_S
        while (now_s := time.monotonic()) < until_s:
            last_s = max((tap.last_used_s for tap in self._taps.values()), default=-inf)
            if now_s >= last_s + quiet_s:
                return
            await asyncio.sleep(last_s + quiet_s - now_s)

    async def close(self) -> None:
        """End all connections."""
        for tap in self._taps.values():
            await tap.close()


class StoreTap:
    """Stands between one service and one of its stores."""

    def __init__(self, edge: str, dialogue: Callable[[], StoreDialogue]) -> None:
        """Take the name of this way, and what understands a connection."""
        self.address = ""
        """Its host:port, once it listens."""
        self.last_used_s = -inf
        """In `time.monotonic()` seconds."""
        self._edge, self._dialogue = edge, dialogue
        self._watch: Watch | None = None
        self._store: Address = ("", 0)
        self._hanging: set[_Connection] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen at a port, or at any free one."""
        self._server = await asyncio.start_server(self._serve, host, port)
        self.address = f"{host}:{port or self._server.sockets[0].getsockname()[1]}"

    def lead_to(self, address: str) -> None:
        """Let connections from now on go to the store at this host:port."""
        host, _, port = address.rpartition(":")
        self._store = host, int(port)

    def seen(self, message: StoreMessage) -> SeenUse | None:
        """Name a message that is a use; None: it's none, or nobody watches."""
        if message.command is None:
            return None
        self.last_used_s = time.monotonic()
        if self._watch is None:
            return None
        return self._watch.used(self._edge, message.command, self.last_used_s)

    def listen_to(self, watch: Watch | None) -> None:
        """Let a run's watch decide from now on; None: all passes, and what hangs ends."""
        self._watch = watch
        if watch is None:
            for one in self._hanging:
                one.reset()

    async def close(self) -> None:
        """End all connections, and listen no more."""
        if self._server is not None:
            self._server.close()
        serving = tuple(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self._connected(reader, writer)
        except asyncio.CancelledError:
            return  # it's being closed; asyncio would report it
        finally:
            self._serving.discard(task)
            writer.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_store, to_store = await asyncio.open_connection(*self._store)
        except OSError:
            return  # it's down, and to the service it is so too
        try:
            connection = _Connection(self, self._dialogue(), reader, writer, to_store)
            await connection.run(from_store)
        finally:
            to_store.close()

    @contextmanager
    def hanging(self, connection: "_Connection") -> Iterator[None]:
        """Note that a connection hangs, for the time of a block."""
        self._hanging.add(connection)
        try:
            yield
        finally:
            self._hanging.discard(connection)


class _Connection:
    """A client's connection, and the one to its store behind it."""

    def __init__(
        self,
        tap: StoreTap,
        dialogue: StoreDialogue,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        to_store: asyncio.StreamWriter,
    ) -> None:
        self._tap, self._dialogue = tap, dialogue
        self._client, self._to_client, self._to_store = client, to_client, to_store
        self._unanswered = 0
        self._idle = asyncio.Event()
        """Set while all that was sent is answered."""
        self._idle.set()
        self._open: list[SeenUse] = []
        """Uses that aren't answered."""
        self._losing = False

    async def run(self, from_store: asyncio.StreamReader) -> None:
        """Pass both ways until one side ends."""
        pumps = {
            asyncio.ensure_future(self._pass_on()),
            asyncio.ensure_future(self._pass_back(from_store)),
        }
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._end_uses()
            for one in pumps:
                one.cancel()
            for error in await asyncio.gather(*pumps, return_exceptions=True):
                if isinstance(error, Exception) and not isinstance(error, OSError):
                    raise error

    def reset(self) -> None:
        """End the client's connection with a TCP reset."""
        sock = self._to_client.get_extra_info("socket")
        # Without a linger of zero an aborted transport says FIN: to a peer, an orderly end.
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        self._to_client.transport.abort()

    async def _messages(self) -> AsyncIterator[StoreMessage]:
        while data := await self._client.read(_CHUNK):
            for message in self._dialogue.sent(data):
                yield message

    async def _pass_on(self) -> None:
        messages = self._messages()
        async for message in messages:
            use = self._tap.seen(message)
            if use is not None and use.planned is not None:
                await self._hit(use, use.planned, message, messages)
                return
            if use is not None:
                self._open.append(use)
            await self._send(message)

    async def _hit(
        self, use: SeenUse, kind: str, message: StoreMessage, messages: AsyncIterator[StoreMessage]
    ) -> None:
        """Do to a use what is planned, which ends the connection."""
        try:
            await self._idle.wait()  # what came before it is answered as ever
            use.injected = kind
            if kind == "answer-lost":
                await self._lose_answer(message, messages)
        finally:
            use.ended_s = time.monotonic()
        if kind == "hang":
            with self._tap.hanging(self):
                while await self._client.read(_CHUNK):
                    pass  # until it gives up, or the run ends
        self.reset()

    async def _lose_answer(
        self, message: StoreMessage, messages: AsyncIterator[StoreMessage]
    ) -> None:
        self._losing = True
        await self._send(message)
        while not message.is_answered:
            message = await anext(messages)
            await self._send(message)
        await self._idle.wait()

    async def _send(self, message: StoreMessage) -> None:
        if message.is_answered:
            self._unanswered += 1
            self._idle.clear()
        self._to_store.write(message.data)
        await self._to_store.drain()

    async def _pass_back(self, from_store: asyncio.StreamReader) -> None:
        while data := await from_store.read(_CHUNK):
            if not self._losing:
                self._to_client.write(data)
                await self._to_client.drain()
            self._unanswered -= self._dialogue.answered(data)
            if self._unanswered <= 0:
                self._unanswered = 0
                self._idle.set()
                self._end_uses()

    def _end_uses(self) -> None:
        for use in self._open:
            use.ended_s = time.monotonic()
        self._open.clear()
