"""The proxies that a connection has come through, so that none leads back to itself."""

import socket

Route = tuple[str, ...]
"""Names of proxies, the first one first."""
Ends = tuple[tuple[str, int], tuple[str, int]]
"""Both addresses of a connection, the dialling side first."""

_DIALLED = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound


class Routes:
    """The connections that an engine makes itself, of which some arrive at its own proxies."""

    def __init__(self) -> None:
        self._routes: dict[Ends, Route] = {}

    def arrived(self, client: socket.socket) -> Route:
        """Return the proxies that an accepted connection came through; none for a stranger's."""
        try:
            return self._routes.get((_end(client.getpeername()), _end(client.getsockname())), ())
        except OSError:  # it is gone already
            return ()

    def left(self, server: socket.socket, place: tuple[str, int], route: Route) -> Ends:
        """Note that a connection, just begun to a place, came through these proxies."""
        ends = _end(server.getsockname()), _end(place)
        self._routes[ends] = route
        return ends

    def forget(self, ends: Ends) -> None:
        """Forget a connection that is over."""
        self._routes.pop(ends, None)


def _end(name: tuple[str, int]) -> tuple[str, int]:
    """Return an address as both sides see it.

    Who listens everywhere sees IPv4 as IPv6; who dials "everywhere" arrives at loopback.
    """
    host = name[0].removeprefix("::ffff:")
    return _DIALLED.get(host, host), name[1]
