"""Whatever is asked of payments, in whatever order and side by side, the money is right."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.stubs.payments.bank import Bank
from tests.unit.stubs.payments.machine import play


@pytest.fixture
def bank(database_url: str, tmp_path: Path) -> Iterator[Bank]:
    """Two payments-services over one empty database."""
    with Bank(database_url, tmp_path) as bank:
        yield bank


def test_any_sequence_keeps_the_ledger_the_charges_and_the_keys(bank: Bank) -> None:
    play(bank, max_examples=12, stateful_step_count=25)
