"""Sockets of the data plane: what asyncio's transports do, in fewer steps for each read and write.

Data that no toxic needs to see doesn't come into this process at all where the system can splice:
it goes from socket to socket through a pipe of the kernel.
"""

import asyncio
import socket
import struct
from collections import deque
from contextlib import suppress
from itertools import islice
from typing import Protocol

from seatrial.faults.engine.dataplane.pipes import Pipe, Pipes
from seatrial.faults.engine.dataplane.reactor import READ, WRITE, reactor
from seatrial.faults.engine.toxics.base import Data

READ_BYTES = 256 * 1024
HIGH_BYTES = 64 * 1024
"""With more waiting than this a peer must send no more, until a quarter of it is left."""
LOW_BYTES = HIGH_BYTES // 4
BULK_BYTES = 64 * 1024
"""Splicing is worth its cost after a read of this size; less goes faster by hand."""
_PIECES = 64
_LINGER_RESET = struct.pack("ii", 1, 0)

# One buffer for all, since it is filled and handed over in one go: a connection costs no memory of
# its own for reading, and most data is never copied.
_BUFFER = memoryview(bytearray(READ_BYTES))
_PIPES = Pipes()


class SocketOwner(Protocol):
    """The calls of a socket when something happens to it."""

    def received(self, data: memoryview) -> None:
        """Take data; it is only good for as long as the call."""

    def spliceable(self) -> "tuple[Socket, int] | None":
        """Return where the next data may go unseen, and how much at most; None if nowhere."""

    def spliced(self, count: int) -> None:
        """Count what went there unseen."""

    def received_end(self) -> None:
        """Take the end: the other side sends no more."""

    def congested(self, congested: bool) -> None:
        """Note that too much waits to be sent, or that it has been sent."""

    def lost(self) -> None:
        """Note that the socket is closed."""


class Socket:
    """A connected socket; nothing is read before `resume_reading`."""

    def __init__(self, sock: socket.socket, peer: SocketOwner) -> None:
        sock.setblocking(False)
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop = asyncio.get_running_loop()
        self._events = reactor()
        self._sock = sock
        self._number = sock.fileno()
        self._peer = peer
        self._waiting: deque[bytes | Pipe] = deque()
        self._waiting_bytes = 0
        self._congested = False
        self._reading = False
        self._bulk = False
        self._closing = False
        self._lost = False

    def is_closing(self) -> bool:
        """Return whether it is closed, or about to be."""
        return self._closing

    # Reading

    def resume_reading(self) -> None:
        """Start to read what comes."""
        if not self._reading and not self._closing:
            self._reading = True
            self._events.watch(self._number, READ, self._read)

    def pause_reading(self) -> None:
        """Stop reading; the system makes the other side wait."""
        if self._reading:
            self._reading = False
            self._events.forget(self._number, READ)

    def _read(self) -> None:
        if self._bulk and (way := self._peer.spliceable()) is not None:
            self._splice(*way)
            return
        try:
            count = self._sock.recv_into(_BUFFER)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._fail()
            return
        self._bulk = count >= BULK_BYTES
        if count:
            self._peer.received(_BUFFER[:count])
        else:
            self._read_end()

    def _read_end(self) -> None:
        self.pause_reading()
        self._peer.received_end()

    def _splice(self, destination: "Socket", most: int) -> None:
        pipe = _PIPES.take()
        if pipe is None:
            self._bulk = False
            return
        try:
            count = pipe.fill(self._number, most)
        except BlockingIOError:
            _PIPES.give_back(pipe)
            self._bulk = False  # if it is woken again, it looks by hand
            return
        except OSError:
            _PIPES.give_back(pipe)
            self._fail()
            return
        if count:
            self._events.note_bulk()
            self._bulk = count >= BULK_BYTES // 4
            self._peer.spliced(count)
            destination.write_pipe(pipe)
        else:
            _PIPES.give_back(pipe)
            self._read_end()

    # Writing

    @property
    def idle(self) -> bool:
        """True if nothing waits to be sent."""
        return not self._waiting and not self._closing

    def write(self, data: Data) -> None:
        """Send data, now or as soon as the other side takes it."""
        if self._closing:
            return
        if not self._waiting:
            try:
                sent = self._sock.send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError:
                self._fail()
                return
            if sent == len(data):
                return
            data = data[sent:]
        self._wait(bytes(data), len(data))

    def write_pipe(self, pipe: Pipe) -> None:
        """Send what is in a pipe, and own the pipe from now on."""
        if self._closing:
            pipe.close()
            return
        try:
            done = pipe.empty_into(self._number)
        except OSError:
            pipe.close()
            self._fail()
            return
        if done:
            _PIPES.give_back(pipe)
        else:
            self._wait(pipe, pipe.filled)

    def _wait(self, what: bytes | Pipe, size: int) -> None:
        if not self._waiting:
            self._events.watch(self._number, WRITE, self._flush)
        self._waiting.append(what)
        self._waiting_bytes += size
        if self._waiting_bytes > HIGH_BYTES and not self._congested:
            self._congested = True
            self._peer.congested(True)

    def _flush(self) -> None:
        try:
            while self._waiting and self._send_first():
                pass
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._fail()
            return
        if not self._waiting:
            self._events.forget(self._number, WRITE)
            if self._closing:
                self._end()
                return
        if self._congested and self._waiting_bytes <= LOW_BYTES:
            self._congested = False
            self._peer.congested(False)

    def _send_first(self) -> bool:
        """Send what waits first; return whether the system may take more."""
        first = self._waiting[0]
        if isinstance(first, Pipe):
            before = first.filled
            done = first.empty_into(self._number)
            self._waiting_bytes -= before - first.filled
            if done:
                self._waiting.popleft()
                _PIPES.give_back(first)
            return done
        pieces = []
        for piece in islice(self._waiting, _PIECES):
            if isinstance(piece, Pipe):
                break
            pieces.append(piece)
        sent = self._sock.sendmsg(pieces)
        self._waiting_bytes -= sent
        while pieces and sent >= len(pieces[0]):
            sent -= len(pieces.pop(0))
            self._waiting.popleft()
        if pieces:
            self._waiting[0] = pieces[0][sent:]
        return not pieces

    # Ending

    def close(self) -> None:
        """Close it in order, once what waits is sent."""
        if not self._closing:
            self._closing = True
            self.pause_reading()
            if not self._waiting:
                self._loop.call_soon(self._end)

    def abort(self) -> None:
        """Close it now; what waits is dropped."""
        self._closing = True
        self.pause_reading()
        self._drop()
        self._loop.call_soon(self._end)

    def reset(self) -> None:
        """Close it now with a TCP reset."""
        with suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
        self.abort()

    def _fail(self) -> None:
        """End it, as the system says that it is broken: the other side may have reset it."""
        self.abort()

    def _drop(self) -> None:
        if self._waiting:
            self._events.forget(self._number, WRITE)
        for what in self._waiting:
            if isinstance(what, Pipe):
                what.close()
        self._waiting.clear()
        self._waiting_bytes = 0

    def _end(self) -> None:
        if self._lost:
            return
        self._lost = True
        self._drop()
        self._peer.lost()
        self._sock.close()
