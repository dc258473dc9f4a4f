"""Planted evidence: what a right consumer's wire looks like, to be broken in one place."""

from typing import Self

from seatrial.checks import Attempt, Call, Evidence, Outcome
from seatrial.config import Breaker, Policy, Retry

POLICY = Policy(
    retry=Retry(attempts=3, backoff_s=0.1, jitter="full", try_timeout_s=1.0, deadline_s=4.0),
    breaker=Breaker(failures=5, open_s=2.0, successes=3, probes=3),
)
OPEN_UNTIL_S = 2.9
"""When the open time of a tripped story is over, at the earliest."""


class Story:
    """Writes evidence down, call after call; times are seconds."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._calls: list[Call] = []
        self._attempts: list[Attempt] = []

    def call(
        self, phase: str, at_s: float, *sent_s: float, outcome: Outcome = "good", status: int = 200
    ) -> Self:
        """Add a call, and the moments at which its attempts arrived; each is answered in 1 ms."""
        entity = f"u{len(self._calls)}"
        ended_s = max([at_s, *sent_s]) + 0.01
        self._calls.append(Call(entity, phase, at_s, ended_s, outcome, status))
        self._attempts += [Attempt(entity, sent, sent + 0.001, 200) for sent in sent_s]
        return self

    def good(self, phase: str, count: int, at_s: float) -> Self:
        """Add calls that each sent one attempt and were answered well."""
        for _ in range(count):
            self.call(phase, at_s, at_s + 0.002)
        return self

    def silent(self, phase: str, count: int, at_s: float) -> Self:
        """Add calls that sent nothing and were answered 503."""
        for _ in range(count):
            self.call(phase, at_s, outcome="failed", status=503)
        return self

    def tripped(self) -> Self:
        """Add the failures that trip the breaker, the last from 0.9 s on."""
        for number in range(5):
            self.call("failing", 0.5 + number / 10, outcome="failed", status=503)
        return self

    def recovered(self) -> Self:
        """Add what a right breaker does after its open time: probes, a capped burst, closed."""
        self.tripped().silent("open", 12, 1.0).silent("waiting", 1, 2.0)
        self.good("probing", 2, 3.2).good("burst", 3, 3.3).silent("burst", 5, 3.3)
        return self.good("closed", 8, 3.4)

    def evidence(self, policy: Policy = POLICY) -> Evidence:
        """What was written down."""
        return Evidence(policy, tuple(self._calls), tuple(self._attempts))
