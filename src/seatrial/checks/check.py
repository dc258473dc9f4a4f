"""A check as a value: its name, its promise in one sentence, and what it depends on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from seatrial.checks.evidence import Evidence
from seatrial.checks.finding import Finding
from seatrial.config import Policy
from seatrial.results import Verdict

T = TypeVar("T")


@dataclass(frozen=True)
class WireCheck:
    """A promise that can be judged by what was seen on the wire."""

    id: str
    promise: str
    judge: Callable[[Evidence], Finding]
    depends_on: "tuple[WireCheck, ...]" = ()
    """Where one of these is seen to be broken, or can't be seen, this one can't be seen either.

    One that isn't declared stands in nobody's way.
    """

    def __call__(self, evidence: Evidence) -> Finding:
        """Judge it, unless what it depends on is broken already."""
        ground = self._broken_ground(evidence)
        if ground is None:
            return self.judge(evidence)
        check, finding = ground
        text = f"depends on {check.id}, which is {finding.verdict}: {finding.explanation}"
        return Finding(Verdict.UNDECIDED, text, retryable=finding.retryable)

    def _broken_ground(self, evidence: Evidence) -> "tuple[WireCheck, Finding] | None":
        """The deepest of the checks that it depends on which isn't kept."""
        if self.judge(evidence).verdict is Verdict.SKIPPED:
            return None
        for ground in self.depends_on:
            deeper = ground._broken_ground(evidence)
            if deeper is not None:
                return deeper
            finding = ground.judge(evidence)
            if finding.verdict in (Verdict.FAILED, Verdict.UNDECIDED):
                return ground, finding
        return None


def where_declared(
    what: str, part_of: Callable[[Policy], T | None]
) -> Callable[[Callable[[Evidence, T], Finding]], Callable[[Evidence], Finding]]:
    """Judge a part of the policy, and skip where it isn't declared.

    Args:
        what: the part, as a reader calls it.
        part_of: finds it in a policy.
    """

    def wrap(judge: Callable[[Evidence, T], Finding]) -> Callable[[Evidence], Finding]:
        def judge_declared(evidence: Evidence) -> Finding:
            part = part_of(evidence.policy)
            if part is None:
                return Finding.skipped(f"no {what} is declared")
            return judge(evidence, part)

        return judge_declared

    return wrap


def judge_all(checks: Iterable[WireCheck], evidence: Evidence) -> dict[str, Finding]:
    """Each check's finding, by its id."""
    return {check.id: check(evidence) for check in checks}
