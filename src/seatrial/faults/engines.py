"""An engine in use."""

import time
from contextlib import suppress

from seatrial.faults.client import Proxy, Toxiproxy
from seatrial.faults.connections import ConnectionRecord, from_journal, from_log
from seatrial.faults.errors import ProxyNotFoundError, ToxiproxyError
from seatrial.faults.orphans import maker, place, this_run
from seatrial.system import Process


class Engine:
    """A Toxiproxy in use: it makes proxies of ours among others', and lists what reached them."""

    def __init__(
        self, name: str, api: Toxiproxy, *, process: Process | None = None, embedded: bool = False
    ) -> None:
        """Take a server that answers.

        Args:
            name: with its version, for results.
            api: reaches it.
            process: where it was started here.
            embedded: True if it has a journal and a seed.
        """
        self.name = name
        self.api = api
        self.process = process
        self._embedded = embedded
        self._run = this_run()
        self._proxies: list[Proxy] = []

    @property
    def url(self) -> str:
        """Its API."""
        return self.api.url

    def proxy(self, name: str, upstream: str, listen: str | None = None) -> Proxy:
        """Make a proxy that lives until the engine is closed.

        Args:
            name: a prefix distinguishes it from other runs'.
            upstream: host:port where it leads.
            listen: host:port where it listens, for somebody who knows it beforehand.
        """
        listen = listen or ("127.0.0.1:0" if self.api.is_here else "0.0.0.0:0")
        made = self.api.create(self._run.prefix + name.replace("/", "-"), upstream, listen)
        self._proxies.append(made)
        return made

    def reseed(self, seed: int) -> None:
        """Set the seed of all chance, where there is one: the real server's has no effect."""
        if self._embedded:
            self.api.post("/seed", {"seed": seed})

    def connections(self, proxy: Proxy) -> tuple[ConnectionRecord, ...] | None:
        """Return those that reached a proxy, oldest first; None where nothing says so."""
        if self._embedded:
            entries = self.api.get("/connections")["connections"]
            return from_journal(entry for entry in entries if entry["proxy"] == proxy.name)
        if self.process is None:
            return None
        with self.process.log.open(encoding="utf-8", errors="replace") as lines:
            return from_log(lines, proxy.name)

    def clean(self) -> None:
        """Delete what runs that have ended left behind; nobody else's proxies are touched."""
        here, now = place(), time.time()
        for name, proxy in self.api.proxies().items():
            run = maker(name)
            if run is not None and run.is_over(here, now):
                with suppress(ProxyNotFoundError):
                    proxy.delete()

    def close(self) -> None:
        """Delete our proxies, or end the server where it is ours with all that it has."""
        if self.process is not None:
            self.process.stop()
            return
        for proxy in self._proxies:
            with suppress(ToxiproxyError):  # it, or the server, is gone already
                proxy.delete()
        self._proxies.clear()
