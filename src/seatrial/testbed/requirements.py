"""What a scenario may require of an edge and its system, beyond its policy."""

from collections.abc import Iterable
from enum import Enum

from seatrial.config import Config, Edge
from seatrial.wires import FaultTarget


class EdgeFeature(Enum):
    """Something that an edge may declare besides its policy; the value says it in words."""

    CHANGE = "entity.change, a way to change an entity at the provider"
    REMOVE = "entity.remove, a way to remove an entity at the provider"
    MADE_UP_IDS = "entity.ids, a pattern of ids that are made up"
    UNSAFE_UPSTREAM = "an upstream request that isn't safe to repeat"


_TARGETS = {
    FaultTarget.PROVIDER: "a command that starts the provider",
    FaultTarget.CONSUMER: "a command that starts the consumer",
    FaultTarget.VALKEY: "a consumer that uses {redis}",
    FaultTarget.DATABASE: "a consumer that uses {postgres}",
    FaultTarget.PROVIDER_VALKEY: "a provider that uses {redis}",
    FaultTarget.PROVIDER_DATABASE: "a provider that uses {postgres}",
}


def missing_features(
    config: Config, edge: Edge, required: Iterable[EdgeFeature | FaultTarget]
) -> list[str]:
    """Return, in words, which of these an edge doesn't declare or doesn't have."""
    consumer, provider = config.services[edge.consumer], config.services[edge.provider]
    has = {
        EdgeFeature.CHANGE: edge.entity.change is not None,
        EdgeFeature.REMOVE: edge.entity.remove is not None,
        EdgeFeature.MADE_UP_IDS: edge.entity.ids is not None,
        EdgeFeature.UNSAFE_UPSTREAM: edge.upstream.method in ("POST", "PATCH"),
        FaultTarget.PROVIDER: provider.url is None,
        FaultTarget.CONSUMER: consumer.url is None,
        FaultTarget.VALKEY: consumer.uses("redis"),
        FaultTarget.DATABASE: consumer.uses("postgres"),
        FaultTarget.PROVIDER_VALKEY: provider.uses("redis"),
        FaultTarget.PROVIDER_DATABASE: provider.uses("postgres"),
    }
    return [
        one.value if isinstance(one, EdgeFeature) else _TARGETS[one]
        for one in required
        if not has[one]
    ]
