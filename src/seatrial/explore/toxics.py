"""The faults of points as Toxiproxy makes them: a request is held at the tap, and toxics switched.

Toxiproxy knows no requests. So its proxy stands before the tap, which holds the request that is to
be hit while a toxic is put on the connection, and then lets it go.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from seatrial.explore.alternatives import Alternatives, PointInfo
from seatrial.explore.model import Fault
from seatrial.faults import Proxy, ToxiproxyError
from seatrial.tap import Exchange, Intercept

_RESETS = "explored-reset"
_NOW = {"timeout": 0}
_LONGEST_S = 600.0
_ENDS_S = 1.0
"""The connection ends sooner, and the exchange with it."""
_ANSWERED = 503
"""What is said to set off a toxic that waits for data; nobody gets it."""
_BY_TOXIPROXY = (
    "reset",
    "close",
    "hang",
    "half-body",
    "answer-lost",
    "answer-late",
    "slow-under",
    "slow-over",
)
_BY_SIGNALS = ("pause", "kill-")


def is_faithful(fault: Fault) -> bool:
    """Return True if a real Toxiproxy makes this fault, or a signal does; else it is the tap's."""
    by_toxiproxy = fault.kind in _BY_TOXIPROXY and fault.point.is_request
    return by_toxiproxy or fault.kind.startswith(_BY_SIGNALS)


def resets(kind: str) -> bool:
    """Return True if a kind ends a connection with a reset: see `prepare`."""
    return kind in ("reset", "answer-lost")


@dataclass(frozen=True)
class ToxicAlternatives(Alternatives):
    """The same kinds; those of the network are made by proxies."""

    proxies: Mapping[tuple[str, str], Proxy] = field(default_factory=dict)
    """By consumer and provider."""
    striking: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )
    """By proxy: held while a toxic is on it that is meant for one request alone."""

    def unplanned(self, point: PointInfo) -> Intercept:
        """Let a request wait until no toxic meant for another one is on its way."""
        lock = self.striking[self.proxies[point.consumer, point.provider].name]

        async def act(exchange: Exchange) -> None:
            async with lock:
                pass
            await exchange.forward()

        return Intercept(None, act)

    def intercept(self, kind: str, point: PointInfo) -> Intercept:
        """Return what a kind does to a request."""
        plain = super().intercept(kind, point)
        if kind not in _BY_TOXIPROXY:
            return plain
        proxy = self.proxies[point.consumer, point.provider]
        toxics = _Toxics(proxy, self.striking[proxy.name])
        slow = self.delay_s(kind, point)
        acts: dict[str, Callable[[Exchange], Awaitable[None]]] = {
            "reset": toxics.reset,
            "close": toxics.close,
            "hang": toxics.hang,
            "half-body": toxics.half_body,
            "answer-lost": toxics.lose_answer,
            "answer-late": toxics.hold_answer,
            "slow-under": lambda exchange: toxics.slow(exchange, slow),
            "slow-over": lambda exchange: toxics.slow(exchange, slow),
        }

        return Intercept(kind, acts[kind])


def prepare(proxy: Proxy) -> None:
    """Let connections from now on be such that a toxic can reset them later.

    Toxiproxy decides when a connection begins whether it can end with a reset, and it can where a
    `reset_peer` is in its chain, even one that never strikes.
    """
    proxy.add_toxic("reset_peer", "downstream", 0.0, _RESETS, **_NOW)


def unprepare(proxy: Proxy) -> None:
    """Take that back, and what a request that still hangs keeps on the proxy."""
    for toxic in proxy.toxics():
        with suppress(ToxiproxyError):
            proxy.remove_toxic(toxic.name)


class _Toxics:
    """What is done to the connections of one proxy while a request is held."""

    def __init__(self, proxy: Proxy, striking: asyncio.Lock) -> None:
        self._proxy = proxy
        self._striking = striking

    async def reset(self, exchange: Exchange) -> None:
        async with self._struck():
            await exchange.answer(_ANSWERED, {}, b"")
            await exchange.sleep(_ENDS_S)

    async def lose_answer(self, exchange: Exchange) -> None:
        await exchange.fetch()
        await self.reset(exchange)

    async def close(self, exchange: Exchange) -> None:
        await _surely(self._cut)
        exchange.close()

    async def hang(self, exchange: Exchange) -> None:
        async with self._toxic("timeout", **_NOW):
            await exchange.sleep(_LONGEST_S)

    async def hold_answer(self, exchange: Exchange) -> None:
        await exchange.fetch()
        await self.hang(exchange)

    async def half_body(self, exchange: Exchange) -> None:
        answer = await exchange.fetch()
        # Toxiproxy counts what passes from the toxic's beginning: the head passes first.
        await exchange.begin(answer.status, answer.headers, max(1, len(answer.body)))
        await exchange.sleep(0.05)
        async with self._toxic("limit_data", bytes=len(answer.body) // 2):
            await exchange.send(answer.body, last=True)
            await exchange.sleep(_ENDS_S)

    async def slow(self, exchange: Exchange, delay_s: float) -> None:
        async with self._toxic("latency", latency=round(delay_s * 1000)):
            await exchange.forward()
            await exchange.sleep(delay_s)

    @asynccontextmanager
    async def _struck(self) -> AsyncIterator[None]:
        """Let connections be reset for the time of a block; other requests wait for its end."""
        async with self._striking:
            try:
                await _surely(lambda: self._strike(1.0))
                yield
            finally:
                await _surely(lambda: self._strike(0.0))

    @asynccontextmanager
    async def _toxic(self, kind: str, **attributes: float) -> AsyncIterator[None]:
        """Put a toxic on for the time of a block; other requests wait for its end."""
        name = f"explored-{kind}"
        async with self._striking:
            try:
                await _surely(
                    lambda: self._proxy.add_toxic(kind, "downstream", name=name, **attributes)
                )
                yield
            finally:
                await _surely(lambda: self._remove(name))

    def _strike(self, toxicity: float) -> None:
        with suppress(ToxiproxyError):  # the proxy is gone with its system
            self._proxy.update_toxic(_RESETS, toxicity=toxicity, **_NOW)

    def _cut(self) -> None:
        self._proxy.disable()
        self._proxy.enable()

    def _remove(self, name: str) -> None:
        with suppress(ToxiproxyError):
            self._proxy.remove_toxic(name)


async def _surely(work: Callable[[], object]) -> None:
    """Do something in a thread, and wait for its end however often this is cancelled.

    A consumer that goes away cancels what is done to its request. A toxic that were switched after
    that would hit the request that it sends next.
    """
    doing = asyncio.ensure_future(asyncio.to_thread(work))
    cancelled: asyncio.CancelledError | None = None
    while not doing.done():
        try:
            await asyncio.wait([doing])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    doing.result()
