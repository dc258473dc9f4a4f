"""A case played: the consumer's real client against Pact's mock provider, and what is written."""

import asyncio
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.pacts.cases import Case
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.files import Interaction, read_pact
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
