"""Content codings (RFC 9110, 8.4.1): a body is decoded before it is changed, and encoded again."""

import gzip
import importlib
import zlib
from collections.abc import Callable
from typing import Any

from seatrial.tap.message import ANSWER_BYTES

try:
    _brotli: Any = importlib.import_module("brotli")
except ImportError:  # such a body can't be changed then
    _brotli = None

_STEP_BYTES = 4096

_NAMES = {"x-gzip": "gzip"}


def decoded(body: bytes, codings: str) -> bytes | None:
    """Return a body without its codings; None where one is unknown, or it isn't of that coding.

    Args:
        body: as it came.
        codings: as `Content-Encoding` lists them, in the order in which they were applied.
    """
    for name in reversed(_listed(codings)):
        decode = _DECODERS.get(name)
        plain = decode(body) if decode is not None else None
        if plain is None:
            return None
        body = plain
    return body


def encoded(body: bytes, codings: str) -> bytes:
    """Return a body with codings that `decoded` took off."""
    for name in _listed(codings):
        body = _ENCODERS[name](body)
    return body


def _listed(codings: str) -> list[str]:
    names = (name.strip().lower() for name in codings.split(","))
    return [_NAMES.get(name, name) for name in names if name not in ("", "identity")]


def _inflated(body: bytes, *, window: int) -> bytes | None:
    """Return what zlib makes of a body: None if it isn't whole, or is over `ANSWER_BYTES`."""
    parts: list[bytes] = []
    size = 0
    while body:  # gzip may have several members
        inflater = zlib.decompressobj(window)
        try:
            part = inflater.decompress(body, ANSWER_BYTES - size + 1)
        except zlib.error:
            return None
        size += len(part)
        if size > ANSWER_BYTES or not inflater.eof:
            return None
        parts.append(part)
        body = inflater.unused_data
    return b"".join(parts)


def _gunzipped(body: bytes) -> bytes | None:
    return _inflated(body, window=31)


def _undeflated(body: bytes) -> bytes | None:
    """Return what was deflated, with zlib's wrapping or, as some servers send it, without."""
    wrapped = _inflated(body, window=15)
    return _inflated(body, window=-15) if wrapped is None else wrapped


def _unbrotlied(body: bytes) -> bytes | None:
    if _brotli is None:
        return None
    reader = _brotli.Decompressor()
    plain = b""
    try:
        for start in range(0, len(body), _STEP_BYTES):
            plain += reader.process(body[start : start + _STEP_BYTES])
            if len(plain) > ANSWER_BYTES:
                return None
    except _brotli.error:
        return None
    return plain if reader.is_finished() else None


def _brotlied(body: bytes) -> bytes:
    made: bytes = _brotli.compress(body)
    return made


_DECODERS: dict[str, Callable[[bytes], bytes | None]] = {
    "gzip": _gunzipped,
    "deflate": _undeflated,
    "br": _unbrotlied,
}
_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, mtime=0),
    "deflate": zlib.compress,
    "br": _brotlied,
}
