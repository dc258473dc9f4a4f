"""Tests in virtual time: the fixture `virtual_edge`, and the loop that its tests run on.

A test that takes the fixture runs in a simulation of its own, whichever plugin else runs async
tests: pytest-asyncio's and AnyIO's loops don't get to see it. With Hypothesis each example does.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from seatrial.virtual import VirtualEdge

_FIXTURE = "virtual_edge"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name our option."""
    parser.getgroup("seatrial").addoption(
        "--seatrial-seed", type=int, default=1, metavar="N", help="of all chance in virtual time"
    )


@pytest.fixture(scope="session")
def virtual_edge() -> Iterator[Callable[..., AbstractAsyncContextManager[VirtualEdge]]]:
    """A wire before a provider, all of it in the virtual time of one async test.

    In `async with virtual_edge(app, client=lambda url: MyClient(url)) as edge:` the client is
    `edge.client`; `async with edge.fault(down()):` makes a fault for the time of a block, and
    `await edge.journal()` lists what reached the provider. `await asyncio.sleep(3600)` takes no
    time.
    """
    from seatrial.extras import missing

    if lacking := missing("chaos"):
        pytest.fail(
            f"virtual_edge needs {', '.join(lacking)}: pip install 'seatrial[chaos]'", pytrace=False
        )
    from seatrial.simulation import install, uninstall
    from seatrial.virtual import virtual_edge

    install()
    yield virtual_edge
    uninstall()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests that take the fixture run in a simulation."""
    for item in items:
        if isinstance(item, pytest.Function) and _FIXTURE in item.fixturenames:
            item.runtest = partial(_run, item)  # type: ignore[method-assign]


def _run(item: pytest.Function) -> None:
    given = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
    seed = item.config.getoption("seatrial_seed")
    test = item.obj
    hypothesis = getattr(test, "hypothesis", None)
    try:
        if hypothesis is not None and inspect.iscoroutinefunction(hypothesis.inner_test):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(hypothesis, "inner_test", _simulated(hypothesis.inner_test, seed))
                test(**given)
        elif inspect.iscoroutinefunction(test):
            _simulated(test, seed)(**given)
        else:
            pytest.fail("virtual_edge is for async tests: write async def", pytrace=False)
    except BaseException:
        rerun = f"pytest '{item.nodeid}' --seatrial-seed {seed}"
        item.add_report_section("call", "virtual time", f"rerun: {rerun}")
        raise


def _simulated(test: Callable[..., Coroutine[Any, Any, None]], seed: int) -> Callable[..., None]:
    """Return a test whose every call runs in a simulation of its own."""

    @wraps(test)
    def run(*args: Any, **given: Any) -> None:
        from seatrial.simulation import Simulation

        simulation = Simulation(seed=seed)
        simulation.run(test(*args, **given))
        if simulation.refused:
            pytest.fail(simulation.refused[0], pytrace=False)

    return run
