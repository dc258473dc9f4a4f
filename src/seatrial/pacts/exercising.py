"""A case exercised: the consumer's real client or handler against Pact, and what is written."""

import tempfile
import traceback
from pathlib import Path

from seatrial.pacts.cases import AnyCase, Exercised
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.files import read_pact
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.scratch import folder


def exercise(case: AnyCase) -> Interaction:
    """Let the consumer talk to a provider that answers as the case says, or get its message.

    Returns:
        The interaction as it stands in a pact: only a case that passed has one.

    Raises:
        ContractBroken: the client asked for something else, or the consumer made something else of
            the answer or message.
    """
    pact = case.pact()
    with tempfile.TemporaryDirectory(dir=folder(), prefix="exercise-") as place:
        exercised = case.exercise(pact)
        _judge(case, exercised)
        pact.write_file(place)
        # A folder of its own: Pact merges into a file that exists, and loses locks doing so.
        (path,) = Path(place).iterdir()
        (interaction,) = read_pact(path).interactions
    return interaction


def _judge(case: AnyCase, exercised: Exercised) -> None:
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
            f"{case.pair.consumer} can't take {case.taken} {case.description!r}: "
            f"{type(exercised.error).__name__}: {exercised.error}",
            _trace(exercised.error),
        ) from exercised.error
    if exercised.answer != case.expect:
        raise ContractBroken(
            f"{case.pair.consumer} makes something else of {case.description!r} than expected",
            f"expected {case.expect!r}\ngot      {exercised.answer!r}",
        )


def _trace(error: Exception | None) -> str:
    """The client's own error, which Pact would only chain."""
    return "" if error is None else "\n" + "".join(traceback.format_exception(error))
