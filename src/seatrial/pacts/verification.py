"""A provider held to one interaction, with proof that it was."""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from seatrial.errors import UsageError
from seatrial.pacts.failures import ContractBroken, NoAnswer, StateFailed
from seatrial.pacts.files import Interaction
from seatrial.pacts.library import Verifier
from seatrial.pacts.local_http import quick_http
from seatrial.pacts.posting import post
from seatrial.pacts.scratch import written
from seatrial.pacts.sent import fetch, shown, told
from seatrial.pacts.unanswered import why

_NO_STATE: Mapping[str, Any] = {"name": "", "params": {}}


@dataclass(frozen=True)
class Provider:
    """A running provider."""

    name: str
    url: str
    states_url: str | None = None
    """The whole address that takes Pact's state changes; None when there is none."""
    timeout_s: float = 5.0
    """How long one answer may take, seconds."""
    messages_url: str | None = None
    """The whole address that makes it send a message; None when there is none."""

    def lacks(self, interaction: Interaction) -> str | None:
        """What an interaction needs that this provider wasn't given; None when it has it all."""
        if interaction.is_message and self.messages_url is None:
            return (
                f"is a message, and {self.name} was given no address that makes it send one; "
                f"add --pact-messages {self.name}=URL"
            )
        if interaction.states and self.states_url is None:
            return (
                f"needs a state, and {self.name} was given no address to set it up; "
                f"add --pact-states {self.name}=URL"
            )
        return None


def verify_interaction(interaction: Interaction, provider: Provider) -> None:
    """Ask the provider what the interaction asks, and judge its answer by the interaction's rules.

    The verifier is given a pact that holds this interaction alone: its filters are regular
    expressions that can't tell the states [A] from [A, B], and one that fits nothing passes.
    Redirects are not followed, and an interaction marked as pending must hold as well.

    Raises:
        ContractBroken: the answer breaks the contract, or nothing was verified.
        NoAnswer: there was none.
        StateFailed: a state could not be set up.
        MessageFailed: a message could not be sent.
        UsageError: the interaction needs a state, or is a message, and the provider has no address
            for that.
    """
    if missing := provider.lacks(interaction):
        raise UsageError(f"{interaction.subject} {missing}")
    others = (provider.states_url, provider.messages_url)
    with (
        quick_http(provider.url, *(url for url in others if url)),
        written(json.dumps(interaction.alone())) as file,
    ):
        if interaction.is_message:
            _verify_message(interaction, provider, file)
            return
        verifier = _verifier(provider, file).add_transport(url=provider.url)
        if interaction.takes_values:
            # Only the verifier itself can put a handler's values into the request.
            verifier.state_handler(str(provider.states_url), body=True, teardown=True)
            _run(verifier, interaction, provider)
        else:
            with in_state(interaction, provider):
                _run(verifier, interaction, provider)


def _verify_message(interaction: Interaction, provider: Provider, file: Path) -> None:
    assert provider.messages_url is not None
    with in_state(interaction, provider):
        message = fetch(interaction, provider.messages_url, provider.timeout_s)
        with shown(message) as port:
            verifier = _verifier(replace(provider, url="http://127.0.0.1"), file)
            verifier.add_transport(protocol="message", port=port, path="/")
            _run(verifier, interaction, provider)


def _verifier(provider: Provider, file: Path) -> Verifier:
    verifier = Verifier(provider.name, host=urlsplit(provider.url).hostname).add_source(file)
    verifier.follow_redirects(False).set_coloured_output(enabled=False)
    return verifier.set_request_timeout(round(provider.timeout_s * 1000))


def _run(verifier: Verifier, interaction: Interaction, provider: Provider) -> None:
    """Judge by the results; the verifier's own word is also good when it verified nothing."""
    began_s = time.monotonic()
    with contextlib.suppress(RuntimeError):  # says only that it failed; the results say why
        verifier.verify()
    took_s = time.monotonic() - began_s
    results = verifier.results
    verified = results["interactionResults"]
    if len(verified) == 1 and verified[0]["result"] == "OK":
        return
    output = verifier.output(strip_ansi=True)[:]  # plain text: a worker can't send pact-python's
    if len(verified) != 1:
        reasons = [_reason(error["mismatch"]) for error in results["errors"]]
        raise ContractBroken(
            f"{interaction.subject}: {len(verified)} interactions were verified instead of 1"
            + (f" ({reasons[0]})" if reasons else ""),
            output,
        )
    reason = _reason(verified[0]["mismatch"])
    who = f"{provider.name} at {provider.url}"
    if "mismatches" not in verified[0]["mismatch"]:
        cause = why(provider.url, reason, took_s, provider.timeout_s)
        raise NoAnswer(f"{who} gave no answer to {interaction.subject!r}: {cause}", output)
    raise ContractBroken(f"{who} breaks {interaction.subject!r}: {reason}", output)


def _reason(mismatch: Mapping[str, Any]) -> str:
    """The first difference in a sentence, and how many more there are; another status says most."""
    differences = sorted(
        mismatch.get("mismatches") or [], key=lambda each: each.get("type") != "StatusMismatch"
    )
    if not differences:
        return str(mismatch.get("message") or "the verifier gave no reason")
    first = differences[0]
    where = f"{first['path']}: " if first.get("path") else ""
    more = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
    return f"{where}{first.get('mismatch') or json.dumps(first)}{more}"


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
        with contextlib.suppress(ContractBroken):  # what was found first is what is told
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
        raise NoAnswer(
            f"{where} got no answer from {provider.states_url}: {error or type(error).__name__}"
        ) from error
    if not answer.is_success:
        detail, trace = told(answer)
        raise StateFailed(f"{where} failed with status {answer.status_code}: {detail}", trace)
