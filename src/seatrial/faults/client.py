"""A Toxiproxy server, real or embedded, its proxies and their toxics; blocking, for threads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from toxiproxy.exceptions import ProxyExists

from seatrial.faults.errors import (
    BadRequestError,
    ProxyExistsError,
    ServerFailedError,
    ToxicNotFoundError,
)
from seatrial.faults.library import Library
from seatrial.loopback import is_loopback

Stream = Literal["upstream", "downstream"]
"""To the server ("upstream") or to the client ("downstream")."""

TIMEOUT_S = 5.0


@dataclass(frozen=True)
class ToxicState:
    """A toxic as the server has it."""

    name: str
    type: str
    stream: str
    toxicity: float
    """The chance that a connection is hit, 0 to 1."""
    attributes: Mapping[str, float]
    """In the toxic's own units: milliseconds, KB/s, bytes."""


class Toxiproxy:
    """A server. Failures are `ToxiproxyError`s, and `NoAnswerError` when it can't be reached."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        """Take the address; nothing is sent yet.

        Args:
            url: like http://127.0.0.1:8474.
            timeout_s: how long one answer may take, seconds.

        Raises:
            UsageError: the address isn't of that form.
        """
        self.url = url.rstrip("/")
        self._library = Library(url, timeout_s)

    @property
    def is_here(self) -> bool:
        """True if it is reached on this machine's loopback."""
        return is_loopback(self._library.host)

    def version(self) -> str:
        """Return the server's version, as it says it."""
        found = self.get("/version")
        return str(found["version"] if isinstance(found, dict) and "version" in found else found)

    def create(
        self, name: str, upstream: str, listen: str = "127.0.0.1:0", *, enabled: bool = True
    ) -> "Proxy":
        """Make a proxy.

        Args:
            name: among all proxies of the server.
            upstream: host:port where it leads; nobody needs to listen there yet.
            listen: host:port where it listens; port 0 is any free one.
            enabled: True to listen at once.

        Raises:
            ProxyExistsError: the name is taken.
            ServerFailedError: it can't listen there.
        """
        _addressable(name)
        try:
            made = self._library.server.create(
                upstream=upstream, name=name, listen=listen, enabled=enabled
            )
        except ProxyExists:  # the library looks for itself before it asks
            raise ProxyExistsError(f"Toxiproxy: proxy already exists: {name}", 409) from None
        return self._proxy(vars(made))

    def proxies(self) -> dict[str, "Proxy"]:
        """Return all proxies by name, also those of others."""
        found = self._library.server.proxies()
        return {name: self._proxy(vars(proxy)) for name, proxy in found.items()}

    def reset(self) -> None:
        """Enable all proxies and remove all toxics, also those of others."""
        self._library.server.reset()

    def get(self, path: str) -> Any:
        """Return the JSON at a path, for routes that only the embedded engine has."""
        return _json(self._library.api.get(path))

    def post(self, path: str, body: Any) -> Any:
        """Return the JSON that a path answers to this body."""
        return _json(self._library.api.post(path, json=body))

    def _proxy(self, found: Mapping[str, Any]) -> "Proxy":
        return Proxy(self, self._library, found)


class Proxy:
    """A proxy of a server."""

    def __init__(self, server: Toxiproxy, library: Library, found: Mapping[str, Any]) -> None:
        """Take what the server said of it; made by `Toxiproxy`."""
        self.name = str(found["name"])
        self.listen = str(found["listen"])
        self.upstream = str(found["upstream"])
        self._server = server
        self._host = library.host
        self._path = f"/proxies/{quote(self.name, safe='')}"
        # The library puts names into paths as they are, so its object gets a quoted one.
        self._handle = library.proxy_class(**{**found, "name": quote(self.name, safe="")})

    @property
    def address(self) -> str:
        """The host:port at which it is reached from here."""
        host, _, port = self.listen.rpartition(":")
        everywhere = host in ("", "[::]", "0.0.0.0")  # noqa: S104 - a comparison
        return f"{self._host if everywhere else host}:{port}"

    @property
    def url(self) -> str:
        """Where clients of HTTP reach it, like http://127.0.0.1:40001."""
        return f"http://{self.address}"

    @property
    def enabled(self) -> bool:
        """True if it listens, asked of the server now."""
        return bool(self._server.get(self._path)["enabled"])

    def enable(self) -> None:
        """Listen again, where it did before.

        Raises:
            ServerFailedError: it can't listen there; somebody took the port meanwhile.
        """
        self._handle.enable()
        if not self.enabled:
            raise ServerFailedError(f"Toxiproxy: the proxy {self.name} did not start")

    def disable(self) -> None:
        """Stop listening and close all connections: clients are refused."""
        self._handle.disable()

    def update(self, *, upstream: str | None = None, listen: str | None = None) -> None:
        """Change where it leads or listens; its connections are closed when that differs."""
        changes = {"upstream": upstream, "listen": listen}
        found = self._server.post(
            self._path, {key: value for key, value in changes.items() if value is not None}
        )
        self.listen, self.upstream = str(found["listen"]), str(found["upstream"])

    def delete(self) -> None:
        """Remove it and close all connections.

        Raises:
            ProxyNotFoundError: it is gone already.
        """
        self._handle.destroy()

    def add_toxic(
        self,
        type: str,  # noqa: A002 - the API's own word
        stream: Stream = "downstream",
        toxicity: float = 1.0,
        name: str | None = None,
        **attributes: float,
    ) -> ToxicState:
        """Add a toxic; open connections have it at once.

        Args:
            type: such as "latency".
            stream: the direction of the data that it works on.
            toxicity: the chance that a connection is hit, 0 to 1.
            name: by default its type and stream, as in "latency_downstream".
            attributes: the toxic's own, in its units.

        Raises:
            ToxicExistsError: the name is taken.
            BadRequestError: there is no such type, or the attributes make no sense.
        """
        name = name or f"{type}_{stream}"
        _addressable(name)
        self._handle.add_toxic(
            type=type, stream=stream, toxicity=toxicity, name=name, attributes=attributes
        )
        return self._toxic(name)

    def update_toxic(
        self, name: str, *, toxicity: float | None = None, **attributes: float
    ) -> ToxicState:
        """Change a toxic's attributes or toxicity; those not named stay.

        Raises:
            ToxicNotFoundError: there is none of that name.
            BadRequestError: the attributes make no sense.
        """
        body: dict[str, Any] = {"attributes": attributes}
        if toxicity is not None:
            body["toxicity"] = toxicity
        return _toxic(self._server.post(f"{self._path}/toxics/{quote(name, safe='')}", body))

    def remove_toxic(self, name: str) -> None:
        """Take a toxic out.

        Raises:
            ToxicNotFoundError: there is none of that name.
        """
        self._handle.destroy_toxic(quote(name, safe=""))

    def toxics(self) -> tuple[ToxicState, ...]:
        """Return all toxics, those of the stream "upstream" first."""
        return tuple(_toxic(vars(toxic)) for toxic in self._handle.toxics().values())

    def _toxic(self, name: str) -> ToxicState:
        found = self._handle.get_toxic(name)
        if found is None:
            raise ToxicNotFoundError(f"Toxiproxy: {self.name} lost its toxic {name}", 404)
        return _toxic(vars(found))


def _addressable(name: str) -> None:
    if "/" in name or name in (".", ".."):
        raise BadRequestError(f"Toxiproxy: {name!r} can't be reached; choose another name", 400)


def _toxic(found: Mapping[str, Any]) -> ToxicState:
    return ToxicState(
        name=str(found["name"]),
        type=str(found["type"]),
        stream=str(found["stream"]),
        toxicity=float(found["toxicity"]),
        attributes=dict(found["attributes"] or {}),
    )


def _json(response: Any) -> Any:
    try:
        return response.json()
    except ValueError:
        raise ServerFailedError(
            f"what answers at {response.url} isn't a Toxiproxy: it says {response.text[:60]!r}",
            response.status_code,
        ) from None
