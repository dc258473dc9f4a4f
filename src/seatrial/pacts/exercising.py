"""A case exercised: the consumer's real client or handler against Pact, and what is written."""

import asyncio
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.pacts.cases import AnyCase, Case, MessageCase
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.files import Interaction, read_pact
from seatrial.pacts.library import Mismatch, Pact
from seatrial.pacts.local_http import quick_http

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class _Exercised:
    """What happened between the consumer and Pact."""

    answer: object
    error: Exception | None
    mismatches: tuple[Mismatch, ...] = ()


def exercise(case: AnyCase) -> Interaction:
    """Let the consumer talk to a provider that answers as the case says, or get its message.

    Returns:
        The interaction as it stands in a pact: only a case that passed has one.

    Raises:
        ContractBroken: the client asked for something else, or the consumer made something else of
            the answer or message.
    """
    pact = case.pact()
    with tempfile.TemporaryDirectory(prefix="seatrial-pact-") as folder:
        if isinstance(case, MessageCase):
            exercised = _deliver(case, pact)
        else:
            assert isinstance(case, Case)
            exercised = asyncio.run(_exercise(case, pact))
        _judge(case, exercised)
        pact.write_file(folder)
        # A folder of its own: Pact merges into a file that exists, and loses locks doing so.
        (path,) = Path(folder).iterdir()
        (interaction,) = read_pact(path).interactions
    return interaction


async def _exercise(case: Case[Any], pact: Pact) -> _Exercised:
    with pact.serve(_HOST, raises=False, verbose=False) as server:
        url = f"http://{_HOST}:{server.port}"
        answer, error = None, None
        try:
            with quick_http(url):
                async with case.pair.connect(url) as client:
                    answer = await case.call(client)
        except Exception as raised:  # noqa: BLE001 - whatever it is, it is the case's outcome
            error = raised
        return _Exercised(answer, error, tuple(server.mismatches))


def _deliver(case: MessageCase, pact: Pact) -> _Exercised:
    """Hand the message over once; Pact itself would pass one without contents over."""
    messages: list[bytes] = []
    pact.verify(lambda contents, _: messages.append(_bytes(contents)), "Async", raises=True)
    (message,) = messages
    try:
        return _Exercised(asyncio.run(_receive(case, message)), None)
    except Exception as raised:  # noqa: BLE001 - whatever it is, it is the case's outcome
        return _Exercised(None, raised)


async def _receive(case: MessageCase, message: bytes) -> object:
    return await case.receive(message)


def _bytes(contents: str | bytes | None) -> bytes:
    return contents.encode() if isinstance(contents, str) else contents or b""


def _judge(case: AnyCase, exercised: _Exercised) -> None:
    """Say first what the client asked for: a wrong request is why its answer was no good."""
    if exercised.mismatches:
        differences = "\n".join(str(mismatch) for mismatch in exercised.mismatches)
        raise ContractBroken(
            f"{case.pair.consumer} did not ask {case.pair.provider} as the case "
            f"{case.description!r} says: {differences.splitlines()[0]}",
            differences + _trace(exercised.error),
        ) from exercised.error
    if exercised.error is not None:
        raise ContractBroken(
            f"{case.pair.consumer} can't take {_what(case)} {case.description!r}: "
            f"{type(exercised.error).__name__}: {exercised.error}",
            _trace(exercised.error),
        ) from exercised.error
    if exercised.answer != case.expect:
        raise ContractBroken(
            f"{case.pair.consumer} makes something else of {case.description!r} than expected",
            f"expected {case.expect!r}\ngot      {exercised.answer!r}",
        )


def _what(case: AnyCase) -> str:
    return "the message" if isinstance(case, MessageCase) else "the answer of"


def _trace(error: Exception | None) -> str:
    """The client's own error, which Pact would only chain."""
    return "" if error is None else "\n" + "".join(traceback.format_exception(error))
