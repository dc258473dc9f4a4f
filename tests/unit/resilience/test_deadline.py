"""The deadline: its header, its nonsense, and how it is ambient."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.resilience import (
    DEADLINE_HEADER,
    Deadline,
    current_deadline,
    deadline_headers,
    deadline_scope,
)
from seatrial.resilience.testing import FakeClock


def test_the_header_says_milliseconds_left_rounded_down() -> None:
    clock = FakeClock(100)
    deadline = Deadline.after(1.2345, clock)
    assert deadline.header_value() == "1234"
    clock.advance(2)
    assert deadline.header_value() == "0"
    assert deadline.passed


def test_the_next_service_has_what_is_left() -> None:
    clock = FakeClock()
    received = Deadline.from_header("1500", clock)
    assert received is not None
    assert received.remaining_s() == 1.5
    assert not received.passed


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        "",
        " ",
        "soon",
        "-1",
        "+5",
        "1.5",
        "1e3",
        "0x10",
        "١٢",
        "999999999999",
        "86400001",
        "NaN",
    ],
)
def test_nonsense_is_ignored(nonsense: str | None) -> None:
    assert Deadline.from_header(nonsense) is None


@given(st.text())
def test_no_header_is_an_error(value: str) -> None:
    deadline = Deadline.from_header(value)
    assert deadline is None or 0 <= deadline.remaining_s() <= 86_400


def test_outside_of_a_deadline_there_is_none() -> None:
    assert current_deadline() is None
    assert deadline_headers() == {}


def test_the_earlier_of_two_deadlines_is_in_force() -> None:
    clock = FakeClock()
    with deadline_scope(Deadline.after(5, clock)) as outer:
        with deadline_scope(Deadline.after(9, clock)) as later:
            assert later is outer
        with deadline_scope(Deadline.after(2, clock)) as earlier:
            assert earlier is not None
            assert earlier.remaining_s() == 2
            assert deadline_headers() == {DEADLINE_HEADER: "2000"}
        with deadline_scope(None) as same:
            assert same is outer
        assert current_deadline() is outer
    assert current_deadline() is None


async def test_a_task_keeps_the_deadline_it_was_started_under() -> None:
    clock = FakeClock()

    async def ask() -> Deadline | None:
        await asyncio.sleep(0)
        return current_deadline()

    with deadline_scope(Deadline.after(5, clock)) as deadline:
        task = asyncio.create_task(ask())
    assert await task is deadline
    assert current_deadline() is None
