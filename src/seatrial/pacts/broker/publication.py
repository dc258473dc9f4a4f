"""A run publishes everything that it verified, or nothing.

A broker believes what is published: a run that verified one interaction of ten, all well, would
stand there as a provider that keeps the whole pact.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from seatrial.pacts.broker.broker import Broker


@dataclass(frozen=True)
class BrokerSource:
    """Where an interaction comes from: a pact of the broker's."""

    provider: str
    consumer: str
    label: str
    results_url: str
    size: int
    """The number of interactions that the pact has."""
    pending: bool

    def as_values(self) -> dict[str, Any]:
        """The same as plain values, which a worker can send."""
        return asdict(self)

    @property
    def subject(self) -> str:
        """The pact's name in messages."""
        return f"{self.consumer} → {self.provider} ({self.label})"


@dataclass(frozen=True)
class Release:
    """The provider's version that was verified."""

    number: str
    branch: str | None = None
    build_url: str | None = None


@dataclass
class Verified:
    """One pact of the broker's, and how each of its interactions went."""

    source: BrokerSource
    outcomes: dict[str, str] = field(default_factory=dict)
    """Test → "passed", "failed" or "skipped"."""
    explanations: dict[str, str] = field(default_factory=dict)

    def add(self, test: str, outcome: str, explanation: str) -> None:
        """Take how one phase of a test went; the worst is what counts."""
        worse = {"passed": 0, "skipped": 1, "failed": 2}
        if worse[outcome] >= worse.get(self.outcomes.get(test, "passed"), 0):
            self.outcomes[test] = outcome
            self.explanations[test] = explanation

    @property
    def missing(self) -> int:
        """The number of interactions that were not verified, for whatever reason."""
        return self.source.size - sum(each != "skipped" for each in self.outcomes.values())

    @property
    def success(self) -> bool:
        """True when all interactions hold."""
        return not self.missing and set(self.outcomes.values()) == {"passed"}

    def tests(self) -> list[dict[str, Any]]:
        """One entry an interaction, for the broker."""
        return [
            {"testDescription": test, "success": outcome == "passed"}
            | ({} if outcome == "passed" else {"mismatches": [self.explanations[test]]})
            for test, outcome in sorted(self.outcomes.items())
        ]


def refusal(found: Iterable[Verified], *, finished: bool) -> str | None:
    """Say why nothing may be published; None when all may."""
    if not finished:
        return "nothing was published: the run was interrupted"
    found = list(found)
    if not found:
        return "nothing was published: no pact of the broker's was verified"
    incomplete = [each for each in found if each.missing]
    if not incomplete:
        return None
    parts = [
        f"{each.source.size - each.missing} of {each.source.size} interactions of "
        f"{each.source.subject}"
        for each in incomplete
    ]
    return (
        f"nothing was published: the run verified only {', '.join(parts)}; "
        "run all tests, with the addresses that they need"
    )


def publish(broker: Broker, found: Iterable[Verified], release: Release) -> list[str]:
    """Publish how the verification of each pact went; returns a line about each.

    Raises:
        BrokerError: the broker refused one.
    """
    lines = []
    found = list(found)
    for provider in sorted({each.source.provider for each in found}):
        broker.announce(provider, release.number, release.branch)
    for each in found:
        broker.publish(
            each.source.results_url,
            number=release.number,
            success=each.success,
            tests=each.tests(),
            build_url=release.build_url,
        )
        how = "success" if each.success else "failure"
        lines.append(f"published: {how} of {each.source.subject} for version {release.number}")
    return lines
