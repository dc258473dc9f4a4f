"""The engine's state and what may be done with it: proxies by name, the journal, the seed."""

from collections.abc import Iterator
from typing import Any

from seatrial.faults.engine.addresses import AddressError, resolve
from seatrial.faults.engine.bodies import (
    ApiError,
    ProxyBody,
    populate_body,
    proxy_body,
    toxic_body,
    toxic_update,
)
from seatrial.faults.engine.journal import ConnectionJournal, Entry
from seatrial.faults.engine.named import NamedToxic
from seatrial.faults.engine.proxy import EngineProxy, Surroundings

MAX_TOXICS = 100
"""On one proxy. Each stage calls the next one, so their number is the depth of the stack."""


class EngineState:
    """All proxies. Every method that can fail raises `ApiError`."""

    def __init__(self, seed: int) -> None:
        self._surroundings = Surroundings(ConnectionJournal(), seed)
        self._proxies: dict[str, EngineProxy] = {}

    @property
    def seed(self) -> int:
        """The number from which all chance is derived."""
        return self._surroundings.seed

    def reseed(self, seed: int) -> None:
        """Set the seed for connections to come, and count them from the beginning."""
        self._surroundings.seed = seed
        for proxy in self._proxies.values():
            proxy.recount()

    def proxies(self) -> dict[str, Any]:
        """Return all proxies by name, sorted."""
        return {name: self._proxies[name].as_json() for name in sorted(self._proxies)}

    def proxy(self, name: str) -> EngineProxy:
        """Return the proxy of that name; 404 without."""
        if name not in self._proxies:
            raise ApiError(404, "proxy not found")
        return self._proxies[name]

    async def create(self, body: bytes) -> EngineProxy:
        """Make a proxy and start it unless it is to be disabled."""
        wanted = proxy_body(body, ProxyBody())
        wanted.complete()
        self._is_free(wanted.name)
        proxy = await self._made(wanted)
        try:
            self._is_free(wanted.name)  # another request may have been faster
        except ApiError:
            proxy.retire()
            raise
        self._proxies[proxy.name] = proxy
        return proxy

    async def populate(self, body: bytes) -> tuple[list[EngineProxy], ApiError | None]:
        """Make each proxy of an array what it says; stops at the first that can't be."""
        done: list[EngineProxy] = []
        for wanted in populate_body(body):
            try:
                done.append(await self._made_so(wanted))
            except ApiError as error:
                return done, error
        return done, None

    async def update(self, name: str, body: bytes) -> EngineProxy:
        """Change a proxy's listen, upstream or enabled."""
        proxy = self.proxy(name)
        current = ProxyBody(name, proxy.listen, proxy.upstream, proxy.enabled)
        wanted = proxy_body(body, current)
        try:
            await proxy.update(wanted.listen, wanted.upstream, wanted.enabled)
        except AddressError as error:
            raise ApiError(500, str(error)) from None
        return proxy

    def delete(self, name: str) -> None:
        """Stop a proxy and forget it."""
        self.proxy(name).retire()
        del self._proxies[name]

    async def reset(self) -> None:
        """Start every proxy and take all toxics out."""
        for proxy in list(self._proxies.values()):
            try:
                await proxy.start()
            except AddressError as error:
                raise ApiError(500, str(error)) from None
            for toxic in proxy.all_toxics():
                proxy.remove_toxic(toxic)

    def toxic(self, proxy: str, name: str) -> NamedToxic:
        """Return a toxic by the names of its proxy and itself; 404 without."""
        toxic = self.proxy(proxy).toxic(name)
        if toxic is None:
            raise ApiError(404, "toxic not found")
        return toxic

    def add_toxic(self, proxy_name: str, body: bytes) -> NamedToxic:
        """Add a toxic to a proxy."""
        proxy = self.proxy(proxy_name)
        others = proxy.all_toxics()
        toxic = toxic_body(body, frozenset(other.name for other in others))
        if len(others) >= MAX_TOXICS:
            raise ApiError(409, f"too many toxics: a proxy takes {MAX_TOXICS}; remove one first")
        proxy.add_toxic(toxic)
        return toxic

    def update_toxic(self, proxy: str, name: str, body: bytes) -> NamedToxic:
        """Change a toxic's attributes or toxicity."""
        old = self.toxic(proxy, name)
        new = toxic_update(body, old)
        self.proxy(proxy).update_toxic(old, new)
        return new

    def remove_toxic(self, proxy: str, name: str) -> None:
        """Take a toxic out."""
        self.proxy(proxy).remove_toxic(self.toxic(proxy, name))

    def connections(self, proxy: str | None, after: int) -> tuple[Iterator[Entry], int]:
        """Return the journal of one proxy or of all, and how many entries it forgot."""
        for running in self._proxies.values():
            running.measure()
        journal = self._surroundings.journal
        return journal.entries(proxy, after), journal.forgotten

    def stop(self) -> None:
        """Stop everything."""
        for proxy in self._proxies.values():
            proxy.retire()

    def _is_free(self, name: str) -> None:
        if name in self._proxies:
            raise ApiError(409, "proxy already exists")

    async def _made(self, wanted: ProxyBody) -> EngineProxy:
        proxy = EngineProxy(self._surroundings, wanted.name, wanted.listen, wanted.upstream)
        if wanted.enabled:
            try:
                await proxy.start()
            except AddressError as error:
                raise ApiError(500, str(error)) from None
        return proxy

    async def _made_so(self, wanted: ProxyBody) -> EngineProxy:
        """Return the existing proxy if it already is what is wanted, otherwise a new one."""
        existing = self._proxies.get(wanted.name)
        if existing is not None:
            try:
                address = await resolve(wanted.listen)
            except AddressError as error:
                raise ApiError(500, str(error)) from None
            if existing.leads(address, wanted.upstream):
                return existing
            existing.stop()
        proxy = await self._made(wanted)
        earlier = self._proxies.get(wanted.name)
        if earlier is not None:
            earlier.retire()
        self._proxies[wanted.name] = proxy
        return proxy
