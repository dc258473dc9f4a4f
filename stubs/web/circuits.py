"""The circuits to other services, in the metrics and in the log."""

from collections.abc import Iterable

from seatrial.resilience import CircuitBreaker, Event, Retry, StateChanged
from stubs.tracing import Tracer
from stubs.web.metrics import Sample

_STATES = {"closed": 0, "half_open": 1, "open": 2, "isolated": 3}


def circuit_samples(circuits: Iterable[tuple[CircuitBreaker, Retry]]) -> Iterable[Sample]:
    """The state of each breaker, and what it and its retry did."""
    names = ", ".join(f"{number} {name}" for name, number in _STATES.items())
    for breaker, retry in circuits:
        now = breaker.snapshot()
        label = (("circuit", now.name),)
        state = _STATES[now.state]
        yield Sample("circuit_state", f"The breaker's state: {names}.", state, labels=label)
        for name, value in (("opened", now.opened), ("refused", now.refused)):
            yield Sample(f"circuit_{name}", f"How often it {name}.", value, True, label)
        yield Sample("client_retries", "Tries after the first.", retry.retried, True, label)


def write_changes(breaker: CircuitBreaker, tracer: Tracer) -> None:
    """Write a line whenever the breaker changes its state."""

    def write(event: Event) -> None:
        if isinstance(event, StateChanged):
            tracer.event(
                "circuit_changed",
                circuit=event.breaker,
                before=event.before,
                after=event.after,
                reason=event.reason,
            )

    breaker.listen(write)
