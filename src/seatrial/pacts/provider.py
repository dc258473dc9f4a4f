"""A running provider, and the states that it is brought into."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from seatrial.errors import text_of
from seatrial.pacts.failures import ContractBroken, NoAnswer, StateFailed
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.posting import post, problem_of

_NO_STATE: Mapping[str, Any] = {"name": "", "params": {}}


@dataclass(frozen=True)
class Provider:
    """A running provider."""

    name: str
    url: str
    states_url: str | None = None
    """The whole address that takes Pact's state changes; None when there is none."""
    timeout_s: float = 5.0
    """The time that one answer may take, seconds."""
    messages_url: str | None = None
    """The whole address that makes it send a message; None when there is none."""


@contextlib.contextmanager
def in_state(interaction: Interaction, provider: Provider) -> Iterator[None]:
    """Set up and tear down the states ourselves, as the verifier would.

    The verifier repeats after a 500 for two minutes, and drops what a handler says about its error.
    """
    if provider.states_url is None:
        yield
        return
    states = interaction.states or (_NO_STATE,)
    for state in states:
        _change(provider, state, "setup")
    try:
        yield
    except ContractBroken:
        with contextlib.suppress(ContractBroken):  # what was found first is what is reported
            _tear_down(provider, states)
        raise
    _tear_down(provider, states)


def _tear_down(provider: Provider, states: Sequence[Mapping[str, Any]]) -> None:
    for state in states:
        _change(provider, state, "teardown")


def _change(provider: Provider, state: Mapping[str, Any], action: str) -> None:
    body = {"state": state["name"], "params": state.get("params") or {}, "action": action}
    where = f"the {action} of the state {state['name']!r} of {provider.name}"
    try:
        answer = post(str(provider.states_url), body, provider.timeout_s)
    except httpx.HTTPError as error:
        why = text_of(error)
        raise NoAnswer(f"{where} got no answer from {provider.states_url}: {why}") from error
    if not answer.is_success:
        detail, trace = problem_of(answer)
        raise StateFailed(f"{where} failed with status {answer.status_code}: {detail}", trace)
