"""Pact's own requests (states, messages), posted as fast as this machine's loopback allows.

httpx takes longer for the two of an interaction than Pact's verifier takes for the interaction. To
loopback they go over the standard library's connections, which stay open; to everywhere else,
with its certificates and proxies, through httpx.
"""

import atexit
import json
import socket
import threading
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

import httpx

from seatrial.errors import text_of
from seatrial.pacts.local_http import is_loopback

_kept = threading.local()
_all: list[HTTPConnection] = []


@atexit.register
def _close() -> None:
    for connection in _all:
        connection.close()


def post(url: str, body: Mapping[str, Any], timeout_s: float) -> httpx.Response:
    """Post JSON.

    Raises:
        httpx.HTTPError: there was no answer.
    """
    if not is_loopback(url):
        return httpx.post(url, json=body, timeout=timeout_s)
    try:
        return _posted(url, json.dumps(body).encode(), timeout_s)
    except TimeoutError:
        raise httpx.ReadTimeout(f"no answer within {timeout_s:g} s") from None
    except (OSError, HTTPException) as error:
        raise httpx.ConnectError(text_of(error)) from error


def problem_of(answer: httpx.Response) -> tuple[str, str]:
    """The sentence and the traceback in a refusal of one of Pact's own requests."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        return answer.text[:500] or "(no body)", ""
    return str(problem.get("detail") or problem), str(problem.get("traceback") or "")


def _posted(url: str, body: bytes, timeout_s: float) -> httpx.Response:
    parts = urlsplit(url)
    connection = _connection(parts.hostname or "", parts.port or 80, timeout_s)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    was_open = connection.sock is not None
    try:
        return _asked(connection, target, body)
    except (BrokenPipeError, ConnectionResetError):
        # Closed while it waited for its next request, without a word about this one.
        connection.close()
        if was_open:
            return _asked(connection, target, body)
        raise
    except BaseException:
        connection.close()  # what comes over it later would be taken for another answer
        raise


def _asked(connection: HTTPConnection, target: str, body: bytes) -> httpx.Response:
    headers = {"content-type": "application/json", "accept": "*/*"}
    connection.request("POST", target, body, headers)
    answer = connection.getresponse()
    return httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())


def _connection(host: str, port: int, timeout_s: float) -> HTTPConnection:
    """This thread's connection to an address; one that was closed is opened again."""
    kept: dict[tuple[str, int], HTTPConnection] = _kept.__dict__.setdefault("connections", {})
    if (host, port) not in kept:
        kept[host, port] = HTTPConnection(host, port)
        _all.append(kept[host, port])
    connection = kept[host, port]
    connection.timeout = timeout_s
    if connection.sock is not None and _has_ended(connection.sock):
        connection.close()
    if connection.sock is not None:
        connection.sock.settimeout(timeout_s)
    return connection


def _has_ended(sock: socket.socket) -> bool:
    """True where there is something to read where nothing was asked: it can only be the end."""
    sock.settimeout(0)
    try:
        sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
