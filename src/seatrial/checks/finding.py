"""What a check found."""

from dataclasses import dataclass
from typing import Self

from seatrial.checks.evidence import Attempt, Call
from seatrial.results import Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and the sentence that a reader understands without knowing the harness."""

    verdict: Verdict
    explanation: str
    retryable: bool = False
    """The run went otherwise than planned, for want of time: it may go better another time."""
    shown_by: Call | Attempt | None = None
    """The first call, or request, that shows it."""

    @classmethod
    def passed(cls, explanation: str) -> Self:
        """The promise was seen to be kept."""
        return cls(Verdict.PASSED, explanation)

    @classmethod
    def failed(cls, explanation: str, *, shown_by: Call | Attempt | None = None) -> Self:
        """The promise was seen to be broken."""
        return cls(Verdict.FAILED, explanation, shown_by=shown_by)

    @classmethod
    def undecided(cls, explanation: str) -> Self:
        """The wire can't show it here."""
        return cls(Verdict.UNDECIDED, explanation)

    @classmethod
    def retryable_undecided(cls, explanation: str) -> Self:
        """The wire could have shown it, had the machine been faster."""
        return cls(Verdict.UNDECIDED, explanation, retryable=True)

    @classmethod
    def skipped(cls, explanation: str) -> Self:
        """The promise isn't declared."""
        return cls(Verdict.SKIPPED, explanation)
