"""Virtual DNS: the host names of a simulated network."""

import ipaddress
import socket

LOOPBACK = "127.0.0.1"
ANYWHERE = "0.0.0.0"  # noqa: S104 - compared with, never bound to
_FIRST = ipaddress.ip_address("10.0.0.1")
CLIENT = str(_FIRST)
"""The address that connections to other hosts come from."""

AddressInfo = tuple[
    socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int]
]


class Names:
    """The names that are known, each with one address."""

    def __init__(self) -> None:
        self._addresses = {"localhost": LOOPBACK}
        self._given = 0

    def add(self, name: str, address: str | None = None) -> str:
        """Make a name known.

        Args:
            name: The host's name.
            address: Its address; None gives it a free one, or the one that it has.

        Returns:
            The address.
        """
        if address is None:
            address = self._addresses.get(name) or self._next()
        self._addresses[name] = address
        return address

    def resolve(self, host: str | bytes | None) -> str:
        """Return the address of a name, or a numeric address as it is.

        Raises:
            socket.gaierror: nobody knows the name.
        """
        name = host.decode() if isinstance(host, bytes) else host
        if name is None:
            return LOOPBACK
        if name in self._addresses:
            return self._addresses[name]
        if is_numeric(name):
            return name
        known = ", ".join(sorted(self._addresses))
        raise socket.gaierror(
            socket.EAI_NONAME,
            f"Name or service not known: {name!r} isn't a host of the simulated network, "
            f"which has {known}",
        )

    def _next(self) -> str:
        self._given += 1
        return str(_FIRST + self._given)

    def address_infos(
        self, host: str | bytes | None, port: str | bytes | int | None, family: int, flags: int
    ) -> list[AddressInfo]:
        """Return what `getaddrinfo` says: one address, for a stream."""
        if host is None and flags & socket.AI_PASSIVE:
            host = ANYWHERE
        elif isinstance(host, str) and flags & socket.AI_PASSIVE and host and not is_numeric(host):
            self.add(host)  # a server binds to it, so there is such a host
        address = self.resolve(host or None)
        number = int(port or 0)
        version = ipaddress.ip_address(address).version
        found = socket.AF_INET if version == 4 else socket.AF_INET6
        if family not in (socket.AF_UNSPEC, found):
            raise socket.gaierror(
                socket.EAI_ADDRFAMILY, "Address family for hostname not supported"
            )
        where = (address, number) if version == 4 else (address, number, 0, 0)
        return [(found, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", where)]


def is_numeric(host: str) -> bool:
    """Return whether a host is an address rather than a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def source_address(remote: str) -> str:
    """Return the address that a connection to a remote one comes from."""
    return remote if ipaddress.ip_address(remote).is_loopback else CLIENT
