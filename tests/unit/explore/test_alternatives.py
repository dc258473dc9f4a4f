"""Which faults a point may have."""

import pytest

from seatrial.explore.alternatives import Alternatives, PointInfo
from seatrial.explore.processes import Processes

_KILLS = {"pause", "kill-before", "kill-after-effect", "kill-after", "kill-consumer"}


class Started(Processes):
    """As much of some processes as is asked for here."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self._names = names

    def can_kill(self, name: str) -> bool:
        """Return True if it is one of them."""
        return name in self._names


@pytest.mark.parametrize(
    ("method", "started", "kinds"),
    [
        ("GET", ("shop", "prices"), {"kill-before", "kill-consumer"}),
        ("POST", ("shop", "prices"), _KILLS),
        ("GET", ("shop",), {"kill-consumer"}),
        ("POST", ("prices",), _KILLS - {"kill-consumer"}),
        ("POST", (), set()),
    ],
)
def test_processes_that_were_started_here_are_killed_at_reads_and_at_writes(
    method: str, started: tuple[str, ...], kinds: set[str]
) -> None:
    alternatives = Alternatives(Started(*started), 1.0)
    found = alternatives.kinds(PointInfo("shop", "prices", method))
    assert set(found) & _KILLS == kinds
    assert ("answer-lost" in found) is (method == "POST")
