"""The ways between services that an exploration puts faults on."""

from dataclasses import dataclass

from seatrial.config import Config, DeclaredPolicy

UNDECLARED = DeclaredPolicy()
"""Of an edge that promises nothing."""


@dataclass(frozen=True)
class TappedEdge:
    """A consumer's way to a provider, with a tap on it."""

    name: str
    consumer: str
    provider: str
    policy: DeclaredPolicy = UNDECLARED
    pact: str | None = None
    """Where its pact is, if that is declared."""


def tapped_edges(config: Config) -> list[TappedEdge]:
    """Return every way from one service to another that the configuration knows.

    Those that only `addresses` names are called `consumer->provider`.
    """
    found: dict[tuple[str, str], TappedEdge] = {}
    for name, edge in config.all_edges.items():
        pair = edge.consumer, edge.provider
        found.setdefault(pair, TappedEdge(name, *pair, edge.policy, edge.pact))
    for name, service in config.services.items():
        for provider in service.neighbours:
            found.setdefault((name, provider), TappedEdge(f"{name}->{provider}", name, provider))
    return list(found.values())
