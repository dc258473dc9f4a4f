"""The options of `seatrial contracts`, as they reach pytest."""

import pytest

from seatrial.cli.contracts import addresses, broker_options
from seatrial.errors import UsageError


def test_without_a_broker_nothing_is_said_of_one() -> None:
    assert broker_options(None, [], {"--branch": None}) == []


def test_what_is_asked_of_a_broker_reaches_the_plugin() -> None:
    asked = {"--branch": "main", "--wip-since": None, "--publish": "7", "--selector": ["x"]}
    assert broker_options("http://broker", ["main-branch", "branch=x"], asked) == [
        "--pact-broker=http://broker",
        "--pact-selector=main-branch",
        "--pact-selector=branch=x",
        "--pact-branch=main",
        "--pact-publish=7",
    ]


def test_every_option_of_a_broker_is_one_of_the_plugin(pytestconfig: pytest.Config) -> None:
    asked = dict.fromkeys(("--branch", "--wip-since", "--publish", "--build-url"), "x")
    for word in broker_options("http://broker", ["x"], asked):
        name = word.partition("=")[0].removeprefix("--").replace("-", "_")
        pytestconfig.getoption(name)  # raises for an unknown one


@pytest.mark.parametrize("value", ["user-service", "=http://x", "user-service=x:1", "a=ftp://x"])
def test_an_address_of_another_form_is_told(value: str) -> None:
    with pytest.raises(UsageError, match="must be NAME=URL, with a URL of http or https"):
        addresses("--provider", [value])
