"""Fixtures for faults in a project's own tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from seatrial.wires import Wire, Wires


@pytest.fixture(scope="session")
def chaos_wires(pytestconfig: pytest.Config) -> Iterator[Wires]:
    """The engine of this run's own chaos tests, opened when a test first asks for a wire."""
    from seatrial.errors import SeatrialError
    from seatrial.extras import missing

    if lacking := missing("chaos"):
        pytest.fail(
            f"chaos_edge needs {', '.join(lacking)}: pip install 'seatrial[chaos]'", pytrace=False
        )
    from seatrial.config import CONFIG_NAME, load_config
    from seatrial.plugins import load_plugins
    from seatrial.wires import open_wires

    path = pytestconfig.rootpath / CONFIG_NAME
    try:
        load_plugins(load_config(path).plugins if path.exists() else (), path.parent)
        opened = open_wires(pytestconfig.getoption("seatrial_engine"))
        with opened as wires:
            yield wires
    except SeatrialError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def chaos_edge(chaos_wires: Wires) -> Callable[..., AbstractAsyncContextManager[Wire]]:
    """A wire before a provider at a URL, on which faults can be made.

    In `async with chaos_edge("http://127.0.0.1:3001") as edge:` the caller reaches the provider at
    `edge.url`; `async with edge.fault(down()):` makes a fault for the time of a block, and `await
    edge.journal()` lists what reached the provider.
    """
    return chaos_wires.edge
