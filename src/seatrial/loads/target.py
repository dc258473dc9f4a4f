"""The targets that load may be sent to: this machine, and others if somebody says so."""

import socket
from urllib.parse import urlsplit

from seatrial.errors import UsageError
from seatrial.loopback import is_loopback

OPT_IN = "--i-may-load-this-host"


def check_target(url: str, *, any_host: bool = False) -> None:
    """Refuse a target that isn't an HTTP URL, or not on this machine without the opt-in.

    Raises:
        UsageError: one sentence with the fix.
    """
    host = _host_of(url)
    if host is None:
        raise UsageError(f"the target {url!r} isn't a URL such as http://127.0.0.1:3002")
    if not any_host and not is_loopback(host):
        raise UsageError(f"the target {host} isn't this machine; if you may load it, say {OPT_IN}")


def _host_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and parts.port != 0  # asking checks its range
    except ValueError:
        return None
    return parts.hostname if known else None


def listens(url: str, *, timeout_s: float = 2.0) -> bool:
    """Return whether somebody accepts a connection at this URL."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=timeout_s):
            return True
    except OSError:
        return False
