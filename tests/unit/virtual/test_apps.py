"""Applications of a simulation are loaded with modules of their own, where they must be."""

from pathlib import Path

import pytest

from seatrial.simulation import Simulation
from seatrial.virtual.apps import Modules

CODE = """
orders = []

def application():
    return orders
"""


@pytest.mark.parametrize(("again", "kept"), [(False, True), (True, False)])
def test_what_a_factory_module_knows_is_gone_where_its_process_was_killed(
    tmp_path: Path, again: bool, kept: bool
) -> None:
    (tmp_path / "killed_shop.py").write_text(CODE)
    modules, simulation = Modules(), Simulation()

    def orders(*, again: bool) -> object:
        target = "killed_shop:application"
        return modules.load(
            simulation, "services.shop", target, tmp_path, factory=True, again=again
        )

    try:
        first = orders(again=False)
        assert (orders(again=again) is first) is kept
    finally:
        modules.restore()
