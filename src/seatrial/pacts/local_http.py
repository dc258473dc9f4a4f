"""Plain HTTP on this machine without what only the wide network needs."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

import certifi

from seatrial import loopback
from seatrial.pacts.scratch import folder

_END = "-----END CERTIFICATE-----"
_NO_PROXY = ("NO_PROXY", "no_proxy")
_PAST_PROXIES = ("localhost", "127.0.0.1", "::1")


@contextlib.contextmanager
def quick_http(*urls: str) -> Iterator[None]:
    """Spare clients made within this block the loading of certificates that plain URLs don't need.

    Both the verifier, for each interaction, and httpx, for each client, load some 140
    certificates, which costs ten times what an interaction on loopback does. They get one, by the
    variables of OpenSSL and, since a client may not look at those, by what certifi says; where a
    URL is https, they keep them all. Loopback is never asked through a proxy.
    """
    with contextlib.ExitStack() as stack:
        if all(urlsplit(url).scheme == "http" for url in urls):
            quick = _one_certificate(folder())
            stack.enter_context(_environment(quick))
            stack.enter_context(patch.object(certifi, "where", lambda: quick["SSL_CERT_FILE"]))
        stack.enter_context(_environment({name: _no_proxy(name) for name in _NO_PROXY}))
        yield


def _no_proxy(name: str) -> str:
    before = os.environ.get(name)
    return ",".join([*([before] if before else []), *_PAST_PROXIES])


def is_loopback(url: str) -> bool:
    """True where an address is plain HTTP on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and loopback.is_loopback(parts.hostname or "")


@cache
def _one_certificate(place: Path) -> dict[str, str]:
    bundle = Path(certifi.where()).read_text(encoding="utf-8")
    first = bundle[bundle.index("-----BEGIN") : bundle.index(_END) + len(_END)]
    file, empty = place / "one.pem", place / "none"
    file.write_text(first + "\n", encoding="utf-8")
    empty.mkdir()
    return {"SSL_CERT_FILE": str(file), "SSL_CERT_DIR": str(empty)}


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
