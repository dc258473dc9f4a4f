"""Which faults a point may have."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from seatrial.explore.alternatives import Alternatives, PointInfo
from seatrial.explore.kinds import chosen
from seatrial.explore.processes import Processes
from seatrial.tap import Exchange

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
    assert ("answer-late" in found) is (method == "POST")


class Written:
    """A request that writes down what is done to it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def fetch(self) -> Any:
        """Reach the provider."""
        self.done.append("effect")
        return SimpleNamespace(status=201, headers={}, body=b"done")

    async def sleep(self, wait_s: float) -> None:
        """Let time pass."""
        self.done.append(f"{wait_s:g} s")

    async def answer(self, status: int, _headers: Any, body: bytes) -> None:
        """Answer the consumer."""
        self.done.append(f"{status} {body.decode()}")


@pytest.mark.parametrize(
    ("kind", "late"), [("slow-under", "0.8 s"), ("slow-over", "1.25 s"), ("answer-late", "600 s")]
)
async def test_a_slow_answer_is_late_and_its_effect_is_not(kind: str, late: str) -> None:
    written = Written()
    point = PointInfo("shop", "payments", "POST")
    await Alternatives(Started(), 1.0).intercept(kind, point).act(cast("Exchange", written))
    assert written.done == ["effect", late, "201 done"]


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        ((), ("status-503", "pact:404 none", "half-body", "kill-after", "kill-after-effect")),
        (("status-503", "kill-after"), ("status-503", "kill-after")),
        (("pact", "kill"), ("pact:404 none", "kill-after", "kill-after-effect")),
        (("half-body", "hang"), ("half-body",)),
    ],
)
def test_kinds_are_chosen_by_name_or_first_word(
    only: tuple[str, ...], kinds: tuple[str, ...]
) -> None:
    all_of_them = ("status-503", "pact:404 none", "half-body", "kill-after", "kill-after-effect")
    assert chosen(all_of_them, only) == kinds


async def test_a_502_is_a_page_as_of_a_proxy() -> None:
    written, point = Written(), PointInfo("shop", "prices", "GET")
    alternatives = Alternatives(Started(), 1.0)
    assert "status-502" in alternatives.kinds(point)
    await alternatives.intercept("status-502", point).act(cast("Exchange", written))
    (said,) = written.done
    assert said.startswith("502 <html>")
