"""Errors inside of a system that the journey was kept from, as by a fallback before them."""

from collections.abc import Callable, Collection, Iterable, Iterator

from seatrial.explore.watch import SeenCall


def errors_inside(
    calls: Iterable[SeenCall], error_of: Callable[[str], str], honest: Collection[int]
) -> Iterator[str]:
    """Say which services answered another one with an error that they printed.

    Args:
        calls: of a run.
        error_of: returns what a service printed in it; "" where it printed no error.
        honest: statuses that say that something is unavailable.
    """
    for call in calls:
        status, provider = call.entry.provider_status or 0, call.edge.provider
        own = call.injected is None and status >= 500 and status not in honest
        if own and (error := error_of(provider)):
            yield f"{provider} answered {call.point.operation} {status} and printed {error}"
