"""Which faults a point may have."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from seatrial.explore.alternatives import Alternatives, PointInfo
from seatrial.explore.processes import Processes
from seatrial.system import Launcher

_KILLS = {"pause", "kill-before", "kill-after-effect", "kill-after", "kill-consumer"}


def processes(*names: str) -> Processes:
    found = Processes()
    running: Any = {name: SimpleNamespace(process=object()) for name in names}
    found.stand(cast("Launcher", None), running)
    return found


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
    alternatives = Alternatives(processes(*started), 1.0)
    found = alternatives.kinds(PointInfo("shop", "prices", method))
    assert set(found) & _KILLS == kinds
    assert ("answer-lost" in found) is (method == "POST")
