"""The reason why a provider gave no answer: the verifier says only that sending failed."""

import socket
from urllib.parse import urlsplit

_CONNECT_S = 1.0
_MARGIN = 0.95
"""A part of the timeout that the verifier may be early by."""


def why(url: str, said: str, took_s: float, timeout_s: float) -> str:
    """The reason, as far as it can be told without sending the request again.

    Args:
        url: the provider's address.
        said: what the verifier said.
        took_s: how long it took, seconds.
        timeout_s: how long it might have taken.
    """
    if refusal := _refusal(url):
        return refusal
    if took_s >= timeout_s * _MARGIN:
        return f"it had not answered whole after {timeout_s:g} s"
    if "decoding" in said:
        return "its answer broke off, or is not encoded as its headers say"
    if urlsplit(url).scheme == "https":
        return f"it takes connections, but not this request ({said}); is its certificate valid?"
    return "it took the connection and gave back nothing that is an HTTP answer"


def _refusal(url: str) -> str | None:
    """The fault of the address, by a connection without a request."""
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    try:
        socket.create_connection(address, _CONNECT_S).close()
    except socket.gaierror:
        return f"there isn't a host {parts.hostname}; fix the address"
    except ConnectionRefusedError:
        return "nothing listens there; start it, or fix the address"
    except TimeoutError:
        return f"it takes no connection within {_CONNECT_S:g} s"
    except OSError as error:
        return f"it can't be reached ({error.strerror or error})"
    return None
