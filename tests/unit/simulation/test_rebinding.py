"""Who was imported before the stand-ins came goes by the virtual clock all the same."""

import asyncio
import datetime as datetimes
import sys
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from time import monotonic
from types import ModuleType
from typing import Any

import pytest

from seatrial.resilience import Deadline
from seatrial.simulation import Simulation

DAY_S = 86_400.0


class InSlots:
    """Holds a clock in a slot, and leaves another one empty."""

    __slots__ = ("clock", "other")

    def __init__(self) -> None:
        self.clock = time.monotonic


class OfClass:
    """Holds clocks in the class, and in the object's dictionary."""

    clock = time.monotonic
    wrapped = staticmethod(time.monotonic)

    def __init__(self) -> None:
        self.own = time.monotonic


def closure(clock: Callable[[], float]) -> Callable[[], float]:
    return lambda: clock()


def by_default(clock: Callable[[], float] = time.monotonic) -> float:
    return clock()


WITHOUT_ARGUMENTS = partial(time.monotonic)


def by_keyword(*, clock: Callable[[], float] = WITHOUT_ARGUMENTS) -> float:
    return clock()


IN_SLOTS, OF_CLASS, CLOSED = InSlots(), OfClass(), closure(time.monotonic)
LISTED, BY_NAME = [time.monotonic], {"clock": time.monotonic}
DEADLINE = Deadline.after(DAY_S)

BOUND: dict[str, Callable[[], float]] = {
    "module": lambda: monotonic(),
    "default": lambda: by_default(),
    "partial, keyword": lambda: by_keyword(),
    "slot": lambda: IN_SLOTS.clock(),
    "class": lambda: OfClass.clock(),
    "staticmethod": lambda: OF_CLASS.wrapped(),
    "object": lambda: OF_CLASS.own(),
    "closure": lambda: CLOSED(),
    "list": lambda: LISTED[0](),
    "dictionary": lambda: BY_NAME["clock"](),
    "dataclass": lambda: DEADLINE.clock(),
}


def passed_s(clock: Callable[[], Any]) -> Any:
    """What a clock says of a day."""

    async def main() -> Any:
        began = clock()
        await asyncio.sleep(DAY_S)
        return clock() - began

    return Simulation().run(main())


@pytest.mark.parametrize("holder", BOUND)
def test_a_clock_that_was_bound_before_follows(holder: str) -> None:
    assert passed_s(BOUND[holder]) == DAY_S


def test_a_class_that_was_imported_before_follows() -> None:
    assert passed_s(lambda: datetime.now(datetimes.UTC)).total_seconds() == DAY_S


def test_a_module_that_comes_between_two_simulations_follows() -> None:
    assert passed_s(lambda: time.monotonic()) == DAY_S
    late = ModuleType("seatrial_comes_late")
    exec("from time import monotonic as clock", late.__dict__)  # noqa: S102 - as an import does
    sys.modules[late.__name__] = late
    try:
        assert passed_s(late.clock) == DAY_S
    finally:
        del sys.modules[late.__name__]


def test_outside_a_simulation_all_of_them_say_the_real_time() -> None:
    passed_s(lambda: time.monotonic())
    for clock in BOUND.values():
        assert abs(clock() - time.monotonic()) < 5


def test_the_standard_library_keeps_its_own() -> None:
    import queue

    passed_s(lambda: time.monotonic())
    assert queue.time is time.monotonic  # type: ignore[attr-defined]
