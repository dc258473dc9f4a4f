"""A simulated socket: what asyncio's own transports, servers and `sock_*` methods work on."""

import errno
import os
import socket
import struct
from collections import deque
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING, Any, Never

from seatrial.simulation.names import ANYWHERE
from seatrial.simulation.pipes import SegmentKind, SimulatedConnection, SimulatedPipe
from seatrial.simulation.processes import process_here

if TYPE_CHECKING:
    from typing import Self

    from seatrial.simulation.network import Network

Address = tuple[Any, ...]
Buffer = bytes | bytearray | memoryview


def os_error(number: int) -> OSError:
    """Return the error of the operating system with a number, as its own subclass."""
    return OSError(number, os.strerror(number))


class SimulatedSocket:
    """A stream socket of the simulated network, non-blocking."""

    def __init__(self, network: "Network", family: int, proto: int) -> None:
        self.network = network
        self.family = socket.AddressFamily(family)
        self.type = socket.SOCK_STREAM
        self.proto = proto
        self.listening = False
        self.is_closed = False
        self.is_reset = False
        self.process = process_here()
        self._fd = network.open_fd(self)
        self._timeout_s: float | None = None
        self._options: dict[tuple[int, int], int | bytes] = {}
        self._own: Address | None = None
        self._peer: Address | None = None
        self._error = 0
        self._connecting = False
        self._waiting: deque[SimulatedSocket] = deque()
        self._connection: SimulatedConnection | None = None
        self._incoming: SimulatedPipe
        self._outgoing: SimulatedPipe

    def __repr__(self) -> str:
        return f"<SimulatedSocket fd={self.fileno()}, laddr={self._own}, raddr={self._peer}>"

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What the network does to it.

    def attach(
        self, connection: SimulatedConnection, *, incoming: SimulatedPipe, outgoing: SimulatedPipe
    ) -> None:
        """Make it one end of a connection."""
        self._connection = connection
        self._incoming, self._outgoing = incoming, outgoing

    def connected(self) -> None:
        """The server has answered."""
        self._connecting = False
        if self.is_closed:  # nobody waits for the answer any more
            self._outgoing.send(SegmentKind.RESET)
        self.touch()

    def connect_failed(self, number: int) -> None:
        """The connection can't be made."""
        self._connecting = False
        self._error = number
        self.touch()

    def was_reset(self) -> None:
        """The peer has sent a reset."""
        self.is_reset = True
        self._error = errno.ECONNRESET
        self.touch()

    def place(self, own: Address | None, peer: Address | None) -> None:
        """Give it its addresses."""
        self._own, self._peer = own, peer

    @property
    def peer_address(self) -> Address | None:
        """The address that it connects to."""
        return self._peer

    def enqueue(self, accepted: "SimulatedSocket") -> None:
        """A client has connected to this listening socket."""
        self._waiting.append(accepted)
        self.touch()

    def touch(self) -> None:
        """Its readiness may have changed."""
        if not self.is_closed:
            self.network.touched(self._fd)

    def readiness(self) -> int:
        """Return what a selector would say of it now."""
        if self.listening:
            return EVENT_READ if self._waiting else 0
        if self._connecting:
            return 0
        if self._error or self.is_reset:
            return EVENT_READ | EVENT_WRITE
        if self._connection is None:
            return EVENT_READ | EVENT_WRITE  # as Linux says of a socket that isn't connected
        incoming, outgoing = self._incoming, self._outgoing
        ready = EVENT_READ if incoming.unread_bytes or incoming.ended else 0
        if outgoing.finished or outgoing.free_bytes * 3 >= outgoing.capacity:
            ready |= EVENT_WRITE
        return ready

    # What a socket has.

    def fileno(self) -> int:
        """Return its number, which only a simulated selector or poll knows."""
        return -1 if self.is_closed else self._fd

    def setblocking(self, flag: bool) -> None:
        """Set whether calls block; none may."""
        self._timeout_s = None if flag else 0.0

    def settimeout(self, value: float | None) -> None:
        """Set the timeout of calls."""
        self._timeout_s = value

    def gettimeout(self) -> float | None:
        """Return the timeout of calls."""
        return self._timeout_s

    def getblocking(self) -> bool:
        """Return whether calls block."""
        return self._timeout_s != 0

    def get_inheritable(self) -> bool:
        """Return False: no process inherits it."""
        return False

    def set_inheritable(self, inheritable: bool) -> None:
        """Ignore it: no process inherits it."""

    def setsockopt(self, level: int, option: int, value: int | bytes, *_: int) -> None:
        """Keep an option; only SO_LINGER has an effect."""
        self._options[level, option] = value

    def getsockopt(self, level: int, option: int, buflen: int = 0) -> int | bytes:
        """Return an option as it was set, and SO_ERROR once."""
        if (level, option) == (socket.SOL_SOCKET, socket.SO_ERROR):
            number, self._error = self._error, 0
            return number
        if (level, option) == (socket.SOL_SOCKET, socket.SO_TYPE):
            return int(self.type)
        value = self._options.get((level, option), 0)
        return value if not buflen or isinstance(value, bytes) else struct.pack("i", value)

    def getsockname(self) -> Address:
        """Return its own address."""
        self._check_open()
        return self._own or ((ANYWHERE, 0) if self.family is socket.AF_INET else ("::", 0, 0, 0))

    def getpeername(self) -> Address:
        """Return the peer's address."""
        self._check_open()
        if self._peer is None or self._connecting:
            raise os_error(errno.ENOTCONN)
        return self._peer

    def bind(self, address: Address) -> None:
        """Take an address; port 0 takes a free one."""
        self._check_open()
        self._own = self.network.bind(address)

    def listen(self, backlog: int = 128) -> None:
        """Listen at its address; the backlog has no bound."""
        self._check_open()
        if self._own is None:
            self.bind(self.getsockname())
        if not self.listening:
            self.network.listen(self)
            self.listening = True

    def accept(self) -> tuple["SimulatedSocket", Address]:
        """Return a client's connection."""
        self._check_open()
        if not self._waiting:
            self._would_block("accept")
        accepted = self._waiting.popleft()
        return accepted, accepted.getpeername()

    def connect(self, address: Address) -> None:
        """Begin to connect."""
        self._check_open()
        if self._connection is not None or self._connecting:
            raise os_error(errno.EALREADY if self._connecting else errno.EISCONN)
        if self.getblocking():
            self._refuse_blocking("connect")
        self._connecting = True
        self.network.connect(self, address)
        raise BlockingIOError(errno.EINPROGRESS, os.strerror(errno.EINPROGRESS))

    def connect_ex(self, address: Address) -> int:
        """Begin to connect, and return the error's number."""
        try:
            self.connect(address)
        except OSError as error:
            return error.errno or 0
        return 0

    def send(self, data: Buffer, flags: int = 0) -> int:
        """Send what there is room for."""
        self._check_connected()
        if self._outgoing.finished or self.is_reset:
            raise os_error(errno.EPIPE)
        room = self._outgoing.free_bytes
        if room == 0:
            self._would_block("send")
        part = bytes(memoryview(data).cast("B")[:room])
        if part:
            self._outgoing.send(SegmentKind.DATA, part)
        return len(part)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return what has arrived; nothing at all is the end."""
        if flags & socket.MSG_PEEK:
            raise self.network.refuse("recv with MSG_PEEK", "Read, and keep what was read.")
        if self._connection is not None and not self.is_closed and self._incoming.unread_bytes:
            return self._incoming.read(size)
        self._check_connected()
        if not (self._incoming.ended or self.is_reset):
            self._would_block("recv")
        return b""

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        """Read into a buffer."""
        view = memoryview(buffer).cast("B")
        data = self.recv(size or len(view), flags)
        view[: len(data)] = data
        return len(data)

    def sendall(self, data: Buffer, flags: int = 0) -> None:
        """Send everything; refused where it would have to block."""
        if self.send(data, flags) < memoryview(data).nbytes:
            self._would_block("sendall")

    def shutdown(self, how: int) -> None:
        """End one direction or both."""
        if self.is_reset:
            raise os_error(errno.ENOTCONN)
        self._check_connected()
        if how in (socket.SHUT_WR, socket.SHUT_RDWR):
            self._finish()
        if how in (socket.SHUT_RD, socket.SHUT_RDWR):
            self._incoming.ended = True
            self.touch()

    def close(self) -> None:
        """Close: in order, or with a reset where bytes weren't read or SO_LINGER asks for it."""
        if self.is_closed:
            return
        self.network.close_fd(self._fd)
        self.is_closed = True
        if self.listening:
            self.network.unlisten(self)
            for waiting in self._waiting:
                waiting.abort()
        if self._connection is None or self._connecting:
            return
        if self._incoming.unread_bytes or self._lingers_not():
            self._outgoing.send(SegmentKind.RESET)
        else:
            self._finish()
        self._incoming.close_receiver()
        self._connection.end_closed()

    def abort(self) -> None:
        """Close with a reset."""
        self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def detach(self) -> int:
        """Refuse: its number means nothing to the operating system."""
        raise self.network.refuse("socket.detach", "Hand over the socket object itself.")

    def makefile(self, *_: object, **__: object) -> Never:
        """Refuse: files block."""
        self._refuse_blocking("makefile")

    def _finish(self) -> None:
        if not self._outgoing.finished:
            self._outgoing.finished = True
            if not self.is_reset:
                self._outgoing.send(SegmentKind.END)
            self.touch()

    def _lingers_not(self) -> bool:
        value = self._options.get((socket.SOL_SOCKET, socket.SO_LINGER), b"")
        return isinstance(value, bytes) and value[:8] == struct.pack("ii", 1, 0)

    def _check_open(self) -> None:
        if self.is_closed:
            raise os_error(errno.EBADF)

    def _check_connected(self) -> None:
        self._check_open()
        if self._error:
            number, self._error = self._error, 0
            raise os_error(number)
        if self._connection is None or self._connecting:
            raise os_error(errno.ENOTCONN)

    def _would_block(self, call: str) -> Never:
        if self.getblocking():
            self._refuse_blocking(call)
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    def _refuse_blocking(self, call: str) -> Never:
        raise self.network.refuse(
            f"a socket that blocks (in {call})", "Use asyncio, or the loop's sock_ methods."
        )
