"""Load that can be believed: open-loop arrivals, an oracle for caches, limits, and validity.

Two processes use this package. The harness imports `run`, `limits`, `validity`, `oracle`; none of
them imports Locust, which patches its process with gevent and must live in one of its own. A
Locust file imports `seatrial.loads.generator.open_loop`, whose `OpenLoopUser` is also offered here.

plan ──▶ schedule, keys ──▶ open_loop (in Locust) ──▶ stats ──▶ record ──▶ validity, limits
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seatrial.loads.generator.open_loop import OpenLoopUser

__all__ = ["OpenLoopUser"]


def __getattr__(name: str) -> Any:
    """Offer `OpenLoopUser` without importing Locust for those who don't ask for it."""
    if name == "OpenLoopUser":
        from seatrial.loads import open_loop

        return open_loop.OpenLoopUser
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
