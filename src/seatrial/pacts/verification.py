"""A provider held to one interaction, with proof that it was."""

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from seatrial.errors import UsageError
from seatrial.pacts.failures import ContractBroken, NoAnswer, StateFailed
from seatrial.pacts.files import Interaction
from seatrial.pacts.library import Verifier
from seatrial.pacts.local_http import quick_http

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


def verify_interaction(interaction: Interaction, provider: Provider) -> None:
    """Ask the provider what the interaction asks, and judge its answer by the interaction's rules.

    The verifier is given a pact that holds this interaction alone: its filters are regular
    expressions that can't tell the states [A] from [A, B], and one that fits nothing passes.
    Redirects are not followed, and an interaction marked as pending must hold as well.

    Raises:
        ContractBroken: the answer breaks the contract, or nothing was verified.
        NoAnswer: there was none.
        StateFailed: a state could not be set up.
        UsageError: the interaction needs a state, and the provider has no address for it.
    """
    if interaction.states and provider.states_url is None:
        raise UsageError(
            f"{interaction.subject} needs a state, and {provider.name} was given no address to set "
            f"it up; add --pact-states {provider.name}=URL"
        )
    with (
        quick_http(provider.url, *([provider.states_url] if provider.states_url else [])),
        tempfile.TemporaryDirectory(prefix="seatrial-verify-") as folder,
    ):
        file = Path(folder) / "alone.json"
        file.write_text(json.dumps(interaction.alone()), encoding="utf-8")
        verifier = _verifier(file, provider)
        if interaction.takes_values:
            # Only the verifier itself can put a handler's values into the request.
            verifier.state_handler(str(provider.states_url), body=True, teardown=True)
            _run(verifier, interaction, provider)
        else:
            with _in_state(interaction, provider):
                _run(verifier, interaction, provider)


def _verifier(file: Path, provider: Provider) -> Verifier:
    verifier = Verifier(provider.name, host=urlsplit(provider.url).hostname)
    verifier.add_transport(url=provider.url).add_source(file)
    verifier.follow_redirects(False).set_coloured_output(enabled=False)
    return verifier.set_request_timeout(round(provider.timeout_s * 1000))


def _run(verifier: Verifier, interaction: Interaction, provider: Provider) -> None:
    """Judge by the results; the verifier's own word is also good when it verified nothing."""
    with contextlib.suppress(RuntimeError):  # says only that it failed; the results say why
        verifier.verify()
    output = verifier.output(strip_ansi=True)
    results = verifier.results
    verified = results["interactionResults"]
    if len(verified) != 1:
        reasons = [_reason(error["mismatch"]) for error in results["errors"]]
        raise ContractBroken(
            f"{interaction.subject}: {len(verified)} interactions were verified instead of 1"
            + (f" ({reasons[0]})" if reasons else ""),
            output,
        )
    if verified[0]["result"] != "OK":
        reason = _reason(verified[0]["mismatch"])
        who = f"{provider.name} at {provider.url}"
        if "mismatches" not in verified[0]["mismatch"]:
            raise NoAnswer(f"{who} gave no answer to {interaction.subject!r}: {reason}", output)
        raise ContractBroken(f"{who} breaks {interaction.subject!r}: {reason}", output)


def _reason(mismatch: Mapping[str, Any]) -> str:
    """The first difference in a sentence, and how many more there are."""
    differences = mismatch.get("mismatches") or []
    if not differences:
        return str(mismatch.get("message") or "the verifier gave no reason")
    first = differences[0]
    where = f"{first['path']}: " if first.get("path") else ""
    more = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
    return f"{where}{first.get('mismatch') or json.dumps(first)}{more}"


@contextlib.contextmanager
def _in_state(interaction: Interaction, provider: Provider) -> Iterator[None]:
    """Set up and tear down the states ourselves, as the verifier would.

    The verifier repeats after a 500 for two minutes, and drops what a handler says about its error.
    """
    if provider.states_url is None:
        yield
        return
    states = interaction.states or (_NO_STATE,)
    with httpx.Client(timeout=provider.timeout_s) as client:
        for state in states:
            _change(client, provider, state, "setup")
        try:
            yield
        except ContractBroken:
            with contextlib.suppress(ContractBroken):  # what was found first is what is told
                _tear_down(client, provider, states)
            raise
        _tear_down(client, provider, states)


def _tear_down(
    client: httpx.Client, provider: Provider, states: Sequence[Mapping[str, Any]]
) -> None:
    for state in states:
        _change(client, provider, state, "teardown")


def _change(
    client: httpx.Client, provider: Provider, state: Mapping[str, Any], action: str
) -> None:
    body = {"state": state["name"], "params": state.get("params") or {}, "action": action}
    where = f"the {action} of the state {state['name']!r} of {provider.name}"
    try:
        answer = client.post(str(provider.states_url), json=body)
    except httpx.HTTPError as error:
        raise NoAnswer(
            f"{where} got no answer from {provider.states_url}: {error or type(error).__name__}"
        ) from error
    if not answer.is_success:
        detail, trace = _told(answer)
        raise StateFailed(f"{where} failed with status {answer.status_code}: {detail}", trace)


def _told(answer: httpx.Response) -> tuple[str, str]:
    """The endpoint's own message, and its traceback if it sent one."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        return answer.text[:500] or "(no body)", ""
    return str(problem.get("detail") or problem), str(problem.get("traceback") or "")
