"""Applications of a simulation are loaded as if each had a process to itself."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.errors import UsageError
from seatrial.simulation import SimulatedProcess, Simulation
from seatrial.virtual.apps import Modules

SHARED = "orders = []\n"
SHOP = """
import shared_orders

def application():
    return shared_orders.orders, later

def later():
    import shared_orders

    return shared_orders.orders
"""
METRICS = """
from prometheus_client import Counter

application = Counter("orders_total", "All of them.")
"""
Load = Callable[..., Any]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """Load an application of a folder in a process."""
    modules, simulation = Modules(), Simulation()

    def loaded(
        process: SimulatedProcess,
        code: str = SHOP,
        *,
        folder: str = ".",
        factory: bool = True,
        like: SimulatedProcess | None = None,
    ) -> Any:
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "virtual_shop.py").write_text(code)
        (tmp_path / folder / "shared_orders.py").write_text(SHARED)
        target = "virtual_shop:application"
        with process.entered():
            return modules.load(
                simulation, "services.shop", target, tmp_path / folder, factory=factory, like=like
            )

    yield loaded
    modules.restore()


def test_what_a_module_knows_is_gone_in_another_process(load: Load) -> None:
    assert load(SimulatedProcess())[0] is not load(SimulatedProcess())[0]


def test_the_modules_of_a_process_stay_for_one_like_it(load: Load) -> None:
    first = SimulatedProcess()
    assert load(first)[0] is load(SimulatedProcess(), like=first)[0]


def test_a_function_that_imports_later_finds_its_own_process_s_module(load: Load) -> None:
    loaded = {process: load(process) for process in (SimulatedProcess(), SimulatedProcess())}
    for process, (orders, later) in loaded.items():
        with process.entered():
            assert later() is orders


@pytest.mark.parametrize("again", ["one", "two"])
def test_services_in_two_folders_may_have_modules_of_one_name(load: Load, again: str) -> None:
    for folder in ("one", "two", again):
        code = f"application = '{folder}'"
        assert load(SimulatedProcess(), code, folder=folder, factory=False) == folder


def test_two_processes_may_register_the_same_metric(load: Load) -> None:
    first, second = (load(SimulatedProcess(), METRICS, factory=False) for _ in range(2))
    first.inc()
    assert second.collect()[0].samples[0].value == 0


def test_an_application_that_exits_as_it_is_imported_can_not_be_loaded(load: Load) -> None:
    with pytest.raises(UsageError, match="SystemExit: already running"):
        load(SimulatedProcess(), "raise SystemExit('already running')")
