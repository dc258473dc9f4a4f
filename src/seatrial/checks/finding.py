"""What a check found."""

from dataclasses import dataclass
from typing import Self

from seatrial.results import Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and the sentence that a reader understands without knowing the harness."""

    verdict: Verdict
    explanation: str

    @classmethod
    def passed(cls, explanation: str) -> Self:
        """The promise was seen to be kept."""
        return cls(Verdict.PASSED, explanation)

    @classmethod
    def failed(cls, explanation: str) -> Self:
        """The promise was seen to be broken."""
        return cls(Verdict.FAILED, explanation)

    @classmethod
    def undecided(cls, explanation: str) -> Self:
        """The wire can't show it here."""
        return cls(Verdict.UNDECIDED, explanation)

    @classmethod
    def skipped(cls, explanation: str) -> Self:
        """The promise isn't declared."""
        return cls(Verdict.SKIPPED, explanation)
