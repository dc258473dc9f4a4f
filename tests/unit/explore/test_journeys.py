"""Invariants: whose states they compare."""

import pytest

from seatrial.errors import UsageError
from seatrial.explore import System, groups_of, invariant


@invariant
async def anything(system: System) -> None:
    """Hold."""


@invariant("shop", "payments")
async def orders_are_paid(system: System) -> None:
    """Hold."""


@invariant("mail")
async def no_mail_twice(system: System) -> None:
    """Hold."""


def test_an_invariant_may_name_the_services_that_it_asks() -> None:
    assert orders_are_paid.services == ("shop", "payments")
    assert (orders_are_paid.name, orders_are_paid.explanation) == ("orders_are_paid", "Hold.")
    assert anything.services is None


def test_groups_are_known_once_every_invariant_names_its_services() -> None:
    assert groups_of([orders_are_paid, no_mail_twice]) == [("shop", "payments"), ("mail",)]
    assert groups_of([orders_are_paid, anything]) is None
    assert groups_of([]) is None, "what is built in compares what it likes"


def test_an_invariant_is_a_coroutine_that_takes_the_system() -> None:
    with pytest.raises(UsageError, match="takes a coroutine"):
        invariant("shop")(lambda system: None)  # type: ignore[arg-type, return-value]
