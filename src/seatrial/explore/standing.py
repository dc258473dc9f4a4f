"""The whole system, standing, with a tap on every edge; it is what runs of a journey share."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from seatrial.config import Config
from seatrial.explore.alternatives import Alternatives
from seatrial.explore.edges import tapped_edges
from seatrial.explore.processes import Processes
from seatrial.explore.stores import StoreTaps
from seatrial.explore.toxics import ToxicAlternatives, prepare, resets, unprepare
from seatrial.explore.watch import EdgeWatch, Watch
from seatrial.faults import Engine, Proxy
from seatrial.system import Launcher, Session
from seatrial.tap import LoopTap, serve_tap
from seatrial.testbed import Topology

_HOST = "127.0.0.1"
_NOWHERE = "http://127.0.0.1:9"


class Standing:
    """Processes and taps; the taps stay where they are while processes are started afresh."""

    fresh = False
    """A run finds what earlier ones left behind."""

    def __init__(self, config: Config, folder: Path, engine: Engine | None = None) -> None:
        """Take what is started; nothing runs yet.

        Args:
            config: declares it.
            folder: the configuration file's.
            engine: makes the network's faults, with a proxy before each tap; None: the taps do.
        """
        self.config = config
        self.processes = Processes()
        self.urls: Mapping[str, str] = {}
        """Where each service answers, past the taps."""
        self.starts = 0
        """How often the processes were started."""
        self._folder = folder
        self._engine = engine
        self._proxies: dict[tuple[str, str], Proxy] = {}
        self._session: Session | None = None
        self._taps: dict[tuple[str, str], LoopTap] = {}
        self._edges = {(one.consumer, one.provider): EdgeWatch(one) for one in tapped_edges(config)}
        self.stores = StoreTaps(config)
        self._stack = AsyncExitStack()

    @property
    def alternatives(self) -> Alternatives:
        """The faults of points, for one run: what an earlier one left hanging holds nothing up."""
        pauses_s = self.config.explore.pauses_s
        if self._proxies:
            return ToxicAlternatives(self.processes, pauses_s, proxies=self._proxies)
        return Alternatives(self.processes, pauses_s)

    async def start(self) -> None:
        """Start taps and services; afresh where they stand already, for another journey.

        Raises:
            UsageError: a service can't be started.
        """
        if self._session is not None:
            await self.restart()
            return
        if not self._taps:
            await self._start_taps()
        await self._start_services()

    async def _start_taps(self) -> None:
        await self.stores.start()
        self._stack.push_async_callback(self.stores.close)
        for pair, watch in self._edges.items():
            host, port = self._listen(pair)
            tap = await self._stack.enter_async_context(serve_tap(_NOWHERE, host, port))
            tap.intercept(watch)
            self._taps[pair] = tap
            if self._engine is not None:
                name, upstream = watch.edge.name, f"{_HOST}:{tap.port}"
                self._proxies[pair] = await asyncio.to_thread(self._engine.proxy, name, upstream)

    async def restart(self) -> None:
        """Start all processes afresh: nothing that a run left in them is left."""
        self._stop_services()
        await self._start_services()

    async def close(self) -> None:
        """End all of it."""
        self._stop_services()
        await self._stack.aclose()

    @contextmanager
    def watched(self, watch: Watch) -> Iterator[None]:
        """Let a run's watch decide at all taps, for the time of a block."""
        for one in self._edges.values():
            one.watch = watch
        self.stores.watch(watch)
        hit = {fault.point.edge for fault in watch.plan if resets(fault.kind)}
        proxies = [
            proxy for pair, proxy in self._proxies.items() if self._edges[pair].edge.name in hit
        ]
        for proxy in proxies:
            prepare(proxy)
        try:
            yield
        finally:
            for one in self._edges.values():
                one.watch = None
            self.stores.watch(None)
            for proxy in self._proxies.values():
                unprepare(proxy)

    async def _start_services(self) -> None:
        self.starts += 1
        self._session = Session(grace_s=1.0)
        launcher = Launcher(self._session, self.config, self._folder)
        ways = {pair: f"http://{_HOST}:{tap.port}" for pair, tap in self._taps.items()}
        ways |= {pair: proxy.url for pair, proxy in self._proxies.items()}
        topology = Topology(launcher, None, ways=ways, override=self.stores.override)
        try:
            await asyncio.to_thread(topology.start)
        except BaseException:
            self._stop_services()
            raise
        self.urls = {name: one.url for name, one in topology.running.items()}
        for (_, provider), tap in self._taps.items():
            tap.lead_to(self.urls[provider])
        self.processes.stand(launcher, topology.running, self.stores.override)

    def _stop_services(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _listen(self, pair: tuple[str, str]) -> tuple[str, int]:
        """Where a tap listens: where a consumer that runs already looks for its provider."""
        for edge in self.config.all_edges.values():
            runs_already = self.config.services[edge.consumer].url is not None
            if (edge.consumer, edge.provider) == pair and edge.listen and runs_already:
                parts = urlsplit(f"//{edge.listen}")
                return parts.hostname or _HOST, parts.port or 0
        return _HOST, 0
