"""A live edge lets a scenario do what it declares, and says what it didn't declare."""

from typing import Any, cast

import pytest

from seatrial.checks import phases
from seatrial.config import load_config
from seatrial.errors import UsageError
from seatrial.faults import down, killed
from seatrial.scenarios import FaultTarget, LiveEdge
from tests.defects.run import HERE


def edge(**may: Any) -> LiveEdge:
    """An edge without a wire, with what a scenario declares."""
    declared = load_config(HERE / "seatrial.toml").edges["things"]
    nobody = cast("Any", object())
    wire = cast("Any", type("NoWire", (), {"tap": None})())
    return LiveEdge(declared, nobody, wire, nobody, (), **may)


async def test_a_call_in_a_phase_that_is_not_declared_is_refused() -> None:
    with pytest.raises(UsageError, match="enters the phase 'open', which it doesn't declare"):
        await edge(may_enter=frozenset({phases.FAILING})).call(phases.OPEN)


@pytest.mark.parametrize(
    ("fault", "target"), [(down(), FaultTarget.VALKEY), (killed(), FaultTarget.PROVIDER)]
)
async def test_a_fault_on_what_is_not_declared_is_refused(fault: Any, target: FaultTarget) -> None:
    said = rf"on '{target}', which it doesn't declare; add FaultTarget\.{target.name} to"
    with pytest.raises(UsageError, match=said):
        async with edge(may_hit=frozenset()).fault(fault, on=target):
            raise AssertionError("it was made")


async def test_a_target_that_is_misspelt_is_named() -> None:
    with pytest.raises(UsageError, match="can't hit 'valky'; did you mean valkey"):
        async with edge().fault(down(), on=cast("FaultTarget", "valky")):
            raise AssertionError("it was made")
