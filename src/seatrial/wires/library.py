"""Wires for a team's own chaos tests: a proxy and a tap before any provider, in a block."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

from seatrial.errors import UsageError
from seatrial.faults import Engine, Proxy, open_engine
from seatrial.system import Session
from seatrial.tap import RunningTap, TapClient, start_tap
from seatrial.wires.wire import Wire


class Wires:
    """Makes wires with one engine; a provider's tap is started once and used again."""

    def __init__(self, session: Session, engine: Engine) -> None:
        """Take what ends the processes, and what makes the proxies."""
        self.engine = engine
        self._session = session
        self._free: dict[tuple[str, tuple[str, ...]], list[tuple[str, RunningTap]]] = {}
        self._started = 0

    @asynccontextmanager
    async def edge(
        self, provider: str, *, journal_headers: Sequence[str] = (), seed: int = 1
    ) -> AsyncIterator[Wire]:
        """A wire in front of a provider, its `url` for the caller. All faults end with the block.

        Args:
            provider: where it runs, like http://127.0.0.1:3001.
            journal_headers: headers to write down, next to trace id and idempotency key.
            seed: of all chance in the embedded engine: the same one gives the same toxicities.

        Raises:
            UsageError: the address isn't of that form.
        """
        parts = urlsplit(provider)
        if parts.scheme != "http" or not parts.hostname:
            raise UsageError(
                f"a provider's address is like http://127.0.0.1:3001, not {provider!r}"
            )
        key = provider.rstrip("/"), tuple(journal_headers)
        free = self._free.setdefault(key, [])
        if not free:
            free.append(await asyncio.to_thread(self._start, *key))
        name, running = free.pop()
        proxy = await asyncio.to_thread(self._proxy, name, running, seed)
        try:
            async with TapClient(running.control_url) as tap:
                await tap.clear()
                await tap.clear_journal()
                yield Wire(proxy, tap)
                await tap.clear()
            free.append((name, running))
        finally:
            await asyncio.to_thread(proxy.delete)

    def _start(self, provider: str, headers: tuple[str, ...]) -> tuple[str, RunningTap]:
        """A tap, and a name that is the same in the next run: chance depends on it."""
        self._started += 1
        name = f"edge-{self._started}"
        return name, start_tap(self._session, provider, name, journal_headers=headers)

    def _proxy(self, name: str, running: RunningTap, seed: int) -> Proxy:
        proxy = self.engine.proxy(name, running.url.removeprefix("http://"))
        self.engine.reseed(seed)
        return proxy


@contextmanager
def open_wires(engine: str = "auto") -> Iterator[Wires]:
    """An engine and what it needs, until the block ends.

    Args:
        engine: "auto", "toxiproxy" or "embedded".

    Raises:
        UsageError: there is no such engine here.
    """
    with Session() as session, open_engine(session, engine) as opened:
        yield Wires(session, opened)
