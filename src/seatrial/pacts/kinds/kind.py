"""An interaction kind: everything that differs between a request and a message."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from seatrial.pacts.answers import Answer
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.matching import Judge
from seatrial.pacts.provider import Provider


class Kind(ABC):
    """One kind of interaction. A new one is a subclass, and a row in `seatrial.pacts.kinds`."""

    type: ClassVar[str]
    """Its name in a pact."""
    noun: ClassVar[str]
    """Its name in results: what a provider gives."""
    does: ClassVar[str]
    """The verb for a provider that keeps it, after its name."""
    asks_over_http: ClassVar[bool]
    """True for a request over HTTP, which a stub can answer and an OpenAPI document describes."""

    @abstractmethod
    def missing(self, document: Mapping[str, Any]) -> str | None:
        """Say what the document lacks that Pact's verifier would fill in, or None."""

    @abstractmethod
    def parts(self, document: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        """The parts of the document that have matching rules and generators."""

    @abstractmethod
    def example(self, interaction: Interaction) -> Answer:
        """The answer or the message that stands in the pact itself."""

    @abstractmethod
    def judge(self, interaction: Interaction) -> Judge:
        """A judge of the provider's answers, by the interaction's own rules."""

    @abstractmethod
    def operation(self, interaction: Interaction) -> tuple[object, ...]:
        """The question to the provider, of whatever entity: equal for two of one operation."""

    @abstractmethod
    def messages(self, interaction: Interaction) -> tuple[str, ...]:
        """The messages that the provider must have a producer of."""

    @abstractmethod
    def lacks(self, provider: Provider) -> str | None:
        """Say which address the provider wasn't given, or None."""

    @abstractmethod
    def verify(self, interaction: Interaction, provider: Provider, file: Path) -> None:
        """Hold a provider to it by Pact's verifier, which reads `file`.

        Raises:
            ContractBroken: the provider breaks it.
        """

    @abstractmethod
    def record(self, interaction: Interaction, provider: Provider) -> Answer:
        """Get the provider's own answer, in the state that it is in.

        Raises:
            ContractBroken: there is none.
        """

    @abstractmethod
    def own_refusal(self, document: Mapping[str, Any]) -> str | None:
        """Say which rule an example fails that stands next to it, or None.

        Pact itself wouldn't notice, and blame the provider.
        """

    def takes_values(self, interaction: Interaction) -> bool:
        """Say whether it holds values that a state's handler gives back."""
        return any(
            "ProviderState" in str(part.get("generators") or "")
            for part in self.parts(interaction.document)
        )
