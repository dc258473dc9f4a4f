"""A case played: the consumer's real client against Pact's mock provider, and what is written."""

import asyncio
import json
import tempfile
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.errors import UsageError
from seatrial.pacts.cases import Case
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.files import Interaction, pact_document, read_pact, refuse_duplicates
from seatrial.pacts.library import Mismatch
from seatrial.pacts.local_http import quick_http

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class _Played:
    """What happened between the client and the mock provider."""

    answer: object
    error: Exception | None
    mismatches: tuple[Mismatch, ...]


def play(case: Case[Any]) -> Interaction:
    """Let the consumer's client talk to a provider that answers as the case says.

    Returns:
        The interaction as it stands in a pact: only a case that passed has one.

    Raises:
        ContractBroken: the client asked for something else, or made something else of the answer.
    """
    pact = case.pact()
    with tempfile.TemporaryDirectory(prefix="seatrial-pact-") as folder:
        played = asyncio.run(_play(case, pact))
        _judge(case, played)
        pact.write_file(folder)
        # A folder of its own: Pact merges into a file that exists, and loses locks doing so.
        (path,) = Path(folder).iterdir()
        (interaction,) = read_pact(path).interactions
    return interaction


async def _play(case: Case[Any], pact: Any) -> _Played:
    with pact.serve(_HOST, raises=False, verbose=False) as server:
        url = f"http://{_HOST}:{server.port}"
        answer, error = None, None
        try:
            with quick_http(url):
                async with case.pair.connect(url) as client:
                    answer = await case.call(client)
        except Exception as raised:  # noqa: BLE001 - whatever it is, it is the case's outcome
            error = raised
        return _Played(answer, error, tuple(server.mismatches))


def _judge(case: Case[Any], played: _Played) -> None:
    """Say first what the client asked for: a wrong request is why its answer was no good."""
    if played.mismatches:
        differences = "\n".join(str(mismatch) for mismatch in played.mismatches)
        raise ContractBroken(
            f"{case.pair.consumer} did not ask {case.pair.provider} as the case "
            f"{case.description!r} says: {differences.splitlines()[0]}",
            differences + _trace(played.error),
        ) from played.error
    if played.error is not None:
        raise ContractBroken(
            f"{case.pair.consumer} can't take the answer of {case.description!r}: "
            f"{type(played.error).__name__}: {played.error}",
            _trace(played.error),
        ) from played.error
    if played.answer != case.expect:
        raise ContractBroken(
            f"{case.pair.consumer} makes something else of {case.description!r} than expected",
            f"expected {case.expect!r}\ngot      {played.answer!r}",
        )


def _trace(error: Exception | None) -> str:
    """The client's own error, which Pact would only chain."""
    return "" if error is None else "\n" + "".join(traceback.format_exception(error))


class Book:
    """Plays each case once, however many tests ask for it, and keeps how it went."""

    def __init__(self) -> None:
        # By identity: two cases of one name must not share an outcome.
        self._played: dict[int, tuple[Case[Any], Interaction | ContractBroken]] = {}

    def play(self, case: Case[Any]) -> Interaction:
        """Play a case, or repeat how it went.

        Raises:
            ContractBroken: it failed.
        """
        if id(case) not in self._played:
            self._played[id(case)] = (case, _outcome(case))
        outcome = self._played[id(case)][1]
        if isinstance(outcome, ContractBroken):
            raise outcome
        return outcome

    def pact(self, cases: Iterable[Case[Any]]) -> dict[str, Any]:
        """One pact of all the cases of a pair, the same whatever the order they were played in.

        Raises:
            ContractBroken: a case failed, so that there is nothing to write.
            UsageError: two cases have one description and states, or there is none.
        """
        return merge([self.play(case) for case in cases])


def _outcome(case: Case[Any]) -> Interaction | ContractBroken:
    try:
        return play(case)
    except ContractBroken as failure:
        return failure


def merge(interactions: Iterable[Interaction]) -> dict[str, Any]:
    """Merge interactions of one consumer and provider into one pact, in the order of their names.

    Raises:
        UsageError: there is none, two have one description and states, or the parties differ.
    """
    ordered = sorted(interactions, key=lambda interaction: interaction.id)
    parties = {(interaction.consumer, interaction.provider) for interaction in ordered}
    if len(parties) != 1:
        raise UsageError(
            f"a pact is between two parties, and these interactions are of {len(parties)} pairs; "
            "merge those of each pair on their own"
        )
    ((consumer, provider),) = parties
    refuse_duplicates(ordered, f"{consumer} → {provider}")
    return pact_document(consumer, provider, [interaction.document for interaction in ordered])


def as_text(document: Mapping[str, Any]) -> str:
    """A pact as it is committed: sorted, indented, ending with a newline."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
