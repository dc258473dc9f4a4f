"""What the parts of a file say of each other: names that must exist, parts that need others.

Looked for in the raw data, so that it is said together with all other errors.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from seatrial.config import GATEWAY
from seatrial.config.addresses import named_services

Place = tuple[str, ...]


def cross_errors(data: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Each error's place, and what is wrong there."""
    services, edges = _table(data, "services"), _table(data, "edges")
    for name, edge in edges.items():
        if not isinstance(edge, dict):
            continue
        for role in ("consumer", "provider"):
            yield from _unknown(("edges", name, role), edge.get(role), services)
        yield from _unreachable(name, edge, services)
    for name, profile in _table(data, "load").items():
        if isinstance(profile, dict):
            yield from _unknown(("load", name, "edge"), profile.get("edge"), edges)
    yield from _addresses(data, services)


def _addresses(data: Mapping[str, Any], services: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Services that others reach, and the name that none of them may have."""
    places: dict[Place, Any] = {("services", name): one for name, one in services.items()}
    if GATEWAY in data:
        places[(GATEWAY,)] = data[GATEWAY]
        if GATEWAY in services:
            yield ("services", GATEWAY), "[gateway] has this name; choose another"
    for place, service in places.items():
        if isinstance(service, dict):
            for variable, form in _table(service, "addresses").items():
                for name in named_services(form) if isinstance(form, str) else ():
                    yield from _unknown((*place, "addresses", variable), name, services)


def _table(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _unknown(place: Place, name: Any, names: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    if isinstance(name, str) and name not in names:
        yield place, f"there is no {name!r}; there is: {', '.join(names) or 'none'}"


def _unreachable(
    name: str, edge: Mapping[str, Any], services: Mapping[str, Any]
) -> Iterator[tuple[Place, str]]:
    """A consumer that runs already can only be given an address that is fixed beforehand."""
    consumer = services.get(edge.get("consumer", ""))
    if isinstance(consumer, dict) and "url" in consumer and "listen" not in edge:
        yield (
            ("edges", name),
            f"services.{edge['consumer']} runs already, so it must know the proxy's address; "
            'add listen = "127.0.0.1:PORT", and start it with that',
        )
