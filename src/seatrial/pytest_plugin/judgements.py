"""The kinds of judgement that a contract test can be: one row each.

A new kind is a row here, a function in `seatrial.pacts.items` that makes its parameters, and a
fixture in `seatrial.pytest_plugin.contracts` that proves its promise.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from seatrial.pytest_plugin.options import addresses

BROKER = "seatrial-broker"
"""The broker's part of the plugin, by its name in pytest."""
Collect = Callable[..., list[Any]]


@dataclass(frozen=True)
class Judgement:
    """One kind of judgement."""

    marker: str
    parameter: str
    """The parameter of the test function that gets what is judged."""
    collect: Callable[[pytest.Config], Collect]
    """Gives the function that makes the parameters from what the marker says."""
    promise: str
    """Which tests the marker makes, for `pytest --markers`."""
    fixture: str
    """The fixture that proves it."""
    of_committed: bool = True
    """Judges what was committed, so that there is nothing to judge while that is written."""

    def parameters(self, test: str, mark: pytest.Mark, config: pytest.Config) -> list[Any]:
        """The parameters of a marked test.

        Raises:
            UsageError: the marker lacks something, or says something that isn't known.
        """
        from seatrial.errors import UsageError

        if self.of_committed and config.getoption("pact_update"):
            return []
        collect = self.collect(config)
        try:
            given = inspect.signature(collect).bind(*mark.args, **mark.kwargs)
        except TypeError as error:
            raise UsageError(
                f"{test}: the marker {self.marker} can't be read: {error}; write "
                f"@pytest.mark.{self.marker}{_shown(collect)}"
            ) from None
        return collect(*given.args, **given.kwargs)


def _shown(collect: Collect) -> str:
    """The arguments that must be there."""
    needed = [
        name if each.kind is not each.KEYWORD_ONLY else f"{name}=…"
        for name, each in inspect.signature(collect).parameters.items()
        if each.default is each.empty
    ]
    return f"({', '.join(needed)})"


def _consumer(_config: pytest.Config) -> Collect:
    from seatrial.pacts import items

    return items.consumer


def _committed(_config: pytest.Config) -> Collect:
    from seatrial.pacts import items

    return items.committed


def _provider(config: pytest.Config) -> Collect:
    from seatrial.pacts import items

    elsewhere = addresses(config, "pact_provider")
    broker = config.pluginmanager.get_plugin(BROKER)
    return items.provider(elsewhere) if broker is None else broker.items(elsewhere)


def _strength(_config: pytest.Config) -> Collect:
    from seatrial.pacts import items

    return items.strength


def _documented(_config: pytest.Config) -> Collect:
    from seatrial.pacts import items

    return items.documented


JUDGEMENTS = (
    Judgement(
        "pact_consumer",
        "case",
        _consumer,
        "(cases): one test a case",
        "pact_exercise",
        of_committed=False,
    ),
    Judgement(
        "pact_committed",
        "cases",
        _committed,
        "(cases, pacts): one test a pair of consumer and provider",
        "pact_compare",
        of_committed=False,
    ),
    Judgement(
        "pact_provider",
        "interaction",
        _provider,
        "(name, pacts, states, messages): one test an interaction",
        "pact_verify",
    ),
    Judgement(
        "pact_strength", "case", _strength, "(cases, waivers): one test a case", "pact_judge"
    ),
    Judgement(
        "pact_documented",
        "interactions",
        _documented,
        "(pacts, openapi): one test a provider, with its requests",
        "pact_document",
    ),
)
