"""The neighbours that a service needs besides the edge on trial, each at its own address."""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from seatrial.config import Config

if TYPE_CHECKING:
    from seatrial.system.launch import Launcher


class Neighbours:
    """Services that are not on trial, started when they are first needed.

    A consumer that is left at its own defaults may call a real system. So each variable that the
    configuration knows is set: to the neighbour's own address, or, where it can't have one, to an
    address that refuses connections.
    """

    def __init__(self, launcher: "Launcher") -> None:
        """Take what starts them; nothing runs yet."""
        self._launcher = launcher
        self._urls: dict[str, str] = {}
        self._refusing: dict[str, str] = {}
        self._said: dict[str, None] = {}
        self._lock = threading.RLock()

    @property
    def said(self) -> tuple[str, ...]:
        """A sentence for each variable that was set."""
        return tuple(self._said)

    @property
    def urls(self) -> Mapping[str, str]:
        """Where those answer that run."""
        with self._lock:
            return dict(self._urls)

    def adopt(self, name: str, url: str) -> None:
        """Give a service that runs already to all who need it."""
        with self._lock:
            self._urls.setdefault(name, url)

    def env_for(
        self, name: str, *, on_trial: Mapping[str, str], without: tuple[str, ...] = ()
    ) -> dict[str, str]:
        """Return the variables for the addresses of all that a service needs.

        Args:
            name: the service's.
            on_trial: variables that are given already; they are left out.
            without: services that aren't started for it, since they wait for it or are on trial.

        Raises:
            UsageError: one of them can't be started.
        """
        waiting = (*without, name)
        env: dict[str, str] = {}
        config: Config = self._launcher.config
        for edge in config.all_edges.values():
            if edge.consumer == name:
                if on_trial.keys() >= set(edge.address_variables):
                    continue
                url = self._url(edge.provider, waiting)
                self._say(name, edge.address_variables, (edge.provider,), url)
                env = edge.address_at(url) | env
        service = config.services[name]
        if missing := service.addresses.keys() - on_trial.keys() - env.keys():
            urls = {one: self._url(one, waiting) for one in service.neighbours}
            found = service.addresses_at(urls)
            env |= {variable: found[variable] for variable in missing}
            self._say(name, sorted(missing), service.neighbours, *urls.values())
        return {variable: value for variable, value in env.items() if variable not in on_trial}

    def _url(self, name: str, waiting: tuple[str, ...]) -> str:
        with self._lock:
            service = self._launcher.config.services[name]
            if name not in self._urls and service.url is not None:
                self._urls[name] = service.url.rstrip("/")
            if name in self._urls:
                return self._urls[name]
            if name in waiting or not (service.command or service.pact):
                return self._nobody(name)
            env = self.env_for(name, on_trial={}, without=waiting)
            self._urls[name] = self._launcher.start(name, env).url
            return self._urls[name]

    def _nobody(self, name: str) -> str:
        """Return an address that is kept free, so that connections to it are refused."""
        if name not in self._refusing:
            port = self._launcher.session.reserve_port()
            self._refusing[name] = f"http://127.0.0.1:{port}"
        return self._refusing[name]

    def _say(
        self,
        name: str,
        variables: "tuple[str, ...] | list[str]",
        whose: tuple[str, ...],
        *urls: str,
    ) -> None:
        refused = set(urls) & set(self._refusing.values())
        what = "an address that refuses connections" if refused else "its own address"
        self._said[
            f"not on trial: {name} is given {', '.join(variables)}, for {', '.join(whose)}: {what}"
        ] = None
