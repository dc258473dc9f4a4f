"""toxiproxy-python, with an address for each instance, time limits and errors that say what failed.

The library keeps the server's address in a class that all its objects share, and only notices
three statuses. So its modules `proxy` and `server` are loaded once more for each server, privately,
around a subclass of its `APIConsumer`; whoever else uses the library isn't disturbed.
"""

import importlib.util
import json
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import requests
import toxiproxy.api
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

from seatrial.errors import UsageError
from seatrial.faults.errors import (
    BadRequestError,
    NoAnswerError,
    ProxyExistsError,
    ProxyNotFoundError,
    ServerFailedError,
    ToxicExistsError,
    ToxicNotFoundError,
    ToxiproxyError,
)

_NO_PROXIES = {"http": None, "https": None, "all": None}
_STATUS = {InvalidToxic: 400, NotFound: 404, ProxyExists: 409}
_KINDS: dict[str, type[ToxiproxyError]] = {
    "proxy not found": ProxyNotFoundError,
    "toxic not found": ToxicNotFoundError,
    "proxy already exists": ProxyExistsError,
    "toxic already exists": ToxicExistsError,
}


class Library:
    """The library's parts, bound to one server."""

    def __init__(self, url: str, timeout_s: float) -> None:
        """Bind to a server; nothing is sent yet.

        Args:
            url: like http://127.0.0.1:8474.
            timeout_s: how long one answer may take, seconds.

        Raises:
            UsageError: the address isn't of that form.
        """
        self.host, port = _parts(url)
        self.api: Any = type(
            "Consumer",
            (_Consumer,),
            {"host": self.host, "port": port, "timeout_s": timeout_s},
        )
        proxy: Any = _copy("proxy")
        server: Any = _copy("server")
        proxy.APIConsumer = server.APIConsumer = self.api
        server.Proxy = proxy.Proxy
        self.proxy_class: Any = proxy.Proxy
        self.server: Any = server.Toxiproxy()


class _Consumer(toxiproxy.api.APIConsumer):  # type: ignore[misc]  # it has no types
    """The library's own requests, bounded in time, with every failure raised."""

    timeout_s: float

    @classmethod
    def get(cls, url: str, params: Any = None, **kwargs: Any) -> Any:
        return cls._ask(super().get, url, params=params, **kwargs)

    @classmethod
    def post(cls, url: str, data: Any = None, json: Any = None, **kwargs: Any) -> Any:
        return cls._ask(super().post, url, data=data, json=json, **kwargs)

    @classmethod
    def delete(cls, url: str, **kwargs: Any) -> Any:
        return cls._ask(super().delete, url, **kwargs)

    @classmethod
    def _ask(cls, send: Any, url: str, **kwargs: Any) -> Any:
        place = f"http://{cls.host}:{cls.port}"
        try:
            response = send(url, timeout=cls.timeout_s, proxies=_NO_PROXIES, **kwargs)
        except tuple(_STATUS) as error:
            raise _failure(_STATUS[type(error)], error.args[0], url) from None
        except requests.Timeout:
            raise NoAnswerError(
                f"the Toxiproxy at {place} did not answer {url} within {cls.timeout_s:g} s"
            ) from None
        except requests.RequestException as error:
            raise NoAnswerError(
                f"nobody answers as a Toxiproxy at {place} ({_cause(error)})"
            ) from None
        if not response.ok:
            raise _failure(response.status_code, response.content, url)
        return response


def _failure(status: int, content: bytes, path: str) -> ToxiproxyError:
    """Return the error for an answer that isn't success; an unknown path names what is missing."""
    text = content.decode("utf-8", "replace").strip()
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    message = str(found.get("error", text)) if isinstance(found, dict) else text
    other: type[ToxiproxyError] = BadRequestError if status == 400 else ServerFailedError
    if status == 404:
        other = ToxicNotFoundError if "/toxics/" in path else ProxyNotFoundError
    kind = _KINDS.get(message, other)
    return kind(f"Toxiproxy: {message or 'no reason given'} ({status})", status)


def _cause(error: BaseException) -> str:
    """Return the innermost reason, without the names of the layers around it."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return str(getattr(error, "strerror", None) or error)


def _parts(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if host is None or parts.scheme != "http" or parts.path.strip("/") or parts.query:
        raise UsageError(f"a Toxiproxy's address is like http://127.0.0.1:8474, not {url!r}")
    return (f"[{host}]" if ":" in host else host), port or 8474


def _copy(name: str) -> ModuleType:
    """A private instance of one of the library's modules."""
    spec = importlib.util.find_spec(f"toxiproxy.{name}")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
