"""Failures of a contract: one sentence for a person, and what the tools said for the rest."""

from seatrial.results import HttpExchange


class ContractBroken(AssertionError):  # noqa: N818 - what happened, as a test's verdict
    """A consumer or a provider does not do what their contract says."""

    def __init__(self, explanation: str, output: str = "") -> None:
        """Keep both apart, so that a report can show them apart.

        Args:
            explanation: one sentence.
            output: what the verifier, the mock provider or the client said.
        """
        super().__init__(f"{explanation}\n{output}" if output else explanation)
        self.explanation = explanation
        self.output = output
        self.exchange: HttpExchange | None = None
        """The request that shows it and its answer, where somebody asked again."""


class NoAnswer(ContractBroken):
    """The provider, or the address of its states, gave no answer at all."""


class StateFailed(ContractBroken):
    """The provider could not be brought into a state, so the interaction was not verified."""


class MessageFailed(ContractBroken):
    """The provider could not be made to send a message, so that it was not verified."""
