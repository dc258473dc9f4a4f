"""The users' HTTP client: it sends each request once, and counts it.

geventhttpclient sends a GET again, as often as its pool has connections, when a connection is
closed without an answer; and Locust takes a body that was cut off for a whole one. Both would hide
from a run what the service under load did.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from geventhttpclient.client import HTTPClient, HTTPClientPool
from geventhttpclient.connectionpool import ConnectionPool
from geventhttpclient.url import URL
from locust.contrib.fasthttp import FAILURE_EXCEPTIONS, ErrorResponse, FastHttpSession, FastResponse

from seatrial.loads.generator.starvation import timed_socket

IDLE_MAX_S = 1.5
"""A connection that idled for longer isn't used again: servers close those, some after 2 s, and a
request on its way then would be lost without anybody's fault."""


class LoadSession(FastHttpSession):
    """Locust's session, for which an answer that isn't whole is an error.

    Args:
        on_answer: called with each answer, and with what stands for one that never came.
        options: those of `FastHttpSession`.
    """

    def __init__(self, *, on_answer: Callable[[FastResponse], None], **options: Any) -> None:
        super().__init__(**options)
        self._on_answer = on_answer

    def request(self, method: str, url: str, **kwargs: Any) -> Any:  # type: ignore[override]
        """Send a request; its answer has status 0 when there is none, or a part of one."""
        return super().request(method, url, whole=not kwargs.get("stream"), **kwargs)

    def _send_request_safe_mode(
        self, method: str, url: str, *, whole: bool = True, **kwargs: Any
    ) -> FastResponse:
        response = super()._send_request_safe_mode(method, url, **kwargs)
        if whole and not isinstance(response, ErrorResponse):
            try:
                _ = response.content  # which is kept
            except FAILURE_EXCEPTIONS as error:
                assert response.request is not None
                response = ErrorResponse(response.request, error)
        self._on_answer(response)
        return response


class LoadClients(HTTPClientPool):
    """Clients by host, each of which sends once.

    Args:
        on_send: called for each request that leaves.
        on_read: called with the time that a part of an answer lay unread, seconds.
        options: those of `HTTPClient`.
    """

    def __init__(
        self, on_send: Callable[[], None], on_read: Callable[[float], None], **options: Any
    ) -> None:
        super().__init__(**options)
        self._on_send = on_send
        self._on_read = on_read

    def get_client(self, url: str | URL) -> HTTPClient:
        """Return the client for a URL's host."""
        known = len(self.clients)
        client = super().get_client(url)
        if len(self.clients) > known:
            _send_once(client._connection_pool, self._on_send)
            if not client.ssl:
                timed = partial(timed_socket, self._on_read)
                vars(client._connection_pool)["_create_tcp_socket"] = timed
        return client


def _send_once(pool: ConnectionPool, on_send: Callable[[], None]) -> None:
    """Let a pool give each request one connection, and none that a server may just have closed."""
    get, give_back = pool.get_socket, pool.return_socket
    returned_s: dict[int, float] = {}

    def get_socket() -> Any:
        on_send()
        while True:
            sock = get()
            idle_since_s = returned_s.pop(id(sock), None)
            if idle_since_s is None or time.monotonic() - idle_since_s <= IDLE_MAX_S:
                return sock
            pool.release_socket(sock)

    def return_socket(sock: Any) -> None:
        returned_s[id(sock)] = time.monotonic()
        give_back(sock)

    # Its size is by how many times a request is sent again; queue and semaphore have it already.
    vars(pool).update(size=-1, get_socket=get_socket, return_socket=return_socket)
