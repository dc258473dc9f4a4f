"""Addresses as Go's net package reads, resolves and prints them."""

import asyncio
import ipaddress
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

_MAX_PORT = 65535


class AddressError(OSError):
    """An address that can't be used; the message is what Go says."""


@dataclass(frozen=True)
class Address:
    """A resolved place to listen on; an empty host means every interface."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def everywhere(self) -> bool:
        """True if it is every interface, however that is written."""
        return self.host in ("", "0.0.0.0", "::")  # noqa: S104 - a comparison

    def asks_for(self, bound: "Address") -> bool:
        """Return whether a socket bound there is already what this asks for."""
        same_host = self.host == bound.host or (self.everywhere and bound.everywhere)
        return same_host and self.port in (0, bound.port)


def split(address: str) -> tuple[str, str]:
    """Return the host and the port of "host:port" or "[host]:port".

    Raises:
        AddressError: it isn't of that form.
    """
    problem = _malformed(address)
    if problem is not None:
        raise AddressError(f"address {address}: {problem}")
    host, _, port = address.rpartition(":")
    return (host[1:-1] if host.startswith("[") else host), port


def _malformed(address: str) -> str | None:
    """Return Go's words for what is wrong with the form of an address; None if it is right."""
    host, colon, port = address.rpartition(":")
    if not colon:
        return "missing port in address"
    inside, rest = "", address
    if address.startswith("["):
        inside, bracket, rest = address[1:].partition("]")
        if not bracket:
            return "missing ']' in address"
        if rest != f":{port}":
            return f"{'too many colons' if rest[:1] == ':' else 'missing port'} in address"
    elif ":" in host:
        return "too many colons in address"
    if "[" in inside + rest:
        return "unexpected '[' in address"
    return "unexpected ']' in address" if "]" in rest else None


def port_number(port: str) -> int:
    """Return a port by its number or its service's name; nothing means 0.

    Raises:
        AddressError: the port is unknown.
    """
    if not port:
        return 0
    digits = port.removeprefix("-").removeprefix("+")
    if digits.isascii() and digits.isdigit():
        number = int(port) if len(digits) < 10 else -1
        if not 0 <= number <= _MAX_PORT:
            raise AddressError(f"address {port}: invalid port")
        return number
    try:
        return socket.getservbyname(port, "tcp")
    except (OSError, ValueError):
        raise AddressError(f"lookup tcp/{port}: unknown port") from None


async def resolve(address: str) -> Address:
    """Look a listen address up; "" is every interface and any port.

    Raises:
        AddressError: it has the wrong form, or the name is unknown.
    """
    if not address:
        return Address("", 0)
    host, port = split(address)
    number = port_number(port)
    if not host:
        return Address("", number)
    return Address(await _look_up(host), number)


async def _look_up(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressError(f"lookup {host}: no such host") from None
    first = min(found, key=lambda entry: entry[0] != socket.AF_INET)  # Go prefers IPv4
    return str(first[4][0])


Place = tuple[str, int]
"""A numeric host and a port."""
Begun = Callable[[socket.socket, Place], None]
"""Called for each address that is tried, once the socket has its own address."""


async def dial(address: str, begun: Begun) -> socket.socket:
    """Connect to the first of a name's addresses that takes a connection, IPv4 first.

    Raises:
        OSError: nobody takes it, or the address has the wrong form.
    """
    host, port = split(address)
    number = port_number(port)
    failed: OSError | None = None
    for family, place in await _all_of(host or "localhost", number):
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            await _connect(sock, place, begun)
        except OSError as error:
            sock.close()
            failed = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failed or AddressError(f"lookup {host}: no such host")


async def _connect(sock: socket.socket, place: Place, begun: Begun) -> None:
    """Connect as the loop's own `sock_connect` does, which can't say when it has begun."""
    try:
        sock.connect(place)
    except (BlockingIOError, InterruptedError):
        begun(sock, place)
    else:
        begun(sock, place)
        return
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_writer(sock, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(sock)
    failed = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if failed:
        raise OSError(failed, os.strerror(failed))


async def _all_of(host: str, port: int) -> list[tuple[int, Place]]:
    """Return all addresses of a host; a number needs no look-up, which would take a thread."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        entries = sorted(found, key=lambda entry: entry[0] != socket.AF_INET)
        return [(entry[0], (str(entry[4][0]), int(entry[4][1]))) for entry in entries]
    return [(socket.AF_INET6 if version == 6 else socket.AF_INET, (host, port))]


def bind(address: Address, backlog: int) -> socket.socket:
    """Open a listening socket; every interface means IPv6 and IPv4 where the machine has both.

    Raises:
        AddressError: the system refuses; the message is what Go says.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    host = address.host
    if address.everywhere and socket.has_dualstack_ipv6():
        family, host = socket.AF_INET6, "::"
    # asyncio turns Nagle's delay off only where the protocol is named: 40 ms on a kept connection.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not address.everywhere)
        listener.bind((host, address.port))
        listener.listen(backlog)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise AddressError(f"listen tcp {address}: bind: {_reason(error)}") from None
    return listener


def bound_address(listener: socket.socket) -> Address:
    """Return the address of a listening socket."""
    host, port = listener.getsockname()[:2]
    return Address(str(host), int(port))


def _reason(error: OSError) -> str:
    text = os.strerror(error.errno) if error.errno else str(error)
    return text[:1].lower() + text[1:]
