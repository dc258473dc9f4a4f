"""What a scenario runs with, so that there is something to mutate: most have what is declared."""

from functools import cache
from pathlib import Path

from seatrial.config import Config, DeclaredPolicy, load_config

ROOT = Path(__file__).parents[2]
RATE, MINIMUM_CALLS, WINDOW_CALLS, SLOW_S = 0.5, 10, 20, 3.0
"""What opens the breaker of a consumer that has no number in a row."""
_EDGE, _CONSUMERS = "card", "tests.mutation.consumers"
_SMALL_CACHE, _TINY_CACHE = 20, 4
"""Caches that a scenario can fill, the second one with fewer loads than there are connections."""
_SMALL_BUDGET_PER_S = 5
"""A budget that isn't the default, which the declared one is."""
_AS_DECLARED, _SHORT, _TINY = "", "short", "tiny"
"""The reference's own consumer, with the times of runs in real time, and with the tiny cache."""
_CONSUMER_OF = {
    **dict.fromkeys(
        ("cancelled_callers", "cancelled_probes", "loader_leaves", "neutral_probes"), "hearing"
    ),
    **dict.fromkeys(("failure_rate", "failures_by_turns", "rate_window"), "rated"),
    "slow_calls": "impatient",
}
"""The consumers of scenarios that would show nothing on the reference's own."""
_IN_TRANSPORT = (
    *("attempts_fail", "connections_break", "provider_down", "retry_budget", "statuses_fail"),
    *("too_many_requests", "unknown_entities"),
)
_BY_HAND = (
    *("cached_while_down", "many_callers", "neutral_probes", "provider_back", "provider_down"),
    "refused_often",
)
TWICE = (
    *(f"{name}@in_transport" for name in _IN_TRANSPORT),
    *(f"{name}@by_hand" for name in _BY_HAND),
    "cancelled_callers@impatient",
    "late_failure@rated",
    "late_success@rated",
    "changed_under_way@removed_as_known",
    "provider_down@inside_retry",
    f"provider_hung@{_SHORT}",
    f"cache_full@{_TINY}",
)
"""Scenarios that run a second time, on another consumer."""


def config_for(name: str) -> Config:
    """Return the configuration that a scenario runs with.

    Args:
        name: the scenario's, and after an "@" the consumer that it runs on besides.
    """
    scenario, _, other = name.partition("@")
    config = _config(virtual=other != _SHORT)
    edge = config.edges[_EDGE]
    service = config.services[edge.consumer]
    declared = edge.policy.model_dump(exclude_unset=True)
    if scenario == "cache_full":
        most = _TINY_CACHE if other == _TINY else _SMALL_CACHE
        declared["cache"] |= {"max_entries": most}
        service = service.with_env({"USER_CLIENT_CACHE_MAX": str(most)})
    if scenario == "retry_budget":
        declared["retry"]["budget"] |= {"floor_per_s": _SMALL_BUDGET_PER_S}
        service = service.with_env({"USER_CLIENT_RETRIES_PER_S": str(_SMALL_BUDGET_PER_S)})
    consumer = other or _CONSUMER_OF.get(scenario, _AS_DECLARED)
    if consumer == "inside_retry":
        declared["breaker"] |= {"order": "inside-retry"}
        service = service.with_env({"USER_CLIENT_ORDER": "inside-retry"})
    elif consumer not in (_AS_DECLARED, _SHORT, _TINY):
        service = service.model_copy(update={"app": f"{_CONSUMERS}:{consumer}"})
    if consumer in ("rated", "impatient"):
        rate = {
            "failures": RATE,
            "minimum_calls": MINIMUM_CALLS,
            "window_calls": WINDOW_CALLS,
        }
        if consumer == "impatient":
            rate |= {"slow_s": SLOW_S, "slow_ratio": RATE}
        declared["breaker"] = {**declared["breaker"], "failures": None, "rate": rate}
    elif consumer == "in_transport":
        declared["breaker"] = {**declared["breaker"], "retry_after": False}
        del declared["failures"]["bad_answers"]  # which is read after a transport's policies
    policy = DeclaredPolicy.model_validate(declared)
    edges = {**config.edges, _EDGE: edge.model_copy(update={"policy": policy})}
    services = {**config.services, edge.consumer: service}
    return config.model_copy(update={"services": services, "edges": edges})


@cache
def _config(*, virtual: bool) -> Config:
    return load_config(ROOT / "seatrial.toml", virtual=virtual)
