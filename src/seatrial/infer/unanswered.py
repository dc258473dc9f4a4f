"""An address that answers no connection, and who is trying to connect to it.

A listener whose queue is full drops what arrives, so that connecting takes for ever: as when the
provider's host is gone, or a firewall drops packets. The kernel says who waits (sock_diag, Linux).
"""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

_SOCK_DIAG = 4
"""The netlink family."""
_BY_FAMILY, _DONE, _ERROR = 20, 3, 2
_DUMP = 0x301
_SYN_SENT = 1 << 2
_MOST_FILLED = 8
_SETTLE_S = 0.02
_HEAD = struct.Struct("=IHHII")


class CannotLeaveUnansweredError(Exception):
    """The address is taken, or this machine answers or hides connections to it."""


@contextmanager
def unanswered(host: str, port: int) -> Iterator["Unanswered"]:
    """Listen at a free address and answer no connection, for the time of a block.

    Raises:
        CannotLeaveUnansweredError: it can't be done here.
    """
    with ExitStack() as stack:
        try:
            own = _filled(stack, host, port)
        except (OSError, AttributeError, struct.error) as error:
            raise CannotLeaveUnansweredError(str(error)) from None
        yield Unanswered(port, own)


def _filled(stack: ExitStack, host: str, port: int) -> frozenset[int]:
    """Listen, and connect until a connection isn't made; return the ports of ours."""
    listener = stack.enter_context(socket.socket())
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(0)
    own: set[int] = set()
    for _ in range(_MOST_FILLED):
        filler = stack.enter_context(socket.socket())
        filler.setblocking(False)
        with suppress(BlockingIOError):
            filler.connect((host, port))
        own.add(filler.getsockname()[1])
        time.sleep(_SETTLE_S)
        if own & connecting_to(port):
            return frozenset(own)
    raise CannotLeaveUnansweredError("all connections were made")


class Unanswered:
    """The address while nobody answers there."""

    def __init__(self, port: int, own: frozenset[int]) -> None:
        """Take its port, and the ports that fill its queue."""
        self._port, self._own = port, own

    def waiting(self) -> set[int]:
        """Return the ports of those that are trying to connect."""
        return connecting_to(self._port) - self._own


def connecting_to(port: int) -> set[int]:
    """Return the local ports of connections to this port that aren't made yet."""
    families = (socket.AF_INET, socket.AF_INET6)  # sockets of IPv6 reach addresses of IPv4, too
    return {source for family in families for source in _connecting(family, port)}


def _connecting(family: int, port: int) -> Iterator[int]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as asked:
        asked.settimeout(1)
        # The last bytes are the socket that is asked for: any.
        request = struct.pack("=BBBBI48x", family, socket.IPPROTO_TCP, 0, 0, _SYN_SENT)
        asked.send(_HEAD.pack(_HEAD.size + len(request), _BY_FAMILY, _DUMP, 1, 0) + request)
        while True:
            answer = asked.recv(1 << 16)
            while answer:
                length, kind, *_ = _HEAD.unpack_from(answer)
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    raise OSError("the kernel says nothing of connections")
                source, destination = struct.unpack_from("!HH", answer, _HEAD.size + 4)
                if destination == port:
                    yield source
                answer = answer[(length + 3) & ~3 :]
