"""Request bodies as Go structs: which keys they have and what messages call them."""

from dataclasses import dataclass, replace
from typing import Any, cast

from seatrial.faults.engine.gocompat import gojson
from seatrial.faults.engine.gocompat.gojson import BadBodyError, Field, Object, Struct
from seatrial.faults.engine.named import STREAMS, NamedToxic, Stream
from seatrial.faults.engine.toxics import TOXICS, Toxic, attribute_types

_STRINGS = (Field("name", "string"), Field("listen", "string"), Field("upstream", "string"))
_ENABLED = Field("enabled", "bool")
_PROXY = Struct("toxiproxy.Proxy", (*_STRINGS, _ENABLED), "Proxy")
_ENTRY_TYPE = 'struct { toxiproxy.Proxy; Enabled *bool "json:\\"enabled\\"" }'
_ENTRY = Struct(
    _ENTRY_TYPE, (*(Field(field.name, "string", "Proxy.") for field in _STRINGS), _ENABLED)
)
_TOXIC = Struct(
    "toxics.ToxicWrapper",
    (
        Field("attributes", "toxics.NoopToxic"),
        Field("name", "string"),
        Field("type", "string"),
        Field("stream", "string"),
        Field("toxicity", "float32"),
    ),
    "ToxicWrapper",
)
_UPDATE_TYPE = (
    'struct { Attributes interface {} "json:\\"attributes\\""; '
    'Toxicity float32 "json:\\"toxicity\\"" }'
)
_GO_TYPES: dict[type, str] = {float: "float64", str: "string", bool: "bool"}


class ApiError(Exception):
    """An answer that isn't success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def as_json(self) -> dict[str, Any]:
        """Return the answer's body."""
        return {"error": self.message, "status": self.status}


@dataclass(frozen=True)
class ProxyBody:
    """A proxy as a client describes it."""

    name: str = ""
    listen: str = ""
    upstream: str = ""
    enabled: bool = True

    def complete(self, place: str = "") -> None:
        """Check that it has a name and an upstream.

        Raises:
            ApiError: 400.
        """
        for key in ("name", "upstream"):
            if not getattr(self, key):
                raise ApiError(400, f"missing required field: {key}{place}")


def proxy_body(body: bytes, default: ProxyBody) -> ProxyBody:
    """Read a proxy; what isn't there is as in `default`.

    Raises:
        ApiError: 400.
    """
    return replace(default, **_read(_decode(body), _PROXY))


def populate_body(body: bytes) -> list[ProxyBody]:
    """Read an array of proxies, each with a name and an upstream.

    Raises:
        ApiError: 400.
    """
    array = _decode(body)
    if array is not None and not isinstance(array, list):
        raise _bad(gojson.mismatch(array, f"Go value of type []{_ENTRY_TYPE}"))
    found = [ProxyBody(**_read(item, _ENTRY)) for item in array or []]
    for place, proxy in enumerate(found, start=1):
        proxy.complete(f" at proxy {place}")
    return found


def toxic_body(body: bytes, taken: frozenset[str]) -> NamedToxic:
    """Read a new toxic.

    Args:
        body: the request's.
        taken: names that the proxy's other toxics have.

    Raises:
        ApiError: 400, or 409 for a name that is taken.
    """
    found = _read(_decode(body), _TOXIC)
    typed = found.get("stream", "downstream")
    if typed.lower() not in STREAMS:
        raise ApiError(400, "stream was invalid, can be either upstream or downstream")
    kind = found.get("type", "")
    name = found.get("name") or f"{kind}_{typed}"
    cls = TOXICS.get(kind)
    if cls is None:
        raise ApiError(400, "invalid toxic type")
    if name in taken:
        raise ApiError(409, "toxic already exists")
    values = _attributes(found.get("attributes", Object()), cls)
    stream = cast("Stream", typed.lower())
    return NamedToxic(name, stream, typed, found.get("toxicity", 1.0), _sound(cls(**values)))


def toxic_update(body: bytes, old: NamedToxic) -> NamedToxic:
    """Read new attributes and a new toxicity; what isn't there stays.

    Raises:
        ApiError: 400, and then nothing changes.
    """
    cls = type(old.attributes)
    target = Struct(
        _UPDATE_TYPE, (Field("attributes", f"toxics.{cls.GO_NAME}"), Field("toxicity", "float32"))
    )
    found = _read(_decode(body), target)
    values = _attributes(found.get("attributes", Object()), cls)
    attributes = _sound(replace(old.attributes, **values))
    return replace(old, attributes=attributes, toxicity=found.get("toxicity", old.toxicity))


def seed_body(body: bytes) -> int:
    """Read `{"seed": 42}`.

    Raises:
        ApiError: 400.
    """
    found = _read(_decode(body), Struct("seed", (Field("seed", "int64"),), "Seed"))
    if "seed" not in found:
        raise ApiError(400, "missing required field: seed")
    seed: int = found["seed"]
    return seed


def _attributes(given: Object, cls: type[Toxic]) -> dict[str, Any]:
    known = tuple(
        Field(name, cls.GO_INT if kind is int else _GO_TYPES[kind])
        for name, kind in attribute_types(cls).items()
    )
    return _read(given, Struct(f"toxics.{cls.GO_NAME}", known, f"{cls.GO_NAME}.attributes"))


def _sound(attributes: Toxic) -> Toxic:
    problem = attributes.problem()
    if problem is not None:
        raise ApiError(400, problem)
    return attributes


def _decode(body: bytes) -> Any:
    try:
        return gojson.decode(body)
    except BadBodyError as error:
        raise _bad(str(error)) from None


def _read(value: Any, target: Struct) -> dict[str, Any]:
    try:
        return gojson.read(value, target)
    except BadBodyError as error:
        raise _bad(str(error)) from None


def _bad(message: str) -> ApiError:
    return ApiError(400, f"bad request body: {message}")
