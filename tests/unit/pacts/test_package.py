"""The package's own surface."""

import subprocess
import sys

import pytest

from seatrial import pacts


def test_every_public_name_is_there_and_documented() -> None:
    for name in pacts.__all__:
        assert getattr(pacts, name).__doc__, name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Cases'"):
        _ = pacts.Cases


def test_running_contracts_needs_neither_pytest_nor_pact_in_this_process() -> None:
    program = (
        "import sys; from seatrial.pacts import run_contracts;"
        "print(*[name for name in ('pact', 'pytest') if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == ""
